"""A dry run in, its header out: which campaign, when, where, for whom, on which calendar, and nothing was touched."""

from __future__ import annotations

from sopengine.diagnostics import Text
from sopengine.review.colour import Ink
from sopengine.review.columns import flow, harmless, one_line, pad, width, wrap
from sopengine.review.goals import GoalPlan
from sopengine.review.model import DryRun
from sopengine.review.words import count_of, day_list, value, weekday


def header(run: DryRun, lang: str, columns: int, ink: Ink) -> list[str]:
    title = harmless(run.title or run.playbook)
    names = " · ".join(harmless(name) for name in dict.fromkeys((run.campaign, run.playbook)))
    head = f"{Text('预演', 'Dry run').get(lang)}  {ink(title, 'bold')}  {ink(names, 'dim')}"
    facts = [
        (Text("日期", "Days"), [_range(run, lang)]),
        (Text("现在", "Now"), [f"{run.as_of:%Y-%m-%d %H:%M} · {run.timezone}"]),
        (Text("人群", "Who"), _audiences(run, lang)),
        (Text("输入", "Inputs"), [f"{name} = {one_line(value(given, lang))}" for name, given in run.inputs.items()]),
        *([(Text("目标值", "Goals"), [_goal(goal, lang) for goal in run.goals])] if run.goals else []),
        (Text("日历", "Calendar"), _calendar(run, lang)),
        (Text("版本", "Hash"), [run.hash[:12]]),
    ]
    label_width = max(width(name.get(lang)) for name, _ in facts)
    room = columns - label_width - 4
    lines = [head, ink("─" * columns, "dim")]
    for name, parts in facts:
        said = [line for row in flow([harmless(part) for part in parts], " · ", room) for line in wrap(row, room)]
        label = ink(pad(name.get(lang), label_width), "dim")
        lines += [f"  {' ' * label_width if n else label}  {line}" for n, line in enumerate(said)]
    untouched = Text("没有联网 · 没有写入 · 没有发送", "no network · no writes · no sends").get(lang)
    return [*lines, f"  {ink('√', 'green')} {untouched}"]


def _range(run: DryRun, lang: str) -> str:
    if run.first_day is None or run.last_day is None:
        return Text("没有固定日期的安排", "nothing has a fixed day").get(lang)
    first, last = (f"{day.isoformat()} {weekday(day, lang)}" for day in (run.first_day, run.last_day))
    number = count_of((run.last_day - run.first_day).days + 1, Text("天", "day"), lang)
    return f"{first} → {last}，共 {number}" if lang == "zh" else f"{first} → {last}, {number}"


def _audiences(run: DryRun, lang: str) -> list[str]:
    sample = Text("（样例）", " (sample)").get(lang)
    return [f"{a.name} × {a.size:,}{sample if a.from_sample else ''}" for a in run.audiences]


def _goal(goal: GoalPlan, lang: str) -> str:
    """The target, for whom, and the day that is to bring most."""
    each = {"day": Text("每天 ", "a day "), "week": Text("每周 ", "a week "), "month": Text("每月 ", "a month ")}
    said = f"{goal.name} {each[goal.each].get(lang) if goal.each else ''}{goal.target:,f}"
    said += Text(f"（每个 {goal.per}）", f" for each {goal.per}").get(lang) if goal.per else ""
    if goal.days and len({share for _, share in goal.days}) > 1:
        day, share = max(goal.days, key=lambda one: one[1])
        said += Text(f"，{day:%m-%d} 最多 {share:,f}", f", most on {day:%m-%d}: {share:,f}").get(lang)
    return said


def _calendar(run: DryRun, lang: str) -> list[str]:
    if not run.calendar_name:
        return [Text("周一到周五为工作日", "Monday to Friday are workdays").get(lang)]
    said = [
        Text(f"{run.calendar_name} 法定节假日与调休", f"{run.calendar_name} holidays and make-up workdays").get(lang)
    ]
    if run.official_until is not None:
        until = run.official_until
        said.append(Text(f"官方安排公布到 {until} 年", f"official until the end of {until}").get(lang))
    if run.estimated:
        days = day_list(run.estimated, lang)
        said.append(Text(f"▲ 放假安排尚未公布、按估算的：{days}", f"▲ not yet published, estimated: {days}").get(lang))
    return said

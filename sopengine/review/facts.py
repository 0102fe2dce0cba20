"""A dry run in, what its header says out: which days, now, for whom, on which calendar; the same for every view."""

from __future__ import annotations

from sopengine.diagnostics import Severity, Text
from sopengine.review.columns import harmless, one_line
from sopengine.review.goals import GoalPlan
from sopengine.review.model import DryRun
from sopengine.review.words import count_of, day_list, value, weekday

UNTOUCHED = (Text("没有联网", "no network"), Text("没有写入", "no writes"), Text("没有发送", "no sends"))
"""What every dry run may promise."""


def names(run: DryRun) -> list[str]:
    """The campaign and its playbook, once where they are called the same."""
    return list(dict.fromkeys((run.campaign, run.playbook)))


def facts(run: DryRun, lang: str) -> list[tuple[str, list[str]]]:
    """Each label with the parts that stand side by side behind it; harmless."""
    found = [
        (Text("日期", "Days"), [_range(run, lang)]),
        (Text("现在", "Now"), [f"{run.as_of:%Y-%m-%d %H:%M} · {run.timezone}"]),
        (Text("人群", "Who"), _audiences(run, lang)),
        (Text("输入", "Inputs"), [f"{name} = {one_line(value(given, lang))}" for name, given in run.inputs.items()]),
        *([(Text("目标值", "Goals"), [_goal(goal, lang) for goal in run.goals])] if run.goals else []),
        (Text("日历", "Calendar"), _calendar(run, lang)),
        (Text("版本", "Hash"), [run.hash[:12]]),
    ]
    return [(label.get(lang), [harmless(part) for part in parts]) for label, parts in found if parts]


def totals(run: DryRun, lang: str) -> tuple[str, list[str]]:
    """How many occurrences, and what they come to."""
    t = run.totals
    errors = sum(d.severity is Severity.ERROR for d in run.diagnostics)
    warnings = sum(d.severity is Severity.WARNING for d in run.diagnostics)
    parts = [count_of(t.sends, Text("条消息", "message"), lang), count_of(t.tasks, Text("项任务", "task"), lang)]
    left_out = (
        (t.depends, Text("看情况", "that depend")),
        (t.held, Text("等事件", "held for an event")),
        (t.past_due, Text("已过期", "past due")),
        (t.skipped, Text("跳过", "skipped")),
        (t.unrendered, Text("无法生成", "without a text")),
        (run.ignored, Text("已忽略的警告", "warnings ignored")),
    )
    parts += [f"{name.zh} {n}" if lang == "zh" else f"{n} {name.en}" for n, name in left_out if n]
    parts.append(count_of(errors, Text("个错误", "error"), lang))
    parts.append(count_of(warnings, Text("个警告", "warning"), lang))
    return count_of(t.items, Text("次安排", "occurrence"), lang), parts


def _range(run: DryRun, lang: str) -> str:
    if run.first_day is None or run.last_day is None:
        return Text("没有固定日期的安排", "nothing has a fixed day").get(lang)
    first, last = (f"{day.isoformat()} {weekday(day, lang)}" for day in (run.first_day, run.last_day))
    number = count_of((run.last_day - run.first_day).days + 1, Text("天", "day"), lang)
    return f"{first} → {last}，共 {number}" if lang == "zh" else f"{first} → {last}, {number}"


def _audiences(run: DryRun, lang: str) -> list[str]:
    sample = Text("（样例）", " (sample)").get(lang)
    return [f"{a.name} × {a.size:,}{sample if a.from_sample else ''}" for a in run.audiences]


def target_of(goal: GoalPlan, lang: str) -> str:
    """How much of it, how often, and for whom."""
    each = {"day": Text("每天 ", "a day "), "week": Text("每周 ", "a week "), "month": Text("每月 ", "a month ")}
    said = f"{each[goal.each].get(lang) if goal.each else ''}{goal.target:,f}"
    return said + (Text(f"（每个 {goal.per}）", f" for each {goal.per}").get(lang) if goal.per else "")


def _goal(goal: GoalPlan, lang: str) -> str:
    """The target, for whom, and the day that is to bring most."""
    said = f"{goal.name} {target_of(goal, lang)}"
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

"""Reminders and escalations of a task → as a dry run shows them, and a finding for those that never come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from sopengine.diagnostics import Text
from sopengine.language.model import Step, Task
from sopengine.planning.timers import Timer
from sopengine.review.model import TimerShown
from sopengine.review.telling import Teller
from sopengine.review.words import moment_name

_HELP = Text("改提前的时间、due 或角色的 hours", "Change how early it is, `due`, or the role's `hours`")
_WHY = {
    "before the task": Text("那时任务还没有派出", "the task is not there yet"),
    "after due": Text("那时已经过了期限", "its limit has passed"),
    "closed until due": Text("期限之前不再上班", "nobody is at work again before its limit"),
}


def shown(step: Step, timers: Sequence[Timer], zone: ZoneInfo) -> tuple[TimerShown, ...]:
    """Those that will come, in order of time."""
    task = step.action
    assert isinstance(task, Task)
    found = []
    for timer in sorted((t for t in timers if not t.never), key=lambda t: t.at):
        rule = task.escalate[timer.number] if timer.kind == "escalate" else None
        found.append(
            TimerShown(timer.kind, timer.at.astimezone(zone), rule.to if rule else step.to, rule.how if rule else "")
        )
    return tuple(found)


def about_timers(teller: Teller, step: Step, timers: Sequence[Timer]) -> Iterator[str]:
    """SOP-W533, once for each timer."""
    task = step.action
    assert isinstance(task, Task)
    for timer in timers:
        if not timer.never:
            continue
        is_reminder = timer.kind == "remind"
        text = task.remind[timer.number] if is_reminder else task.escalate[timer.number].after
        path = (*step.path, timer.kind, timer.number, *(() if is_reminder else ("after",)))
        why, what = _WHY[timer.never], Text("提醒", "reminder") if is_reminder else Text("升级", "escalation")
        message = Text(
            f"步骤 {step.id} 的{what.zh} {text} 不会有：{why.zh}",
            f"step {step.id}: the {what.en} {text} never comes, {why.en}",
        )
        yield from teller.say(
            step, "SOP-W533", message, teller.document.place(path), _HELP, row=2 * timer.number + is_reminder
        )


def spoken(timers: Sequence[TimerShown], lang: str) -> str:
    """`reminder Mar 2 16:00, escalated Mar 2 19:00 to lead`."""
    parts = []
    for timer in timers:
        when = moment_name(timer.at, lang)
        if timer.kind == "remind":
            parts.append(Text(f"{when} 提醒", f"reminder {when}").get(lang))
        elif timer.how == "reassign":
            parts.append(Text(f"{when} 转交给 {timer.to}", f"given to {timer.to} {when}").get(lang))
        else:
            parts.append(Text(f"{when} 升级给 {timer.to}", f"escalated to {timer.to} {when}").get(lang))
    return Text("，", ", ").get(lang).join(parts)

"""Phases that begin or end within a day → steps on that day whose time lies before the beginning or after the end.

Days are judged elsewhere; a phase `from: live` begins at eight in the evening, and its `day 1` at ten in the morning is
none of its moments. Known here where the anchors have defaults, or where both are counted from one anchor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sopengine.diagnostics import Findings, Text
from sopengine.language.document import Document
from sopengine.language.model import Phase, Playbook, Step
from sopengine.timing.frame import AnchorMissing, bound_instant
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.words import AnchorTime, AnchorValue, AtAnchor, AtClock, OnPhaseDay, OnRule
from sopengine.timing.zones import local_date, resolve, zone

BEYOND = Text(
    "改时间，或者改阶段的 from、until；前一天要做的事放到前一个阶段",
    "Change the time, or the phase's `from` or `until`; what comes before belongs to the phase before",
)


class _Hours(NamedTuple):
    """Instants; `begin` and `end` are None where nobody knows them yet."""

    begin: datetime | None
    end: datetime | None


def check_hours(document: Document, playbook: Playbook, findings: Findings) -> None:
    """Adds SOP-W502, once for a step, where `on` alone does not say it."""
    try:
        at_home = zone(playbook.timezone)
    except TimeTextError:
        return  # told elsewhere
    told = {found.path[:end] for found in findings if found.code == "SOP-W502" for end in range(len(found.path))}
    anchors: dict[str, AnchorValue] = {
        name: declared.default for name, declared in playbook.inputs.items() if isinstance(declared.default, date)
    }
    for phase in playbook.phases:
        hours = _Hours(*(_instant(bound.value, anchors, at_home) for bound in (phase.begin, phase.end)))
        for step in phase.steps:
            audience = playbook.audiences.get(step.to)
            if step.path in told or step.path[:1] != ("phases",) or (audience is not None and audience.zone):
                continue
            why = next(_outside(phase, hours, step, anchors, at_home), None)
            if why is not None:
                findings.add(
                    "SOP-W502",
                    Text(
                        f"步骤 {step.id} 不在阶段 {phase.name} 之内：{why.zh}",
                        f"Step {step.id} is outside {phase.name}: {why.en}",
                    ),
                    document.place((*step.path, "at")),
                    help=BEYOND,
                    path=(*step.path, "at"),
                )


def _instant(value: date | AnchorTime, anchors: Mapping[str, AnchorValue], at_home: ZoneInfo) -> datetime | None:
    try:
        return bound_instant(value, anchors, at_home)
    except (AnchorMissing, OverflowError):
        return None


def _outside(
    phase: Phase, hours: _Hours, step: Step, anchors: Mapping[str, AnchorValue], at_home: ZoneInfo
) -> Iterator[Text]:
    for moment in step.when.at:
        if isinstance(moment, AtAnchor) and not step.when.on:
            apart = _apart(phase.begin.value, moment.anchor), _apart(phase.end.value, moment.anchor)
            instant = _instant(moment.anchor, anchors, at_home)
            if (apart[0] or 0) < 0 or (instant and hours.begin and instant < hours.begin):
                yield _before(moment.text, phase)
            elif (apart[1] is not None and apart[1] >= 0) or (instant and hours.end and instant >= hours.end):
                yield _after(moment.text, phase)
        elif isinstance(moment, AtClock) and step.when.shift is None:
            yield from _at_clock(phase, hours, step, moment, at_home)


def _at_clock(phase: Phase, hours: _Hours, step: Step, moment: AtClock, at_home: ZoneInfo) -> Iterator[Text]:
    """On the first and the last day of the phase, where the step has them."""
    first, last = _ends(step)
    begin, end = hours
    if begin and end and local_date(begin, at_home) == local_date(end - timedelta(microseconds=1), at_home):
        first, last = first or last, last or first
    if begin is not None and first:
        day = local_date(begin, at_home) + timedelta(days=moment.plus_days)
        if resolve(datetime.combine(day, moment.clock), at_home).instant < begin:
            yield _before(f"{first} {moment.text}", phase, begin.astimezone(at_home))
    if end is not None and last and end.astimezone(at_home).time() != time():
        day = local_date(end - timedelta(microseconds=1), at_home) + timedelta(days=moment.plus_days)
        if resolve(datetime.combine(day, moment.clock), at_home).instant >= end:
            yield _after(f"{last} {moment.text}", phase, end.astimezone(at_home))


def _ends(step: Step) -> tuple[str, str]:
    """The words by which the step is on the first day of its phase, and on the last one."""
    first, last = "", ""
    for rule in step.when.on if not step.when.except_ else ():
        if isinstance(rule, OnRule) and rule.rule == "daily":
            first, last = first or rule.text, last or rule.text
        elif isinstance(rule, OnPhaseDay):
            first = first or (rule.text if rule.first == 1 else "")
            last = last or (rule.text if -1 in (rule.first, rule.last) else "")
    return first, last


def _apart(bound: date | AnchorTime, moment: AnchorTime) -> int | None:
    """Seconds from one to the other, if both are counted from the same anchor."""
    if not isinstance(bound, AnchorTime) or bound.name != moment.name:
        return None
    days = moment.offset.days - bound.offset.days
    return days * 86_400 + moment.offset.seconds - bound.offset.seconds


def _before(text: str, phase: Phase, begin: datetime | None = None) -> Text:
    shown = f"（{begin:%m-%d %H:%M}）" if begin else f"（{phase.begin.text}）"
    shown_en = f" ({begin:%m-%d %H:%M})" if begin else f" ({phase.begin.text})"
    return Text(f"{text} 在它开始{shown}之前", f"{text} is before it begins{shown_en}")


def _after(text: str, phase: Phase, end: datetime | None = None) -> Text:
    shown = f"（{end:%m-%d %H:%M}）" if end else f"（{phase.end.text}）"
    shown_en = f" ({end:%m-%d %H:%M})" if end else f" ({phase.end.text})"
    return Text(f"{text} 时它已经结束{shown}", f"at {text} it has ended{shown_en}")

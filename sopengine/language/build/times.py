"""The time keys of a step (`on at after except shift spread`) → When."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.language.build.part import Part
from sopengine.language.owner import owner
from sopengine.language.script import is_ending
from sopengine.timing.parse import parse_after, parse_at, parse_duration, parse_on
from sopengine.timing.words import (
    After,
    AtAnchor,
    AtEvent,
    AtEvery,
    DayRule,
    Duration,
    Moment,
    OnCron,
    OnPhaseDay,
    When,
)

T = TypeVar("T")
_SHIFTS = ("next-workday", "previous-workday")
AT_ONCE = After("0s", Duration())


def build_when(step: Part, *, triggered: bool, phased: bool, events: Collection[str]) -> When:
    """`triggered`: the flow starts from an event, so a step may have no time of its own (it follows the one before it).

    `phased`: the flow has numbered days (`day 2`): phases, and triggered flows counting from the trigger.
    `events` are those a repetition may end with.
    """
    days = _all(step.get("on"), parse_on)
    after = step.get("after").parsed(parse_after)
    if after is None and triggered and all(step.lacks(key) for key in ("on", "at", "after")):
        after = AT_ONCE
    shift = step.get("shift").text()
    when = When(
        on=tuple(rule for _, rule in days),
        at=_moments(step, events),
        after=after,
        except_=tuple(rule for _, rule in _all(step.get("except"), parse_on)),
        shift=shift if shift in _SHIFTS else None,
        spread=step.get("spread").parsed(parse_duration),
        most=step.get("max").number() or None,
    )
    _check_together(step, when, triggered=triggered)
    _check_repetition(step, when)
    if not phased:
        _refuse_phase_days(days)
    return when


def _all(part: Part, parse: Callable[[str], T]) -> list[tuple[Part, T]]:
    """The items that could be read, each with its place."""
    read = ((item, item.parsed(parse)) for item in part.each())
    return [(item, value) for item, value in read if value is not None]


def _moments(step: Part, events: Collection[str]) -> tuple[Moment, ...]:
    """Those of `at`; a repetition whose end is the name of an event ends when that comes."""
    found: list[Moment] = []
    for item, moment in _all(step.get("at"), parse_at):
        end = moment.end if isinstance(moment, AtEvery) else None
        if isinstance(moment, AtEvery) and isinstance(end, AtAnchor) and _is_event(end.anchor.name, events):
            if end.anchor.offset != Duration():
                item.wrong(
                    "SOP-S211",
                    Text(
                        f"`{end.anchor.name}` 是事件，重复到它为止，不能加减",
                        "An event ends a repetition when it comes",
                    ),
                    Text(f"写成 until {end.anchor.name}", f"Write `until {end.anchor.name}`"),
                )
            moment = replace(moment, end=AtEvent(end.text, end.anchor.name))
        found.append(moment)
    return tuple(found)


def _is_event(name: str, events: Collection[str]) -> bool:
    return name in events or is_ending(name)


def _check_repetition(step: Part, when: When) -> None:
    repeated = [moment for moment in when.at if isinstance(moment, AtEvery)]
    if any(isinstance(moment.end, AtEvent) for moment in repeated) and step.lacks("max"):
        step.get("at").wrong(
            "SOP-S201",
            Text(
                "以事件结束的 `every` 还要写 `max`：最多几次",
                "An `every` that ends with an event needs `max`: at most how many",
            ),
            Text("例如加上 max: 8", "For example, add `max: 8`"),
            of_key=True,
        )
    elif "max" in step and not repeated and len(when.at) == len(step.get("at").each()):
        step.get("max").wrong(
            "SOP-S211",
            Text("`max` 是 `every` 的最多次数，这里没有 every", "`max` limits an `every`, and there is none here"),
            Text("例如 at: every 15m from 20:00 until 22:00", "Such as `at: every 15m from 20:00 until 22:00`"),
            of_key=True,
        )


def _check_together(step: Part, when: When, *, triggered: bool) -> None:
    """`on`, `at` and `after` as a whole; one that could not be read is written all the same."""
    on, at = "on" in step, "at" in step
    if on and "after" in step:
        step.get("after").wrong(
            "SOP-S211",
            Text("`on` 和 `after` 只能写一个", "`on` and `after` cannot stand together"),
            Text("定在某天用 on，定在某事之后用 after", "`on` names a day, `after` a time after something"),
            of_key=True,
        )
    elif "after" in step:
        _check_after(step, when.after, triggered=triggered)
    elif on and at and _bring_times(when):
        step.get("at").wrong(
            "SOP-S211",
            Text("cron 自带钟点，这里不用写 `at`", "A cron line carries its own times: leave out `at`"),
            of_key=True,
        )
    elif on and step.lacks("at") and not _bring_times(when):
        step.get("on").wrong(
            "SOP-S201",
            Text("写了 `on`，还要写 `at`：当天几点", "`on` needs `at`: the time of that day"),
            Text("例如加上 at: 10:00", "For example, add `at: 10:00`"),
            of_key=True,
        )
    elif at and step.lacks("on") and step.lacks("after") and not all(_own_day(moment) for moment in when.at):
        step.get("at").wrong(
            "SOP-S201",
            Text("写了 `at`，还要写 `on`：哪一天", "`at` needs `on`: which day"),
            Text("例如加上 on: day 1，或 on: daily", "For example, add `on: day 1`, or `on: daily`"),
            of_key=True,
        )
    elif not triggered and all(step.lacks(key) for key in ("on", "at", "after")):
        who = owner(step.desk.document.data, (*step.path, "id"))
        (step.get("id") if "id" in step else step).wrong(
            "SOP-S201",
            Text(f"{who.zh}没有写时间", f"{who.en[:1].upper()}{who.en[1:]} has no time"),
            Text(
                "加上 on 和 at，例如 on: day 1 和 at: 10:00", "Add `on` and `at`, such as `on: day 1` and `at: 10:00`"
            ),
        )


def complete(when: When) -> bool:
    """Whether it says a time at all, as that of every step does in which nothing is wrong."""
    if when.after is not None:
        return True
    if when.on:
        return bool(when.at) or _bring_times(when)
    return bool(when.at) and all(_own_day(moment) for moment in when.at)


def _bring_times(when: When) -> bool:
    """Whether every day brings its own times, as cron lines do."""
    return bool(when.on) and all(isinstance(rule, OnCron) for rule in when.on)


def _check_after(step: Part, after: After | None, *, triggered: bool) -> None:
    if after is None:
        return
    part, delay = step.get("after"), after.delay
    if not after.subject and not triggered:
        part.wrong(
            "SOP-S211",
            Text(
                "这里没有触发事件，`after` 要写明在哪个步骤之后", "Nothing starts this flow: `after` must name a step"
            ),
            Text(
                f"例如 after: 步骤编号 + {after.text}；定在某天用 on 和 at",
                f"Such as `after: STEP + {after.text}`; for a day use `on` and `at`",
            ),
        )
    elif "at" in step and (delay.seconds or not delay.days):
        part.wrong(
            "SOP-S211",
            Text("和 `at` 一起写时，`after` 只能按天计", "Beside `at`, `after` counts whole days"),
            Text(
                "例如 after: 1d 加 at: 10:00；按小时等就去掉 at",
                "Such as `after: 1d` with `at: 10:00`; for hours leave out `at`",
            ),
        )
    elif step.lacks("at") and delay.days and not delay.seconds:
        part.wrong(
            "SOP-S211",
            Text(
                f"`after: {after.text}` 按天计，还要写 `at`：当天几点",
                f"`after: {after.text}` counts days and needs `at`",
            ),
            Text(
                f"加上 at: 10:00；要正好过这么久就写 {delay.days * 24}h",
                f"Add `at: 10:00`; for exactly that long write {delay.days * 24}h",
            ),
        )


def _own_day(moment: Moment) -> bool:
    """Whether the moment brings its own day, as a date-time anchor does."""
    begin = moment.begin if isinstance(moment, AtEvery) else moment
    return isinstance(begin, AtAnchor)


def _refuse_phase_days(days: list[tuple[Part, DayRule]]) -> None:
    for part, rule in days:
        if isinstance(rule, OnPhaseDay):
            part.wrong(
                "SOP-S211",
                Text(
                    f"`{rule.text}` 是阶段里的第几天，每周安排里没有阶段",
                    f"`{rule.text}` counts a phase's days; weekly has none",
                ),
                Text("写星期几，例如 on: mon", "Write a weekday, such as `on: mon`"),
            )

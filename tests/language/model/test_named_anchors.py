"""Anchors with a namespace, `target.opens`, `event.expires`: what is found where they cannot carry the time."""

from __future__ import annotations

import pytest

from tests.language.model.support import load_text

BOOK = """\
playbook: own
timezone: Asia/Shanghai
inputs:
  opening: {type: date, default: 2026-06-01}
events:
  coupon.won: {expires: date, code: text}
audiences:
  groups: {source: groups, columns: {start: date, opens: time, live: datetime, size: integer}, sample: {name: A group}}
  others: {source: others, sample: {name: Another}}
roles: {manager: {source: stores, person: who, columns: {shift: time}}}
messages: {hello: Hello}
"""
PHASE = """\
phases:
  warmup:
    title: Warm up
    from: %s
    until: %s
    steps:
      - {id: step, to: %s, send: hello, %s}
"""
FLOW = """\
journeys:
  won:
    on_event: %s
    to: target
    steps:
      - {id: step, send: hello, %s}
"""
LINE = BOOK.count("\n") + 7


def phase(when: str, to: str = "groups", begin: str = "opening", end: str = "opening + 9d") -> str:
    return BOOK + PHASE % (begin, end, to, when)


def found(text: str) -> list[tuple[str, str]]:
    """Code and place of each finding with the text in English."""
    return [
        (f"{d.code} {d.place.line}:{d.place.col}" if d.place else d.code, d.message.en)
        for d in load_text(text).diagnostics
        if d.code in ("SOP-R303", "SOP-R312")
    ]


@pytest.mark.parametrize(
    "text",
    [
        phase("on: target.start, at: 10:00"),
        phase("on: member.start - 1d, at: target.opens + 10m"),
        phase("at: target.live - 30m"),
        phase("on: daily, at: every 1h from target.opens until 20:00"),
        phase("on: daily, at: 10:00, except: target.start"),
        phase("on: day 1, at: 10:00, useful_until: target.opens"),
        phase("on: day 1, at: target.shift", to="manager"),
        phase("on: day 1, at: 10:00", begin="target.start", end="target.start + 9d"),
        BOOK + FLOW % ("coupon.won", "on: event.expires - 3d, at: 10:00"),
        BOOK + FLOW % ("coupon.won", "on: target.start, at: target.opens"),
        BOOK + "runs: {from: target.start, until: target.start + 9d}\n"
        "weekly: {steps: [{id: a, on: mon, at: 09:00, to: groups, send: hello}, "
        "{id: b, on: mon, at: 10:00, to: others, send: hello}]}\n",
    ],
)  # fmt: skip
def test_a_time_that_the_column_or_field_can_carry(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("when", "col", "says"),
    [
        ("on: target.strat, at: 10:00", 49, "`groups` does not declare the type of its column strat; did you mean"),
        ("on: member.birthday, at: 10:00", 49, "`groups` does not declare the type of its column birthday"),
        ("on: target.start, at: target.start", 67, "target.start is of type date; it has no clock time"),
        ("on: target.opens, at: 10:00", 49, "target.opens is of type time; a date or datetime is needed here"),
        ("at: target.opens", 49, "target.opens is of type time; it has no date: `on` has to say the day"),
        ("on: target.size, at: 10:00", 49, "target.size is of type integer; an anchor is a date or datetime"),
        ("on: [mon, target.size], at: 10:00", 55, "target.size is of type integer"),
        ("on: event.expires, at: 10:00", 49, "No event starts this, so there is no `event`"),
        ("on: live.started, at: 10:00", 49, "live.started is an event: nobody knows when it will come"),
    ],
)  # fmt: skip
def test_in_a_phase(when: str, col: int, says: str) -> None:
    ((place, message),) = found(phase(when))
    assert (place, message[: len(says)]) == (f"SOP-R303 {LINE}:{col}", says)


def test_a_list_without_the_column_says_how_to_declare_it() -> None:
    ((place, message),) = found(phase("on: target.start, at: 10:00", to="others"))
    assert (place, message) == (f"SOP-R303 {LINE}:49", "`others` does not declare the type of its column start")
    loaded = load_text(phase("on: target.start, at: 10:00", to="others"))
    (one,) = (d for d in loaded.diagnostics if d.code == "SOP-R303")
    assert one.help is not None
    assert "columns: {start: date}" in one.help.en


def test_a_phases_own_days_need_the_column_of_all_it_reaches() -> None:
    text = phase("on: day 1, at: 10:00", begin="target.start", end="target.start + 9d")
    more = text + "      - {id: other, on: day 2, at: 10:00, to: others, send: hello}\n"
    assert [place for place, _ in found(more)] == [f"SOP-R303 {LINE - 3}:11", f"SOP-R303 {LINE - 2}:12"]


def test_a_task_about_a_list_takes_that_lists_columns() -> None:
    step = "{id: step, to: manager, task: Call, about: groups, on: target.start, at: 10:00, due: target.closes}"
    text = BOOK + PHASE.replace("{id: step, to: %s, send: hello, %s}", step) % ("opening", "opening + 9d")
    ((_, message),) = found(text)
    assert message == "`groups` does not declare the type of its column closes"


@pytest.mark.parametrize(
    ("event", "when", "says"),
    [
        ("coupon.won", "on: event.expire, at: 10:00", "The event coupon.won has no field expire"),
        ("coupon.won", "on: event.code, at: 10:00", "event.code is of type text; an anchor is a date or datetime"),
        ("coupon.won", "at: event.expires", "event.expires is of type date; it has no clock time"),
        ("coupon.won", "on: target.begins, at: 10:00", "`target` does not declare the type of its column begins"),
    ],
)
def test_in_a_flow(event: str, when: str, says: str) -> None:
    ((place, message),) = found(BOOK + FLOW % (event, when))
    assert place.startswith(f"SOP-R303 {LINE - 1}:")
    assert message.startswith(says)


def test_a_field_that_is_not_there_names_those_with_a_date() -> None:
    loaded = load_text(BOOK + FLOW % ("coupon.won", "on: event.expire, at: 10:00"))
    (one,) = (d for d in loaded.diagnostics if d.code == "SOP-R303")
    assert one.help is not None
    assert one.help.en == "Its fields with a date or time: expires"


def test_what_is_no_event_and_no_column() -> None:
    ((place, message),) = found(phase("on: shop.opened, at: 10:00"))
    assert place == f"SOP-R312 {LINE}:49"
    assert "shop.opened" in message


def test_a_goal_has_no_target() -> None:
    goal = "metrics: {gmv: {source: manual}}\ngoals: {gmv: {metric: gmv, target: 100, weights: {target.start: 2}}}\n"
    ((place, message),) = found(phase("on: day 1, at: 10:00") + goal)
    assert place.startswith(f"SOP-R303 {LINE + 2}:")
    assert message == "A goal has no target: its weights are counted from inputs"


@pytest.mark.parametrize("kind", ["date", "text", "integer", "bool"])
def test_only_a_moment_is_confirmed_by_an_event(kind: str) -> None:
    text = BOOK.replace("{type: date, default: 2026-06-01}", f"{{type: {kind}, confirm: live.started}}")
    (one,) = (d for d in load_text(text).diagnostics if d.code == "SOP-S207")
    assert one.place is not None
    assert (one.place.line, one.place.col) == (4, text.splitlines()[3].index("confirm") + 1)
    assert one.message.en == "Only an input of type datetime is confirmed by an event"
    assert one.help is not None
    assert one.help.en == "Write `type: datetime`, or leave out `confirm`"


def test_a_moment_may_be_confirmed() -> None:
    text = BOOK.replace("{type: date, default: 2026-06-01}", "{type: datetime, confirm: live.started}")
    assert [d for d in load_text(text).diagnostics if d.code == "SOP-S207"] == []

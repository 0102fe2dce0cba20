"""Identity (semantics.md S1): keys never change with times, texts, other steps, or the way the window is cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.planning.deliveries import fan_out
from sopengine.planning.identity import delivery_key, hand_over_key, journey_key, notice_key, occurrence_key
from sopengine.planning.model import Occurrence
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from tests.planning.books import campaign

BEGIN, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
BOOK = """
playbook: summer
title: Summer
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences:
  groups: {source: groups, zone: target.zone, sample: {name: Some group, zone: Asia/Shanghai}}
messages: {a: 'A %(text)s', b: 'B'}
phases:
  warm-up:
    title: Warm-up
    from: opening - 10d
    until: opening
    steps:
      - {id: teaser, on: [opening - 7d, opening - 3d], at: ['%(first)s', '20:30'], to: groups, send: a}
%(more)s
      - {id: rounds, on: day 2..4, at: 12:15, to: groups, send: b}
      - {id: follow, after: teaser + 2h, to: groups, send: b}
  sale:
    title: Sale
    from: opening
    until: opening + 20d
    steps:
      - {id: open, on: day 1, at: '%(first)s', to: groups, send: a}
      - {id: daily, on: workdays, at: 18:00, to: groups, send: b}
weekly:
  to: groups
  steps:
    - {id: monday, on: mon, at: 09:00, send: b}
"""
ZONES = (
    {"id": "east", "name": "East", "zone": "Asia/Shanghai"},
    {"id": "york", "name": "York", "zone": "America/New_York"},
)
MORE = "      - {id: inserted, on: day 1, at: 08:00, to: groups, send: b}"


def occurrences(first: str = "10:00", text: str = "", more: str = "") -> list[Occurrence]:
    book = BOOK % {"first": first, "text": text, "more": more}
    made = campaign(book, sources={"groups": ZONES}, opening="2026-03-20")
    return plan(made, Targets(made), BEGIN, END)


def keys(found: list[Occurrence]) -> dict[tuple[str, str, int, str], str]:
    return {(o.step.id, o.day, o.ordinal, o.zone): o.key for o in found}


USUAL = keys(occurrences())


def test_keys_are_those_of_every_earlier_version() -> None:
    """A changed digest would send every message of a running campaign a second time."""
    assert occurrence_key("summer", "teaser", "", 0, "Asia/Shanghai") == "f5b9d0daabbd3c727d04d4b3299537bb"
    assert occurrence_key("summer", "teaser", "opening - 7d", 1, "Asia/Shanghai") == "20af9964cb982c3179b4251cbd388dce"
    assert journey_key("summer", "welcome", "g1", "7", "hello", "", 0) == "49bd090c2774760b94bc38e1fedc8ed9"
    assert delivery_key("aa", "g1") == "dffefbc09af819c35d2846cf0f0b2e5c"
    assert (notice_key("bb"), hand_over_key("bb")) == (
        "b14b6e9e210fa0381761f3f97f01809f",
        "23d4b15a8160b4a7883a2b3e5f7506a1",
    )


@given(st.lists(st.text(max_size=4), min_size=4, max_size=4), st.lists(st.text(max_size=4), min_size=4, max_size=4))
def test_different_parts_never_meet_in_one_key(one: list[str], two: list[str]) -> None:
    first = occurrence_key(one[0], one[1], one[2], 0, one[3])
    assert (first == occurrence_key(two[0], two[1], two[2], 0, two[3])) == (one == two)


def test_every_slot_has_a_key_of_its_own_and_days_are_named_as_written() -> None:
    found = occurrences()
    assert len({o.key for o in found}) == len(found)
    days = {
        step: sorted({o.day for o in found if o.step.id == step}) for step in ("teaser", "rounds", "open", "monday")
    }
    assert days["teaser"] == ["opening - 3d", "opening - 7d"]
    assert days["rounds"] == ["day 2", "day 3", "day 4"]
    assert days["open"] == [""], "a step with one day names none"
    assert days["monday"][:2] == ["2026-03-16", "2026-03-23"]


@settings(max_examples=15, deadline=None)
@given(hour=st.integers(0, 20), minute=st.integers(0, 59), text=st.sampled_from(["", "x", "新"]), insert=st.booleans())
def test_moved_times_edited_texts_and_inserted_steps_leave_all_other_keys(
    hour: int, minute: int, text: str, insert: bool
) -> None:
    edited = keys(occurrences(f"{hour:02}:{minute:02}", text, MORE if insert else ""))
    added = {slot for slot in edited if slot[0] == "inserted"}
    assert bool(added) == insert
    assert {slot: key for slot, key in edited.items() if slot not in added} == USUAL


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 61 * 24 * 60), max_size=6))
def test_a_window_cut_anywhere_gives_the_same_occurrences(cuts: list[int]) -> None:
    made = campaign(BOOK % {"first": "10:00", "text": "", "more": ""}, sources={"groups": ZONES}, opening="2026-03-20")
    targets = Targets(made)
    edges = [BEGIN, *(BEGIN + timedelta(minutes=cut) for cut in sorted(cuts)), END]
    parts = [o for begin, end in pairwise(edges) for o in plan(made, targets, begin, end)]
    assert parts == plan(made, targets, BEGIN, END)


def test_each_zone_has_its_own_occurrence_and_reaches_only_its_own_targets() -> None:
    made = campaign(BOOK % {"first": "10:00", "text": "", "more": ""}, sources={"groups": ZONES}, opening="2026-03-20")
    targets = Targets(made)
    opening = [o for o in plan(made, targets, BEGIN, END) if o.step.id == "open"]
    reached = {o.zone: [d.target_id for d in fan_out(made, targets, o)] for o in opening}
    assert reached == {"Asia/Shanghai": ["east"], "America/New_York": ["york"]}
    assert opening[1].due_at - opening[0].due_at == timedelta(hours=12)

"""Each target's own calendar: days, numbers and limits from its own columns, against dates written out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from sopengine.planning.deliveries import Turn, fan_out
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from tests.planning.books import SHANGHAI, Rows, campaign, local

FAR = (local("1990-01-01T00:00"), local("2090-01-01T00:00"))

BOOK = """
playbook: own
timezone: Asia/Shanghai
calendar: CN
inputs:
  opening: {type: date, default: 2026-06-01}
audiences:
  groups:
    source: groups
    sample: {name: Some group}
    columns: {start: date, opens: time, closes: time, live: datetime, birthday: date}
messages:
  hello: '{{ campaign.day }}/{{ slot.day }}/{{ slot.number }}/{{ slot.date }}'
"""
COLUMNS = ("id", "start", "opens", "closes", "live", "birthday")
HOME: Rows = [
    dict(zip(COLUMNS, row, strict=True))
    for row in (
        ("a", "2026-06-01", "09:00", "21:00", "2026-06-03T20:00", "1990-06-05"),
        ("b", "2026-06-10", "10:30", "22:00", "2026-06-04T19:30", "1992-02-29"),
        ("c", "", "", "", "", ""),
    )
]


def made(flows: str, rows: Rows = HOME, start: str = "2026-05-20T12:00") -> Targets:
    sources = {"groups": [{"name": row["id"], **row} for row in rows]}
    return Targets(campaign(BOOK + flows, start=start, sources=sources))


def planned(flows: str, rows: Rows = HOME, start: str = "2026-05-20T12:00") -> list[tuple[str, str, str, str]]:
    """Step, target, local own time, and the numbers its text would show, or why it is skipped."""
    targets = made(flows, rows, start)
    found = []
    for occurrence in plan(targets.campaign, targets, *FAR):
        for one in fan_out(targets.campaign, targets, occurrence):
            slot, day = one.shared["slot"], one.shared["campaign"]["day"]
            numbers = f"{day}/{slot['day']}/{slot['number']}/{slot['date']:%m-%d}"
            at = f"{one.due_at.astimezone(SHANGHAI):%m-%d %H:%M}"
            found.append((occurrence.step.id, one.target_id, at, one.skip or numbers))
    return sorted(found, key=lambda f: (f[2], f[1], f[0]))


def of(found: list[tuple[str, str, str, str]], target: str) -> list[tuple[str, str]]:
    return [(at, numbers) for _, whom, at, numbers in found if whom == target]


def phase(step: str, begin: str = "target.start", end: str = "target.start + 5d") -> str:
    head = f"phases:\n  only:\n    from: {begin}\n    until: {end}\n    steps:\n"
    return head + f"      - {{id: step, to: groups, send: hello, {step}}}\n"


def weekly(step: str, runs: str = "") -> str:
    return f"{runs}weekly:\n  to: groups\n  steps:\n    - {{id: step, send: hello, {step}}}\n"


def test_a_day_from_a_column() -> None:
    found = planned(phase("on: target.start - 1d, at: 20:00", "opening", "opening + 30d"))
    assert of(found, "a") == [("05-31 20:00", "0/0/1/05-31")]
    assert of(found, "b") == [("06-09 20:00", "9/9/1/06-09")]
    assert of(found, "c") == [("05-31 20:00", "target.start is empty")]


def test_a_clock_from_a_column() -> None:
    found = planned(phase("on: day 1..2, at: target.opens + 10m", "opening", "opening + 30d"))
    assert of(found, "a") == [("06-01 09:10", "1/1/1/06-01"), ("06-02 09:10", "2/2/2/06-02")]
    assert of(found, "b") == [("06-01 10:40", "1/1/1/06-01"), ("06-02 10:40", "2/2/2/06-02")]


def test_a_phase_of_ones_own() -> None:
    found = planned(phase("on: daily, at: 10:00"))
    assert of(found, "a") == [(f"06-0{n} 10:00", f"{n}/{n}/{n}/06-0{n}") for n in range(1, 6)]
    assert of(found, "b") == [(f"06-{9 + n} 10:00", f"{n}/{n}/{n}/06-{9 + n}") for n in range(1, 6)]
    listed = planned(phase("on: [day 2, day -1], at: [10:00, 20:00]"))
    assert of(listed, "b") == [
        ("06-11 10:00", "2/2/1/06-11"),
        ("06-11 20:00", "2/2/2/06-11"),
        ("06-14 10:00", "5/5/3/06-14"),
        ("06-14 20:00", "5/5/4/06-14"),
    ]


def test_numbers_and_weekdays_are_ones_own() -> None:
    found = planned(phase("on: mon, at: 09:00", end="target.start + 15d"))
    assert of(found, "a") == [
        ("06-01 09:00", "1/1/1/06-01"),
        ("06-08 09:00", "8/8/2/06-08"),
        ("06-15 09:00", "15/15/3/06-15"),
    ]
    assert of(found, "b") == [("06-15 09:00", "6/6/1/06-15"), ("06-22 09:00", "13/13/2/06-22")]


def test_a_moment_from_a_column_needs_no_day() -> None:
    found = planned(phase("at: [target.live - 30m, target.live]", "opening", "opening + 30d"))
    assert of(found, "a") == [("06-03 19:30", "3/3/1/06-03"), ("06-03 20:00", "3/3/2/06-03")]
    assert of(found, "b") == [("06-04 19:00", "4/4/1/06-04"), ("06-04 19:30", "4/4/2/06-04")]


def test_repetition_between_columns() -> None:
    found = planned(phase("on: day 1, at: every 4h from target.opens until target.closes", "opening", "opening + 1d"))
    assert [at for at, _ in of(found, "a")] == ["06-01 09:00", "06-01 13:00", "06-01 17:00"]
    assert [at for at, _ in of(found, "b")] == ["06-01 10:30", "06-01 14:30", "06-01 18:30"]


def test_birthdays_come_every_year() -> None:
    runs = "runs: {from: 2026-02-01, until: 2028-03-02}\n"
    found = planned(weekly("on: target.birthday, at: 09:00", runs), start="2026-01-01T00:00")
    assert [at for at, _ in of(found, "a")] == ["06-05 09:00", "06-05 09:00"]
    assert [numbers for _, numbers in of(found, "a")] == ["125/0/1/06-05", "490/0/2/06-05"]
    assert [numbers for _, numbers in of(found, "b")] == ["28/0/1/02-28", "393/0/2/02-28", "759/0/3/02-29"]


def test_weekly_keeps_inside_ones_own_span() -> None:
    flows = phase("on: day 1, at: 10:00", end="target.start + 14d").replace("id: step", "id: first")
    greet = [one for one in planned(flows + weekly("on: mon, at: 09:00")) if one[0] == "step"]
    assert of(greet, "a") == [("06-01 09:00", "1/0/1/06-01"), ("06-08 09:00", "8/0/2/06-08")]
    assert of(greet, "b") == [("06-15 09:00", "6/0/1/06-15"), ("06-22 09:00", "13/0/2/06-22")]
    assert {numbers for _, numbers in of(greet, "c")} == {"target.start is empty"}


def test_days_that_run_backwards_are_no_days() -> None:
    rows = [
        {"id": "a", "start": "2026-06-05", "live": "2026-06-03T20:00"},
        {"id": "b", "start": "2026-06-05", "live": "2026-06-07T20:00"},
    ]
    found = planned(phase("on: daily, at: 10:00", "target.start", "target.live"), rows)
    assert of(found, "a") == []
    assert [at for at, _ in of(found, "b")] == ["06-05 10:00", "06-06 10:00", "06-07 10:00"]


def test_limits_are_ones_own() -> None:
    targets = made(phase("on: day 1, at: 10:00, useful_until: target.closes, late_ok: 1d"))
    (occurrence,) = plan(targets.campaign, targets, *FAR)
    limits = {
        one.target_id: (one.occurrence.useful_until, one.occurrence.expires_at)
        for one in fan_out(targets.campaign, targets, occurrence)
        if not one.skip
    }
    assert limits == {
        "a": (local("2026-06-01T21:00"), local("2026-06-01T21:00")),
        "b": (local("2026-06-10T22:00"), local("2026-06-10T22:00")),
    }


def test_one_occurrence_for_all_and_a_turn_for_each_time() -> None:
    targets = made(phase("on: day 1, at: target.opens"))
    (occurrence,) = plan(targets.campaign, targets, *FAR)
    assert occurrence.due_at == local("2026-06-01T09:00")
    calendar = targets.calendars.of(occurrence)
    assert calendar is not None
    assert list(calendar.turns(occurrence)) == [local("2026-06-01T09:00"), local("2026-06-10T10:30")]

    def whom(begin: str, end: str) -> list[str]:
        turn = Turn(local(begin), local(end))
        return [one.target_id for one in fan_out(targets.campaign, targets, occurrence, turn=turn)]

    assert whom("2026-06-01T09:00", "2026-06-01T09:00") == ["a", "c"]
    assert whom("2026-06-01T09:01", "2026-06-11T00:00") == ["b"]
    assert whom("2026-06-01T09:00", "2026-06-11T00:00") == ["a", "b", "c"]


def test_one_calendar_for_each_set_of_values() -> None:
    """57 stores that open at five different hours have five calendars, however many slots there are."""
    rows = [{"id": f"s{n}", "opens": f"{8 + n % 5:02}:00"} for n in range(57)]
    targets = made(phase("on: daily, at: target.opens + 10m", "opening", "opening + 30d"), rows)
    found = plan(targets.campaign, targets, *FAR)
    assert len(found) == 30
    calendar = targets.calendars.of(found[0])
    assert calendar is not None
    assert len(calendar._by_values) == 5
    assert sum(len(list(fan_out(targets.campaign, targets, one))) for one in found) == 30 * 57


def test_steps_after_follow_each_targets_own_time_and_place_in_the_spread() -> None:
    flows = phase("on: day 1, at: target.opens, spread: 20m") + (
        "      - {id: more, after: step + 2h, to: groups, send: hello}\n"
    )
    found = planned(flows)
    first = {whom: at for step, whom, at, _ in found if step == "step"}
    then = {whom: at for step, whom, at, _ in found if step == "more"}
    assert then.keys() == {"a", "b", "c"}
    for target in "ab":
        before, after = (datetime.strptime(f"2026-{at}", "%Y-%m-%d %H:%M") for at in (first[target], then[target]))
        assert after - before == timedelta(hours=2)


def test_spread_is_fixed_even_and_inside_what_is_of_use() -> None:
    rows = [{"id": f"g{n}"} for n in range(200)]
    for limit, most in (("", 20), (", useful_until: 8m", 8)):
        targets = made(phase(f"on: day 1, at: 10:00, spread: 20m{limit}", "opening", "opening + 1d"), rows)
        (occurrence,) = plan(targets.campaign, targets, *FAR)
        offsets = {
            one.target_id: one.due_at - occurrence.due_at for one in fan_out(targets.campaign, targets, occurrence)
        }
        assert all(timedelta(0) <= offset < timedelta(minutes=most) for offset in offsets.values())
        assert len(set(offsets.values())) > 100
        again = made(phase(f"on: day 1, at: 10:00, spread: 20m{limit}", "opening", "opening + 1d"), rows[::-1])
        assert {
            one.target_id: one.due_at - occurrence.due_at for one in fan_out(again.campaign, again, occurrence)
        } == offsets


@pytest.mark.parametrize("on", ["target.start", "target.start - 1d"])
def test_in_an_open_campaign_a_listed_day_may_lie_far_ahead(on: str) -> None:
    rows = [{"id": "a", "start": "2026-06-03"}, {"id": "b", "start": "2027-09-01"}]
    targets = made(weekly(f"on: [{on}, mon], at: 09:00"), rows)
    begin = local("2026-05-20T12:00")
    found = [
        o for o in plan(targets.campaign, targets, begin, begin + timedelta(days=30)) if o.day.startswith("target")
    ]
    assert len(found) == 1
    calendar = targets.calendars.of(found[0])
    assert calendar is not None
    turns = list(calendar.turns(found[0]))
    back = timedelta(days=1 if "-" in on else 0)
    assert turns == [local("2026-06-03T09:00") - back, local("2027-09-01T09:00") - back]


def test_a_shift_back_over_the_edge_of_a_window_loses_nothing() -> None:
    """Saturday's slot moves to Friday; the window that ends on Friday evening has to know of it."""
    weekly = (
        "weekly:\n  to: groups\n  steps:\n    - {id: step, on: sat, at: 10:00, shift: previous-workday, send: hello}\n"
    )
    targets = made(weekly, [{"id": "a"}])
    begin = local("2026-06-01T00:00")
    edges = [begin + timedelta(hours=13 * n) for n in range(120)]
    found: list[Mapping[str, object]] = []
    for one, two in pairwise(edges):
        found += [{"day": o.day, "at": o.due_at} for o in plan(targets.campaign, targets, one, two)]
    whole = plan(targets.campaign, targets, begin, edges[-1])
    assert found == [{"day": o.day, "at": o.due_at} for o in whole]
    assert len(found) == 9


def test_a_calendar_asked_for_day_after_day_is_not_worked_out_each_day() -> None:
    """A campaign without an end goes on for years; what one more day costs must not grow with them."""
    targets = made("weekly: {steps: [{id: x, on: daily, at: target.opens, to: groups, send: hello}]}\n")
    (calendar,) = targets.calendars.of_step("x")
    values = calendar.values(targets.rows("groups")[0])
    assert not isinstance(values, str)
    first = date(2026, 6, 1)
    asked = [calendar.on(values, first + timedelta(days=n)) for n in range(100)]
    assert len({id(one) for one in asked}) <= 4
    for n, one in enumerate(asked):
        assert first + timedelta(days=n - 1) in {occurrence.date for occurrence in one.values()}

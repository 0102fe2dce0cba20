"""Targets with days and clock times of their own, each in its own zone, against a brute walk over UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.planning.deliveries import fan_out
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from tests.planning.books import campaign
from tests.support.zone_walk import brute, places

BOOK = """
playbook: own
timezone: Asia/Shanghai
audiences:
  groups:
    source: groups
    zone: target.zone
    columns: {start: date, opens: time, born: date}
    sample: {name: Some group, zone: Asia/Shanghai, start: 2026-06-01, opens: 09:00, born: 1990-06-01}
messages: {hello: Hello}
phases:
  own:
    title: Own
    from: target.start
    until: target.start + %dd
    steps:
      - {id: daily, on: daily, at: target.opens, to: groups, send: hello}
      - {id: second, on: day 2, at: target.opens, to: groups, send: hello}
      - {id: born, on: target.born, at: 10:00, to: groups, send: hello}
"""
FAR = datetime(1960, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)
CLOCKS = st.one_of(
    st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    st.sampled_from([time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(23, 30)]),
)
ROWS = st.lists(st.tuples(places(), CLOCKS), min_size=1, max_size=4)


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, length=st.integers(2, 3))
def test_each_target_by_its_own_days_clock_and_zone(rows: list[tuple[tuple[str, date], time]], length: int) -> None:
    groups = [
        {"id": f"g{n}", "name": f"G{n}", "zone": zone, "start": str(day), "opens": f"{opens:%H:%M}", "born": str(day)}
        for n, ((zone, day), opens) in enumerate(rows)
    ]
    one = campaign(BOOK % length, start="1960-01-01T12:00", sources={"groups": groups})
    targets = Targets(one)
    found: dict[str, list[tuple[str, datetime]]] = {"daily": [], "second": [], "born": []}
    for occurrence in plan(one, targets, *FAR):
        for delivery in fan_out(one, targets, occurrence):
            assert not delivery.skip
            found[occurrence.step.id].append((delivery.target_id, delivery.due_at))
    daily, second, born = set(), set(), set()
    for n, ((name, day), opens) in enumerate(rows):
        zone, end = ZoneInfo(name), day + timedelta(days=length)
        walked = brute(zone, day, end, [opens], set(range(7)))
        daily |= {(f"g{n}", instant) for _, _, instant in walked}
        second |= {(f"g{n}", instant) for on, _, instant in walked if on == day + timedelta(days=1)}
        born |= {
            (f"g{n}", instant) for _, _, instant in brute(zone, day, day + timedelta(days=1), [time(10)], set(range(7)))
        }
    for step in found:
        assert len(found[step]) == len(set(found[step])), step
    assert set(found["daily"]) == daily
    assert second <= set(found["second"]), "a listed day that the zone leaps over comes at the end of the gap"
    assert born <= set(found["born"])
    assert len(found["second"]) == len(found["born"]) == len(rows)

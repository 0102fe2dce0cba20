"""The rate of an address: never more than L in any window, and waiting for it is not lateness."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.store.rows import Bucket, State
from tests.store.backends import EACH, Backend
from tests.store.build import DAY, HOUR, MINUTE, NINE, Ledger, delivery

SECOND = timedelta(seconds=1)


def crowd(ledger: Ledger, count: int, rate: float, burst: int, bucket: str = "robot/r", **other: object) -> None:
    ledger.store.set_buckets([Bucket(bucket, rate, burst)], NINE)
    row = ledger.planned("o")
    many = [delivery(row, f"g{i:03}", bucket=bucket, **other) for i in range(count)]
    ledger.store.add_fan_out(row.id, many, [], NINE)


def test_a_bucket_gives_its_burst_then_its_rate(ledger: Ledger) -> None:
    crowd(ledger, 10, rate=0.5, burst=3)
    assert len(ledger.claim()) == 3
    assert ledger.claim(NINE + SECOND) == []
    assert len(ledger.claim(NINE + 2 * SECOND)) == 1
    assert len(ledger.claim(NINE + HOUR - 31 * MINUTE)) == 3, "no more than the burst is saved up"


def test_no_rate_is_no_limit(ledger: Ledger) -> None:
    crowd(ledger, 250, rate=0, burst=1)
    assert [len(ledger.claim()) for _ in range(4)] == [100, 100, 50, 0]


def test_a_new_rate_keeps_the_tokens(ledger: Ledger) -> None:
    crowd(ledger, 10, rate=1, burst=2)
    assert len(ledger.claim()) == 2
    ledger.store.set_buckets([Bucket("robot/r", 1, 5)], NINE)
    assert ledger.claim() == []


@pytest.mark.parametrize("wrong", [Bucket("robot/r", -1, 1), Bucket("robot/r", 1, 0)])
def test_a_rate_that_cannot_be_is_our_mistake(ledger: Ledger, wrong: Bucket) -> None:
    with pytest.raises(ValueError, match="rate"):
        ledger.store.set_buckets([wrong], NINE)


@pytest.mark.parametrize("backend", **EACH)
@settings(max_examples=15, deadline=None)
@given(
    limit=st.integers(2, 20),
    burst=st.integers(1, 3),
    steps=st.lists(st.integers(0, 20_000_000), min_size=5, max_size=40),
    hold=st.booleans(),
)
def test_never_more_than_the_limit_in_any_window(
    backend: Backend, limit: int, burst: int, steps: list[int], hold: bool
) -> None:
    burst = min(burst, limit - 1)
    window = MINUTE
    with tempfile.TemporaryDirectory() as folder:
        ledger = backend.ledger(Path(folder))
        far = {"expires_at": NINE + DAY, "useful_until": NINE + DAY}
        crowd(ledger, 60, rate=(limit - burst) / window.total_seconds(), burst=burst, **far)
        now, sent = NINE, []
        for step in steps:
            now += timedelta(microseconds=step)
            sent += [now] * len(ledger.claim(now))
            if hold:
                ledger.store.hold_for_rate(now)
        ledger.store.close()
    for first in sent:
        assert sum(first <= moment < first + window for moment in sent) <= limit


def turns(ledger: Ledger) -> list[tuple[datetime, str]]:
    return [(row.run_after, row.hold) for row in ledger.rows().values() if row.state is State.PLANNED]


def test_what_waits_gets_its_predicted_turn_and_a_window_that_moves_along(ledger: Ledger) -> None:
    crowd(ledger, 4, rate=1 / 60, burst=1)
    assert len(ledger.claim()) == 1
    assert ledger.store.hold_for_rate(NINE) == 3
    assert turns(ledger) == [(NINE + k * MINUTE, "rate") for k in (1, 2, 3)]
    expires = [row.expires_at for row in ledger.rows().values()]
    assert expires == [NINE + 30 * MINUTE + k * MINUTE for k in range(4)]
    held = ledger.lines(states=["held"])
    assert [line.reason for line in held] == [f"rate, until {(NINE + k * MINUTE).isoformat()}" for k in (1, 2, 3)]


def test_holding_again_moves_and_logs_nothing(ledger: Ledger) -> None:
    crowd(ledger, 30, rate=1 / 7, burst=2)
    ledger.claim()
    assert ledger.store.hold_for_rate(NINE) == 28
    before = ledger.rows(), ledger.lines()
    assert ledger.store.hold_for_rate(NINE) == 0
    assert ledger.store.hold_for_rate(NINE + 3 * SECOND) == 0
    assert (ledger.rows(), ledger.lines()) == before


def test_a_late_pass_holds_again_without_a_second_line(ledger: Ledger) -> None:
    crowd(ledger, 4, rate=1 / 60, burst=1)
    ledger.claim()
    ledger.store.hold_for_rate(NINE)
    late = NINE + 2 * MINUTE
    assert len(ledger.claim(late)) == 1
    assert ledger.store.hold_for_rate(late) == 2
    assert turns(ledger) == [(late + MINUTE, "rate"), (late + 2 * MINUTE, "rate")]
    assert len(ledger.lines(states=["held"])) == 3


def test_a_newcomer_takes_its_turn_behind_those_who_wait(ledger: Ledger) -> None:
    crowd(ledger, 3, rate=1 / 60, burst=1)
    ledger.claim()
    ledger.store.hold_for_rate(NINE)
    row = ledger.planned("late", due_at=NINE + SECOND)
    ledger.store.add_fan_out(row.id, [delivery(row, "g0", bucket="robot/r")], [], NINE)
    ledger.store.hold_for_rate(NINE + SECOND)
    order = sorted(ledger.rows().values(), key=lambda r: r.run_after)
    assert [r.key for r in order if r.hold] == ["o/g001", "o/g002", "late/g0"]


def test_what_has_tokens_is_left_alone(ledger: Ledger) -> None:
    crowd(ledger, 3, rate=1, burst=3)
    assert ledger.store.hold_for_rate(NINE) == 0


def test_a_window_never_moves_past_useful_until(ledger: Ledger) -> None:
    crowd(ledger, 50, rate=1 / 60, burst=1, useful_until=NINE + 40 * MINUTE)
    ledger.claim()
    ledger.store.hold_for_rate(NINE)
    assert max(row.expires_at for row in ledger.rows().values()) == NINE + 40 * MINUTE
    assert ledger.store.expire(NINE + 31 * MINUTE) == 0
    ledger.store.expire(NINE + 40 * MINUTE)
    assert {row.state for row in ledger.rows().values()} == {State.CLAIMED, State.MISSED}
    assert "held: rate" in ledger.row("o/g049").reason


@pytest.mark.parametrize("backend", **EACH)
@settings(max_examples=8, deadline=None)
@given(
    count=st.integers(1, 12),
    seconds=st.integers(1, 120),
    burst=st.integers(1, 3),
    late_ok=st.integers(1, 1800),
    pass_every=st.integers(1, 60),
)
def test_waiting_for_the_rate_never_makes_a_delivery_missed(
    backend: Backend, count: int, seconds: int, burst: int, late_ok: int, pass_every: int
) -> None:
    """Passes come often enough for `late_ok` and the useful time is long: everything goes out."""
    pass_every = min(pass_every, late_ok)
    with tempfile.TemporaryDirectory() as folder:
        ledger = backend.ledger(Path(folder))
        crowd(ledger, count, rate=1 / seconds, burst=burst, expires_at=NINE + late_ok * SECOND)
        now = NINE
        for _ in range(count * (seconds // pass_every + 2) + 2):
            assert ledger.store.expire(now) == 0
            ledger.finish(ledger.claim(now), State.FAILED, now)
            ledger.store.hold_for_rate(now)
            wake = ledger.store.next_wake(now)
            if wake is None:
                break
            now = max(now + pass_every * SECOND, min(wake, now + pass_every * SECOND))
        states = {row.state for row in ledger.rows().values()}
        ledger.store.close()
    assert states == {State.FAILED}


def test_a_parked_address_rests_and_begins_without_tokens(ledger: Ledger) -> None:
    crowd(ledger, 5, rate=1 / 3, burst=2)
    until = NINE + MINUTE
    ledger.store.park("robot/r", until, NINE, "45009")
    assert ledger.claim(NINE) == []
    assert ledger.claim(until) == []
    assert turns(ledger) == [(until + k * 3 * SECOND, "rate") for k in range(1, 6)]
    assert len(ledger.claim(until + 3 * SECOND)) == 1
    [line] = ledger.lines(states=["parked"])
    assert (line.entity, line.key) == ("bucket", "robot/r")
    assert "45009" in line.reason


def test_an_unlimited_address_rests_too(ledger: Ledger) -> None:
    crowd(ledger, 2, rate=0, burst=1)
    ledger.store.park("robot/r", NINE + MINUTE, NINE, "429")
    assert ledger.claim(NINE + MINUTE - SECOND) == []
    assert len(ledger.claim(NINE + MINUTE)) == 2


def test_a_shorter_rest_does_not_cut_a_longer_one_short(ledger: Ledger) -> None:
    crowd(ledger, 2, rate=0, burst=1)
    ledger.store.park("robot/r", NINE + HOUR, NINE, "blocked")
    ledger.store.park("robot/r", NINE + MINUTE, NINE, "45009")
    assert ledger.claim(NINE + 2 * MINUTE) == []
    assert len(ledger.lines(states=["parked"])) == 1


def test_one_parked_address_does_not_stop_the_others(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2")
    ledger.store.park("robot/g1", NINE + HOUR, NINE, "45009")
    assert [c.target for c in ledger.claim()] == ["g2"]


def test_a_clock_set_back_stops_no_address(ledger: Ledger) -> None:
    crowd(ledger, 9, rate=1, burst=2, due_at=NINE - 2 * HOUR)
    assert len(ledger.claim(NINE)) == 2
    back = NINE - HOUR
    assert ledger.claim(back) == []
    assert len(ledger.claim(back + SECOND)) == 1

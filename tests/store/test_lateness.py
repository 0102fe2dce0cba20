"""Semantics S3: what may still run, what is missed, and how the log says it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sopengine.store.rows import State
from tests.store.build import DAY, HOUR, MINUTE, NINE, Ledger

TICK = timedelta(microseconds=1)
UNTIL = NINE + 20 * MINUTE


@pytest.mark.parametrize(
    ("now", "expires", "useful", "runs"),
    [
        (NINE - TICK, NINE + 30 * MINUTE, NINE + DAY, False),  # not yet
        (NINE, NINE + 30 * MINUTE, NINE + DAY, True),
        (NINE + 30 * MINUTE, NINE + 30 * MINUTE, NINE + DAY, True),  # now <= slot + late_ok
        (NINE + 30 * MINUTE + TICK, NINE + 30 * MINUTE, NINE + DAY, False),
        (UNTIL - TICK, UNTIL, UNTIL, True),
        (UNTIL, UNTIL, UNTIL, False),  # now < useful_until
    ],
)
def test_the_edges_of_the_window(
    ledger: Ledger, now: datetime, expires: datetime, useful: datetime, runs: bool
) -> None:
    ledger.fan_out("o", "g1", expires_at=expires, useful_until=useful)
    missed = ledger.store.expire(now)
    assert bool(ledger.claim(now)) == runs
    assert missed == (0 if runs or now < NINE else 1)


def test_missed_says_how_late_and_what_was_allowed(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    assert ledger.store.expire(NINE + 47 * MINUTE) == 1
    row = ledger.row("o/g1")
    assert (row.state, row.reason) == (State.MISSED, "late 47m (late_ok 30m)")
    [line] = ledger.lines(states=["missed"])
    assert (line.at, line.target, line.slot, line.reason) == (NINE + 47 * MINUTE, "g1", NINE, row.reason)


def test_past_the_useful_time_it_says_so(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", expires_at=UNTIL, useful_until=UNTIL)
    ledger.store.expire(UNTIL + HOUR)
    assert ledger.row("o/g1").reason == f"late 1h 20m (useful until {UNTIL.isoformat()})"


def test_expiring_again_changes_nothing(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2")
    late = NINE + HOUR
    assert ledger.store.expire(late) == 2
    lines = ledger.lines()
    assert ledger.store.expire(late) == 0
    assert ledger.lines() == lines


@pytest.mark.parametrize("scope", ["all", "campaign", "channel"])
def test_a_pause_stops_claims_and_judges_nobody_until_it_ends(ledger: Ledger, scope: str) -> None:
    name = {"all": "", "campaign": "summer", "channel": "robot"}[scope]
    ledger.fan_out("soon", "g1")
    ledger.fan_out("later", "g2", due_at=NINE + HOUR)
    assert ledger.store.pause(scope, name, NINE, "lin", "wrong price")
    assert not ledger.store.pause(scope, name, NINE, "mei"), "the first pause stays"
    [pause] = ledger.store.paused()
    assert (pause.scope, pause.name, pause.actor, pause.reason) == (scope, name, "lin", "wrong price")
    assert ledger.claim() == []
    assert ledger.store.expire(NINE + HOUR) == 0
    assert ledger.store.resume(scope, name, NINE + HOUR, "lin")
    assert not ledger.store.resume(scope, name, NINE + HOUR, "lin")
    assert ledger.store.expire(NINE + HOUR) == 1
    assert [c.key for c in ledger.claim(NINE + HOUR)] == ["later/g2"]
    assert ledger.store.paused() == []


def test_a_paused_channel_leaves_the_others_alone(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    ledger.fan_out("p", "g2", channel="file", bucket="file/out")
    ledger.store.pause("channel", "robot", NINE, "lin")
    assert [c.target for c in ledger.claim()] == ["g2"]


def test_a_stopped_campaign_sends_nothing_even_before_it_is_withdrawn(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2")
    ledger.store.set_campaign_state("summer", "stopped", NINE, "lin", "wrong price")
    assert ledger.claim() == []
    assert ledger.store.next_wake(NINE) is None
    assert ledger.store.expire(NINE + HOUR) == 2


def test_many_late_deliveries_at_once(ledger: Ledger) -> None:
    ledger.fan_out("o", *(f"g{i}" for i in range(4_100)))
    assert ledger.store.expire(NINE + HOUR) == 4_100
    assert ledger.store.counts("summer").deliveries == {"missed": 4_100}


def test_a_rate_and_a_rest_do_not_reach_into_a_pause(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", bucket="robot/r")
    ledger.store.pause("campaign", "summer", NINE, "lin")
    ledger.store.park("robot/r", NINE + HOUR, NINE, "429")
    assert ledger.store.hold_for_rate(NINE) == 0
    assert ledger.row("o/g1").hold == ""

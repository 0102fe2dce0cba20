"""The table of transitions, exhaustively, and the one function that carries them out."""

from __future__ import annotations

from itertools import product

import pytest

from sopengine.store.journal import Change, advance
from sopengine.store.rows import OccurrenceState, State, TaskState
from sopengine.store.states import IllegalTransition, legal, require_campaign
from tests.store.build import NINE, Ledger

S, T, O = State, TaskState, OccurrenceState  # noqa: E741

EXPECTED = [  # a list: states of different kinds with equal numbers are equal
    (S.PLANNED, S.CLAIMED),
    (S.PLANNED, S.MISSED),
    (S.PLANNED, S.SKIPPED),  # a cap, or by hand
    (S.PLANNED, S.WITHDRAWN),
    (S.PLANNED, S.UNKNOWN),  # asked again, and its time ran out
    (S.CLAIMED, S.PLANNED),
    (S.CLAIMED, S.SENDING),
    (S.CLAIMED, S.FAILED),
    (S.CLAIMED, S.MISSED),
    (S.CLAIMED, S.SKIPPED),
    (S.CLAIMED, S.WITHDRAWN),
    (S.CLAIMED, S.UNKNOWN),
    (S.SENDING, S.SENT),
    (S.SENDING, S.AWAITING_CONFIRM),
    (S.SENDING, S.FAILED),
    (S.SENDING, S.UNKNOWN),
    (S.SENDING, S.PLANNED),
    (S.UNKNOWN, S.SENT),
    (S.UNKNOWN, S.AWAITING_CONFIRM),
    (S.UNKNOWN, S.FAILED),
    (S.UNKNOWN, S.PLANNED),
    (S.AWAITING_CONFIRM, S.CONFIRMED),
    (S.AWAITING_CONFIRM, S.WITHDRAWN),
    (S.FAILED, S.PLANNED),
    (S.MISSED, S.PLANNED),
    (S.WITHDRAWN, S.PLANNED),  # a slip into the past, and another one ahead
    (T.OPEN, T.ACKNOWLEDGED),
    (T.OPEN, T.DONE),
    (T.OPEN, T.DECLINED),
    (T.OPEN, T.OVERDUE),
    (T.OPEN, T.WITHDRAWN),
    (T.ACKNOWLEDGED, T.DONE),
    (T.ACKNOWLEDGED, T.DECLINED),
    (T.ACKNOWLEDGED, T.OVERDUE),
    (T.ACKNOWLEDGED, T.WITHDRAWN),
    (T.OVERDUE, T.DONE),
    (T.OVERDUE, T.WITHDRAWN),
    (T.MISSED, T.OPEN),
    (O.PLANNED, O.FANNED_OUT),
    (O.PLANNED, O.SKIPPED),
    (O.PLANNED, O.MISSED),
    (O.PLANNED, O.WITHDRAWN),
    (O.MISSED, O.PLANNED),
    (O.WITHDRAWN, O.PLANNED),
    (O.FANNED_OUT, O.PLANNED),
]


@pytest.mark.parametrize(("before", "after"), [pair for kind in (S, T, O) for pair in product(kind, kind)])
def test_every_pair_is_legal_or_not_as_written_down(before: S | T | O, after: S | T | O) -> None:
    written = {(type(b), b.name, a.name) for b, a in EXPECTED}
    assert legal(before, after) == ((type(before), before.name, after.name) in written)


def test_states_of_different_kinds_never_follow_each_other() -> None:
    assert not legal(S.PLANNED, T.ACKNOWLEDGED)
    assert not legal(O.PLANNED, S.CLAIMED)


@pytest.mark.parametrize("before", ["stopped", "finished"])
@pytest.mark.parametrize("after", ["running", "paused", "stopped", "finished"])
def test_a_campaign_that_has_ended_stays_ended(before: str, after: str) -> None:
    with pytest.raises(IllegalTransition):
        require_campaign(before, after)


def test_an_illegal_change_stores_nothing_of_its_commit(ledger: Ledger) -> None:
    row = ledger.fan_out("o", "g1", "g2")
    first, second = (r.id for r in ledger.rows().values())
    lines = len(ledger.lines())
    changes = [Change(first, S.PLANNED, S.MISSED), Change(second, S.PLANNED, S.SENT)]
    with pytest.raises(IllegalTransition), ledger.store._write() as conn:
        advance(conn, changes, NINE)
    assert {r.state for r in ledger.rows().values()} == {S.PLANNED}
    assert len(ledger.lines()) == lines
    assert row.id


def test_a_change_from_a_state_the_row_has_left_is_refused(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    [claimed] = ledger.claim()
    with pytest.raises(IllegalTransition), ledger.store._write() as conn:
        advance(conn, [Change(claimed.id, S.PLANNED, S.MISSED)], NINE)
    assert ledger.row("o/g1").state is S.CLAIMED


def test_recording_an_outcome_without_an_intent_is_our_mistake(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    with pytest.raises(IllegalTransition):
        ledger.finish(ledger.claim(), S.SENT)
    assert ledger.row("o/g1").state is S.CLAIMED

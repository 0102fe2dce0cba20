"""Any order of claims, intents, outcomes, stalls, lost leases, stops and decisions of people: nothing is doubled, lost
or told wrongly."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sopengine.errors import SopError
from sopengine.store.again import Ended, Which
from sopengine.store.delivery_rows import Claimed, Intent, NewDelivery, Result
from sopengine.store.hands import Verdict
from sopengine.store.leaving_out import LeftOut
from sopengine.store.rows import State
from sopengine.store.states import legal
from tests.store.backends import EACH, Backend
from tests.store.build import DAY, MINUTE, NINE, Ledger, delivery, occurrence

ENDS = [State.SENT, State.FAILED, State.UNKNOWN, State.PLANNED]
TARGETS = ("g1", "g2", "g3")
KEYED = "g3"
"""Its channel drops a key that it has seen, for as long as WINDOW; that of the others knows no keys."""
WINDOW = 30 * MINUTE


class Sending(RuleBasedStateMachine):
    """Several workers, each with what it believes to hold; `out` counts the requests that left for each delivery."""

    backend: Backend

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = self.backend.ledger(Path(self.folder.name))
        self.now: datetime = NINE
        self.claimed: list[Claimed] = []
        self.allowed: list[Claimed] = []
        self.out: dict[str, int] = defaultdict(int)
        self.refused: dict[str, int] = defaultdict(int)
        self.ordered: dict[str, int] = defaultdict(int)  # resends by a person, each perhaps one more message
        self.keys: set[str] = set()
        self.first: dict[str, datetime] = {}
        self.parts: dict[int, list[NewDelivery]] = {}

    def teardown(self) -> None:
        self.ledger.store.close()
        self.folder.cleanup()

    @initialize()
    def plan(self) -> None:
        for number in range(2):
            row = self.ledger.planned(f"o{number}", due_at=NINE + number * MINUTE)
            parts = [delivery(row, target, **_channel(target)) for target in TARGETS]
            self.parts[row.id] = parts
            self.ledger.store.add_fan_out(row.id, parts, [], NINE)
            self.keys |= {part.key for part in parts}
        [doubtful] = self.ledger.claim(limit=1)  # one is in doubt from the beginning, or few runs would come to it
        self.ledger.store.intend([Intent(doubtful.id, doubtful.fence, "text")], NINE)
        self.ledger.finish([doubtful], State.UNKNOWN)
        self.out[doubtful.key] = 1
        self.allowed.append(doubtful)
        self.claimed = self.ledger.claim()
        self._sends(next(one for one in self.claimed if one.target == KEYED))

    def _sends(self, one: Claimed) -> None:
        """Its request leaves where it may."""
        if self.ledger.store.intend([Intent(one.id, one.fence, "text")], self.now):
            self.allowed.append(one)
            self.out[one.key] += 1
            self.first.setdefault(one.key, self.now)

    @rule(minutes=st.sampled_from([0, 1, 3, 40]))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(owner=st.sampled_from("ab"), limit=st.integers(1, 4))
    def claim(self, owner: str, limit: int) -> None:
        got = self.ledger.claim(self.now, owner, limit)
        for one in got:
            assert one.expires_at >= self.now
            assert one.useful_until > self.now
            if one.doubtful and one.target == KEYED and not self.ordered[one.key]:
                assert self.now <= self.first[one.key] + WINDOW, "later its channel would take it for a new message"
        self.claimed += got

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def intend(self, data: st.DataObject) -> None:
        """Perhaps long after the lease: whoever is allowed sends."""
        self._sends(data.draw(st.sampled_from(self.claimed)))

    @precondition(lambda self: self.allowed)
    @rule(data=st.data(), end=st.sampled_from(ENDS))
    def answer(self, data: st.DataObject, end: State) -> None:
        """PLANNED and FAILED: the platform says it did not take it, so that request does not count."""
        one = data.draw(st.sampled_from(self.allowed))
        took = self.ledger.store.record([Result(one.id, one.fence, end)], self.now)
        if took and end in (State.PLANNED, State.FAILED):
            self.refused[one.key] += 1

    @precondition(lambda self: self.claimed)
    @rule(data=st.data())
    def held_back(self, data: st.DataObject) -> None:
        """A guard decides before the intent; where the request has left, this writer has no say any more."""
        one = data.draw(st.sampled_from(self.claimed))
        if one not in self.allowed:
            wait = Result(one.id, one.fence, State.PLANNED, "quiet", run_after=self.now + MINUTE)
            self.ledger.store.record([wait], self.now)

    @rule()
    def tick(self) -> None:
        knows = {"webhook": WINDOW}
        self.ledger.store.reap(self.now, knows)
        self.ledger.store.expire(self.now)
        again = self.ledger.store.reap(self.now, knows), self.ledger.store.expire(self.now)
        assert (again[0].released, again[0].unknown, again[1]) == (0, 0, 0)

    @rule()
    def plan_again(self) -> None:
        """A pass that died between two commits is repeated: nothing is added."""
        store = self.ledger.store
        assert store.add_occurrences([occurrence(f"o{number}") for number in range(2)], self.now) == 0
        for number, parts in self.parts.items():
            assert store.add_fan_out(number, parts, [], self.now) == 0

    @rule(going=st.booleans())
    def pause_or_resume(self, going: bool) -> None:
        change = self.ledger.store.resume if going else self.ledger.store.pause
        change("sends", "summer", self.now, "lin")

    @rule()
    def hold(self) -> None:
        self.ledger.store.hold_for_rate(self.now)

    @rule(data=st.data(), verdict=st.sampled_from(["sent", "resend"]))
    def resolve(self, data: st.DataObject, verdict: Verdict) -> None:
        """Of what is in doubt; where nothing is, of what nobody doubts."""
        rows = sorted(self.ledger.rows().values(), key=lambda r: r.key)
        row = data.draw(st.sampled_from([r for r in rows if r.state is State.UNKNOWN] or rows))
        try:
            resolved = self.ledger.store.resolve(row.id, verdict, self.now, "wang", "looked")
        except SopError:
            assert row.useful_until <= self.now
            return
        assert resolved.done == (row.state is State.UNKNOWN)
        self.ordered[row.key] += resolved.done and verdict == "resend"

    @rule(ended=st.sampled_from(["failed", "missed"]))
    def again(self, ended: Ended) -> None:
        """By two people at once."""
        found = self.ledger.store.may_go_again(ended, Which("summer"), self.now)
        chosen = [one for one in found if one.refused is None]
        assert self.ledger.store.set_going_again(ended, chosen, self.now, "wang", "x") == len(chosen)
        assert self.ledger.store.set_going_again(ended, chosen, self.now, "li", "x") == 0

    @rule(data=st.data())
    def leave_out(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(sorted(self.ledger.rows().values(), key=lambda r: r.key)))
        if self.now > NINE + 2 * MINUTE:  # later, or few would be sent
            what = LeftOut("summer", row.step, delivery=row.id)
            self.ledger.store.leave_out(what, self.now, "wang", "closed")

    @rule()
    def stop(self) -> None:
        if self.now > NINE + 60 * MINUTE:  # late, or most runs would end here
            self.ledger.store.withdraw("summer", self.now, "lin", "stopped")

    @invariant()
    def each_exists_once_and_is_told_right(self) -> None:
        rows = self.ledger.rows()
        assert rows.keys() == self.keys
        for key, row in rows.items():
            at_large, more = self.out[key] - self.refused[key], self.ordered[key]
            keyed = row.target == KEYED  # asked again with the same key, which its channel drops
            assert keyed or 0 <= at_large <= 1 + more, "never a second request while a first may have arrived"
            if row.state in (State.PLANNED, State.CLAIMED):
                assert keyed or at_large <= more
            if row.state in (State.MISSED, State.SKIPPED, State.WITHDRAWN, State.FAILED):
                assert at_large == 0, "what may have arrived never ends as unsent"
            if row.state in (State.SENT, State.SENDING, State.UNKNOWN):
                assert at_large >= 1

    @invariant()
    def the_log_is_an_unbroken_chain(self) -> None:
        last: dict[str, str] = {}
        for line in self.ledger.lines():
            if line.entity == "delivery" and line.after in ("held", "settled"):
                assert line.before == last.get(line.key, "planned")
            elif line.entity == "delivery":
                assert line.before == last.get(line.key, "planned")
                assert legal(State[line.before.upper()], State[line.after.upper()])
                last[line.key] = line.after
        for key, row in self.ledger.rows().items():
            assert last.get(key, "planned") == row.state.name.lower()


def _channel(target: str) -> dict[str, str]:
    channel = "webhook" if target == KEYED else "robot"
    return {"channel": channel, "bucket": f"{channel}/{target}"}


@pytest.mark.parametrize("backend", **EACH)
def test_any_order(backend: Backend) -> None:
    machine = type("Sending", (Sending,), {"backend": backend})
    run_state_machine_as_test(machine, settings=settings(max_examples=16, stateful_step_count=30, deadline=None))


def test_in_the_end_every_delivery_is_final(ledger: Ledger) -> None:
    row = ledger.planned("o")
    ledger.store.add_fan_out(row.id, [delivery(row, f"g{i}") for i in range(9)], [], NINE)
    claimed = ledger.claim(limit=6)
    ledger.store.intend([Intent(c.id, c.fence, "x") for c in claimed[:4]], NINE)
    ledger.finish(claimed[:2], State.SENT)
    for _ in range(2):  # everybody died; the second pass finds nothing more
        ledger.store.reap(NINE + DAY)
        ledger.store.expire(NINE + DAY + timedelta(microseconds=1))
    states = sorted(row.state for row in ledger.rows().values())
    assert states == sorted([State.SENT] * 2 + [State.UNKNOWN] * 2 + [State.MISSED] * 5)

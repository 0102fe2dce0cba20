"""Events are kept once and start each journey once."""

from __future__ import annotations

from sopengine.store.flow_rows import Enrol
from sopengine.store.rows import EventRow
from tests.store.build import MINUTE, NINE, Ledger, occurrence

JOINED = EventRow("member.joined", "g1", {"member": "会员1"}, NINE, "msg-1")


def test_a_repeated_report_is_told_apart_by_its_own_key(ledger: Ledger) -> None:
    stored = ledger.store.add_event(JOINED)
    assert stored is not None
    assert ledger.store.new_events() == [stored]
    assert ledger.store.add_event(JOINED) is None
    anonymous = EventRow("member.joined", "g1", {}, NINE)
    assert ledger.store.add_event(anonymous) != ledger.store.add_event(anonymous)
    assert len(ledger.store.new_events()) == 3
    assert len(ledger.store.new_events(2)) == 2
    assert [line.key for line in ledger.lines(states=["received"])] == ["member.joined"] * 3


def test_enrolling_marks_the_event_and_stores_what_it_starts(ledger: Ledger) -> None:
    event = ledger.store.add_event(JOINED)
    assert event is not None
    steps = [occurrence(f"w{i}", entry="1", sequence=i, due_at=NINE + i * MINUTE) for i in range(2)]
    entry = Enrol("summer", "welcome", "g1", "", "1", event.id, steps)
    assert ledger.store.answer(event, [entry], NINE) == 1
    assert ledger.store.new_events() == []
    assert [row.key for row in ledger.store.due_occurrences(NINE)] == ["w0"]
    assert ledger.store.answer(event, [entry], NINE) == 0
    told = [(line.before, line.after, line.reason) for line in ledger.lines() if line.entity == "event"]
    assert told == [("", "received", "about g1"), ("received", "enrolled", "welcome of summer")]


def test_an_event_that_starts_nothing_is_seen_once(ledger: Ledger) -> None:
    event = ledger.store.add_event(JOINED)
    assert event is not None
    assert ledger.store.answer(event, [], NINE) == 0
    assert ledger.store.new_events() == []
    assert ledger.lines()[-1].after == "ignored"

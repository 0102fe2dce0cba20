"""What operations ask of a ledger, on every database: its health, its numbers, its digests, and a restore."""

from __future__ import annotations

from sopengine.engine.metrics import exposition
from sopengine.store.rows import State
from tests.store.build import HOUR, NINE, Ledger


def test_health_and_numbers(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2")
    first, second = ledger.sending()
    ledger.finish([first], State.SENT, NINE + HOUR)
    ledger.finish([second], State.FAILED)
    ledger.fan_out("p", "g3")
    found = ledger.store.vitals(NINE + HOUR)
    assert (found.seen_at, found.due, found.oldest_due) == (NINE, 1, NINE)
    assert (found.needs, found.campaigns) == ({"failed": 1, "unknown": 0}, {"running": 1})
    lines = exposition(ledger.store, lambda: NINE).splitlines()
    assert 'sopengine_deliveries_total{state="sent"} 1.0' in lines
    assert "sopengine_lateness_seconds_sum 3600.0" in lines
    assert 'sopengine_lateness_seconds_bucket{le="900.0"} 0.0' in lines


def test_digests(ledger: Ledger) -> None:
    store = ledger.store
    store.begin_alerts(NINE)
    ledger.fan_out("o", "g1", "g2")
    ledger.finish(ledger.sending(), State.FAILED)
    store.note_silence(NINE, NINE + HOUR)
    store.note_silence(NINE, NINE + HOUR + HOUR)
    upto, found = store.troubles(("failed", "silent"))
    assert (found[0].kind, found[0].step, found[0].count) == ("failed", "hello", 2)
    assert [one.kind for one in found] == ["failed", "silent"]
    assert store.begin_alert(2, upto, NINE, "x")
    assert not store.begin_alert(2, upto, NINE, "x"), "another process has begun it"
    store.end_alert(2, "failed", "no")
    assert store.troubles(("failed", "silent"))[1] == found
    assert store.begin_alert(3, upto, NINE, "x")
    store.end_alert(3, "sent", "ok")
    assert store.troubles(("failed", "silent"))[1] == []


def test_a_restore(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2", "g3")
    [sent, *_] = ledger.sending()
    ledger.finish([sent], State.SENT)
    ledger.fan_out("later", "g4", due_at=NINE + 2 * HOUR)
    assert ledger.store.restore(NINE + HOUR, "lin").unknown == 2
    assert ledger.store.notice_old_copy(NINE + HOUR) is None
    ledger.fan_out("late", "g5", now=NINE + HOUR)
    states = {key: row.state for key, row in ledger.rows().items()}
    assert states[sent.key] is State.SENT
    assert states["late/g5"] is State.UNKNOWN, "due before, stored afterwards"
    assert states["later/g4"] is State.PLANNED
    assert ledger.store.restored_at() == NINE + HOUR

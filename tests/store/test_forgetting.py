"""Forgetting and purging on every database: what was said goes, keys and what others have stay."""

from __future__ import annotations

from datetime import timedelta

from sopengine.store.forgetting import Person
from sopengine.store.purging import Walk
from sopengine.store.retention import Retention
from sopengine.store.rows import EventRow, QueuedRow, State
from tests.store.build import DAY, NINE, Ledger, delivery

NAME = "喃喃鹿"


def lived(ledger: Ledger) -> None:
    """One message each to m1 and m2, and an event about m1."""
    ledger.fan_out("o1", "m1", row={"id": "m1", "name": NAME})
    ledger.fan_out("o2", "m2", row={"id": "m2", "name": "小二"})
    ledger.finish(ledger.sending(), State.SENT, receipt=f"to {NAME}", reason="")
    ledger.store.add_event(EventRow("chat.told", "m1", {"what": NAME, "amount": 12}, NINE))
    (event,) = ledger.store.new_events()
    ledger.store.answer(event, [], NINE)


def forget(ledger: Ledger, bundles: dict[str, tuple[str, bytes]] | None = None) -> None:
    ledger.store.forget(Person("m1", bundles or {}, [NAME]), NINE + DAY, "lin", "asked")


def test_what_was_said_goes_and_keys_stay(ledger: Ledger) -> None:
    lived(ledger)
    forget(ledger)
    ledger.store.compact()
    mine = ledger.row("o1/m1")
    assert (mine.state, mine.text, mine.receipt) == (State.SENT, None, "")
    assert NAME not in str(ledger.store.portrait("m1"))
    assert ledger.store.portrait("m1")["events"][0]["data"] == {"amount": 12}
    assert ledger.row("o2/m2").text == "text for m2"
    assert [line.reason for line in ledger.lines() if line.after == "forgotten"] == ["asked"]


def test_nothing_is_stored_again_for_a_key_that_was_forgotten(ledger: Ledger) -> None:
    slot = ledger.planned("o1")
    ledger.store.add_fan_out(slot.id, [delivery(slot, "m1")], [], NINE, done=False)
    ledger.finish(ledger.sending(), State.SENT)
    forget(ledger)
    assert ledger.store.add_fan_out(slot.id, [delivery(slot, "m1")], [], NINE, done=False) == 0
    assert [row.state for row in ledger.rows().values()] == [State.SENT]


def test_a_campaign_that_waits_gets_the_copy_without_them_too(ledger: Ledger) -> None:
    lived(ledger)
    waits = QueuedRow(
        id="next", series="s", playbook="festival", title="t", bundle="b1", zone="UTC", asked_at=NINE, asked_by="lin"
    )
    ledger.store.add_queued(waits, ["summer"], "lin")
    forget(ledger, {"b1": ("b2", b"playbook: other")})
    assert set(ledger.store.bundles()) == {"b2"}
    assert [one.bundle for one in ledger.store.queued()] == ["b2"]
    assert ledger.store.campaigns()[0].bundle == "b2"


def test_a_purge_takes_what_is_old_and_ended_and_is_then_done(ledger: Ledger) -> None:
    lived(ledger)
    ledger.fan_out("o9", "m9", now=NINE, row={"id": "m9", "name": "小九"})
    keep = Retention(*(timedelta(days=30),) * 3)
    assert not any(ledger.store.purge(keep, NINE + 29 * DAY, Walk()))
    later = NINE + 31 * DAY
    wanted = ledger.store.to_purge(keep, later)
    assert wanted.texts == 2
    assert ledger.store.purge(keep, later, Walk()) == wanted
    assert not any(ledger.store.purge(keep, later, Walk()))
    assert ledger.row("o1/m1").text is None
    assert ledger.row("o9/m9").state is State.PLANNED
    assert ledger.store.portrait("m9")["messages"][0]["data"] == {"id": "m9", "name": "小九"}
    assert {row.key for row in ledger.rows().values()} == {"o1/m1", "o2/m2", "o9/m9"}

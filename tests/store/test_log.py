"""The completion log is append-only and tells the story; counts, the next wake and small things."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from sopengine.store.rows import State
from sopengine.store.states import IllegalTransition
from tests.store.build import DAY, HOUR, LEASE, MINUTE, NINE, Ledger, campaign, task


@pytest.mark.parametrize("statement", ["update transition set reason = 'x'", "delete from transition"])
def test_nobody_changes_or_removes_a_line(file_ledger: Ledger, statement: str) -> None:
    before = file_ledger.lines()
    assert before
    with sqlite3.connect(file_ledger.path) as stranger, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        stranger.execute(statement)
    stranger.close()
    assert file_ledger.lines() == before


def test_the_log_by_campaign_step_target_state_time_and_number(ledger: Ledger) -> None:
    ledger.store.add_campaign(campaign("other"), NINE, "mei")
    ledger.fan_out("o", "g1", "g2")
    ledger.finish(ledger.sending(), State.SENT, NINE + MINUTE)
    assert {line.campaign for line in ledger.lines(campaign="summer")} == {"summer"}
    assert len(ledger.lines(campaign="summer", step="hello", target="g2")) == 3
    assert [line.target for line in ledger.lines(states=["sent"])] == ["g1", "g2"]
    assert [line.after for line in ledger.lines(since=NINE + MINUTE)] == ["sent", "sent"]
    assert len(ledger.lines(limit=2)) == 2
    [started] = ledger.lines(campaign="other")
    assert (started.entity, started.key, started.after, started.actor) == ("campaign", "other", "running", "mei")
    sent = ledger.lines(states=["sent"])[0]
    assert (sent.slot, sent.channel, sent.key, sent.entity) == (NINE, "robot", "o/g1", "delivery")
    ids = [line.id for line in ledger.lines()]
    assert ids == sorted(ids)


def test_the_log_may_be_left_half_read_while_others_write(ledger: Ledger) -> None:
    ledger.fan_out("o", *(f"g{i}" for i in range(20)))
    stream = ledger.store.log()
    next(stream)
    assert len(ledger.claim()) == 20
    stream.close()


def test_deliveries_as_reports_show_them(ledger: Ledger) -> None:
    ledger.fan_out("b", "g1", due_at=NINE + MINUTE)
    ledger.fan_out("a", "g1")
    ledger.finish(ledger.sending(), State.SENT, receipt="m1")
    rows = list(ledger.store.deliveries("summer"))
    assert [(r.key, r.state, r.text, r.bucket, r.phase) for r in rows] == [
        ("a/g1", State.SENT, "text for g1", "robot/g1", "warm-up"),
        ("b/g1", State.PLANNED, None, "robot/g1", "warm-up"),
    ]
    assert list(ledger.store.deliveries("summer", "no such step")) == []


def test_counts_of_a_campaign(ledger: Ledger) -> None:
    row = ledger.fan_out("o", "g1", "g2", "g3")
    ahead = ledger.planned("ahead", due_at=NINE + DAY)
    other = ledger.planned("work")
    ledger.store.add_fan_out(other.id, [], [task(other)], NINE)
    ledger.finish(ledger.claim(limit=1), State.FAILED)
    counts = ledger.store.counts("summer")
    assert counts.deliveries == {"planned": 2, "failed": 1}
    assert counts.tasks == {"open": 1}
    assert (counts.occurrences_ahead, counts.next_due) == (1, NINE)
    assert ledger.store.counts("other").deliveries == {}
    assert row.id
    assert ahead.id


def test_the_next_wake_is_the_earliest_thing_to_do(ledger: Ledger) -> None:
    wake = ledger.store.next_wake
    assert wake(NINE) is None
    row = ledger.planned("later", due_at=NINE + DAY)
    assert wake(NINE) == NINE + DAY
    ledger.planned("waits", due_at=NINE, waits_for="later")
    ledger.planned("journey", due_at=NINE + HOUR, entry="e", sequence=2)
    ledger.planned("before it", due_at=NINE + 2 * HOUR, entry="e", sequence=1)
    assert wake(NINE) == NINE + 2 * HOUR, "what waits for something else does not ring"
    ledger.store.add_fan_out(row.id, [], [task(row)], NINE)
    assert wake(NINE) == NINE + HOUR, "a task falls due"
    ledger.fan_out("o", "g1", due_at=NINE + 10 * MINUTE)
    assert wake(NINE) == NINE + 10 * MINUTE
    ledger.store.pause("channel", "robot", NINE, "lin")
    assert wake(NINE) == NINE + HOUR
    ledger.store.resume("channel", "robot", NINE, "lin")
    ledger.store.pause("all", "", NINE, "lin")
    assert wake(NINE) == NINE + HOUR
    ledger.store.resume("all", "", NINE, "lin")
    ledger.claim(NINE + 10 * MINUTE)
    assert wake(NINE) == NINE + 10 * MINUTE + LEASE


def test_the_revision_grows_with_every_change_and_only_then(ledger: Ledger) -> None:
    seen = [ledger.store.revision()]
    ledger.planned("p")
    seen.append(ledger.store.revision())
    ledger.fan_out("o", "g1")
    seen.append(ledger.store.revision())
    ledger.claim()
    seen.append(ledger.store.revision())
    assert seen == sorted(set(seen))
    list(ledger.store.log())
    ledger.store.reap(NINE)
    assert ledger.store.revision() == seen[-1]


def test_the_last_tick_is_kept(ledger: Ledger) -> None:
    assert ledger.store.last_tick() is None
    ledger.store.set_last_tick(NINE)
    ledger.store.set_last_tick(NINE - timedelta(microseconds=1))
    assert ledger.store.last_tick() == NINE - timedelta(microseconds=1)


def test_campaigns_and_their_bundles(ledger: Ledger) -> None:
    ledger.store.add_bundle("b1", b"another content under the same hash is ignored")
    assert ledger.store.bundle("b1") == b"playbook: festival"
    ledger.store.add_campaign(campaign("other", ends_at=NINE + DAY), NINE, "mei")
    ledger.store.set_planned_until("other", NINE + HOUR)
    stored = ledger.store.campaign("other")
    assert stored is not None
    assert stored == campaign("other", ends_at=NINE + DAY, planned_until=NINE + HOUR)
    assert ledger.store.campaign("nobody") is None
    ledger.store.pause("campaign", "other", NINE, "mei")
    assert [c.id for c in ledger.store.campaigns(("paused",))] == ["other"]
    ledger.store.set_campaign_state("other", "stopped", NINE, "mei", "enough")
    ledger.store.set_campaign_state("other", "stopped", NINE, "mei", "again")
    assert ledger.store.paused() == []
    told = [(t.before, t.after, t.reason) for t in ledger.lines(campaign="other")][1:]
    assert told == [("running", "paused", ""), ("paused", "stopped", "enough")]
    with pytest.raises(IllegalTransition):
        ledger.store.set_campaign_state("other", "finished", NINE, "mei")
    assert not ledger.store.pause("campaign", "other", NINE, "mei"), "it does not run"
    assert [c.id for c in ledger.store.campaigns()] == ["other", "summer"]

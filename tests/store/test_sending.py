"""Claim, intent, outcome: leases, fences, late writers, and what the log says of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sopengine.store.delivery_rows import Intent, Result
from sopengine.store.rows import Bucket, State, TaskState
from tests.store.build import DAY, HOUR, LEASE, MINUTE, NINE, Ledger, delivery, task


def test_the_whole_road_of_one_delivery(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", row={"id": "g1", "name": "一群"})
    [claimed] = ledger.claim(owner="host-7")
    assert (claimed.key, claimed.attempt, claimed.fence) == ("o/g1", 1, 1)
    assert (claimed.campaign, claimed.step, claimed.target, claimed.bucket) == ("summer", "hello", "g1", "robot/g1")
    assert (claimed.planned_at, claimed.due_at, claimed.lease_until) == (NINE, NINE, NINE + LEASE)
    assert not claimed.doubtful
    assert claimed.row == {"id": "g1", "name": "一群"}
    assert ledger.store.intend([Intent(claimed.id, claimed.fence, "早上好")], NINE) == {claimed.id}
    done = NINE + timedelta(seconds=3)
    assert ledger.finish([claimed], State.SENT, done, receipt="m-1", reason="ok") == {claimed.id}
    row = ledger.row("o/g1")
    assert (row.state, row.text, row.receipt, row.sent_at) == (State.SENT, "早上好", "m-1", done)
    told = [(t.before, t.after, t.actor) for t in ledger.lines(target="g1")]
    assert told == [
        ("planned", "claimed", "host-7"),
        ("claimed", "sending", "engine"),
        ("sending", "sent", "engine"),
    ]


def test_two_owners_never_hold_the_same_delivery(ledger: Ledger) -> None:
    ledger.fan_out("o", *(f"g{i}" for i in range(10)))
    mine, yours = ledger.claim(owner="a", limit=6), ledger.claim(owner="b", limit=6)
    assert (len(mine), len(yours)) == (6, 4)
    assert not {c.id for c in mine} & {c.id for c in yours}
    assert ledger.claim() == []


def test_a_late_writer_is_refused_after_its_claim_was_given_to_somebody_else(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    [old] = ledger.claim(owner="frozen")
    assert ledger.store.reap(NINE + LEASE).released == 1
    assert ledger.store.intend([Intent(old.id, old.fence, "x")], NINE + LEASE) == set()
    assert ledger.finish([old], State.FAILED) == set(), "before the next claim"
    [new] = ledger.claim(NINE + LEASE, "awake")
    assert (new.id, new.attempt) == (old.id, 2)
    assert new.fence > old.fence
    assert ledger.store.intend([Intent(old.id, old.fence, "x")], NINE + LEASE) == set()
    assert ledger.finish([old], State.FAILED) == set()
    assert ledger.store.intend([Intent(new.id, new.fence, "y")], NINE + LEASE) == {new.id}
    assert ledger.finish([old], State.FAILED) == set(), "after the intent"
    assert ledger.row("o/g1").text == "y"


def test_an_intent_is_given_once(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    [claimed] = ledger.sending()
    assert ledger.store.intend([Intent(claimed.id, claimed.fence, "again")], NINE) == set()
    assert ledger.row("o/g1").text == "text for g1"


def test_recording_twice_changes_nothing_the_second_time(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    claimed = ledger.sending()
    assert ledger.finish(claimed, State.SENT, receipt="first")
    lines = ledger.lines()
    assert ledger.finish(claimed, State.SENT, receipt="second") == set()
    assert ledger.finish(claimed, State.FAILED) == set()
    assert ledger.row("o/g1").receipt == "first"
    assert ledger.lines() == lines


def test_a_lease_that_ran_out_before_the_intent_goes_back_to_planned(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    ledger.claim()
    almost = ledger.store.reap(NINE + LEASE - timedelta(microseconds=1))
    assert (almost.released, almost.unknown) == (0, 0)
    over = ledger.store.reap(NINE + LEASE)
    assert (over.released, over.unknown) == (1, 0)
    assert ledger.row("o/g1").state is State.PLANNED
    again = ledger.store.reap(NINE + LEASE)
    assert (again.released, again.unknown) == (0, 0)


def test_a_lease_that_ran_out_in_sending_is_unknown_and_never_claimed_again(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    ledger.sending()
    reaped = ledger.store.reap(NINE + LEASE)
    assert (reaped.released, reaped.unknown) == (0, 1)
    assert ledger.row("o/g1").state is State.UNKNOWN
    assert ledger.claim(NINE + LEASE) == []
    assert ledger.store.expire(NINE + 10 * DAY) == 0
    assert ledger.row("o/g1").state is State.UNKNOWN


def test_a_late_answer_with_the_same_fence_resolves_unknown(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    claimed = ledger.sending()
    ledger.store.reap(NINE + LEASE)
    assert ledger.finish(claimed, State.SENT, NINE + 3 * MINUTE)
    assert ledger.row("o/g1").state is State.SENT


def test_where_the_channel_honours_keys_it_is_asked_again_inside_its_window(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2")
    ledger.sending()
    reaped = ledger.store.reap(NINE + LEASE, {"robot": LEASE + timedelta(seconds=1)})
    assert (reaped.released, reaped.unknown) == (2, 0)
    again = ledger.claim(NINE + LEASE)
    assert [(c.key, c.attempt) for c in again] == [("o/g1", 2), ("o/g2", 2)]


def test_the_key_window_counts_from_the_first_attempt(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    window = {"robot": LEASE + MINUTE}
    ledger.sending()
    assert ledger.store.reap(NINE + LEASE, window).released == 1
    ledger.sending(NINE + LEASE)
    reaped = ledger.store.reap(NINE + 2 * LEASE, window)
    assert (reaped.released, reaped.unknown) == (0, 1)


def test_asked_again_is_not_begun_when_the_key_is_forgotten(ledger: Ledger) -> None:
    """The process died again right after the pass that found the lease run out, and nobody came back for hours."""
    ledger.fan_out("o", "g1")
    ledger.sending()
    assert ledger.store.reap(NINE + LEASE, {"robot": HOUR}).released == 1
    assert [c.key for c in ledger.claim(NINE + HOUR)] == ["o/g1"]
    ledger.store.reap(NINE + HOUR + LEASE)
    later = NINE + HOUR + LEASE
    assert ledger.claim(later) == []
    ledger.store.expire(later)
    assert ledger.row("o/g1").state is State.UNKNOWN


def test_asked_again_behind_a_rate_does_not_outlive_its_key(ledger: Ledger) -> None:
    ledger.store.set_buckets([Bucket("robot/slow", 1 / 3600, 1)], NINE)
    ledger.fan_out("o", "g1", bucket="robot/slow")
    ledger.sending()
    ledger.store.reap(NINE + LEASE, {"robot": HOUR / 2})
    ledger.store.hold_for_rate(NINE + LEASE)
    ledger.store.expire(NINE + HOUR)
    assert ledger.row("o/g1").state is State.UNKNOWN


def test_what_may_have_been_taken_is_not_moved_with_the_unsent(ledger: Ledger) -> None:
    row = ledger.fan_out("o", "g1", "g2")
    [first, _] = ledger.claim()
    ledger.store.intend([Intent(first.id, first.fence, "x")], NINE)
    ledger.store.reap(NINE + LEASE, {"robot": HOUR})
    assert [unsent.target for unsent in ledger.store.unsent([row.id])] == ["g2"]


def test_asked_again_and_out_of_time_is_unknown_and_not_missed(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2")
    ledger.sending()
    ledger.store.reap(NINE + LEASE, {"robot": HOUR})
    ledger.store.expire(NINE + 2 * DAY)
    assert {r.state for r in ledger.rows().values()} == {State.UNKNOWN}


def test_a_doubtful_delivery_never_ends_as_unsent(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2")
    ledger.finish(ledger.sending(), State.PLANNED, doubtful=True, run_after=NINE + MINUTE)
    [first, second] = ledger.claim(NINE + MINUTE)
    assert first.doubtful
    assert second.doubtful
    ledger.finish([first], State.SKIPPED, reason="exit")
    ledger.finish([second], State.PLANNED)
    ledger.store.withdraw("summer", NINE, "lin", "stopped")
    assert {r.state for r in ledger.rows().values()} == {State.UNKNOWN}


def test_a_held_delivery_comes_back_at_its_moment(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    later = NINE + 10 * MINUTE
    held = {"reason": "quiet", "run_after": later, "expires_at": later + HOUR}
    assert ledger.finish(ledger.claim(), State.PLANNED, **held)
    row = ledger.row("o/g1")
    assert (row.state, row.hold, row.run_after, row.expires_at) == (State.PLANNED, "quiet", later, later + HOUR)
    assert ledger.claim(later - timedelta(microseconds=1)) == []
    assert [c.key for c in ledger.claim(later)] == ["o/g1"]


def test_one_target_gets_its_messages_one_at_a_time_and_in_written_order(ledger: Ledger) -> None:
    ledger.fan_out("second", "g1", due_at=NINE + MINUTE, bucket="robot/b")
    ledger.fan_out("first", "g1", due_at=NINE, bucket="robot/a")
    ledger.fan_out("other", "g2", due_at=NINE)
    claimed = ledger.claim(NINE + MINUTE)
    assert [c.key for c in claimed] == ["first/g1", "other/g2", "second/g1"]
    ledger.fan_out("third", "g1", due_at=NINE + MINUTE, bucket="robot/c")
    assert ledger.claim(NINE + MINUTE) == [], "while others are on their way to g1"
    ledger.finish(claimed, State.FAILED)
    assert [c.key for c in ledger.claim(NINE + MINUTE)] == ["third/g1"]


def test_a_claim_is_shared_by_all_addresses(ledger: Ledger) -> None:
    row = ledger.planned("o")
    many = [delivery(row, f"a{i}", bucket="robot/busy") for i in range(300)]
    few = [delivery(row, f"b{i}", bucket=f"robot/{i}") for i in range(4)]
    ledger.store.add_fan_out(row.id, many + few, [], NINE)
    claimed = ledger.claim(limit=10)
    assert {c.bucket for c in claimed} >= {"robot/0", "robot/1", "robot/2", "robot/3", "robot/busy"}


def test_every_address_has_its_turn(ledger: Ledger) -> None:
    row = ledger.planned("o")
    targets = [(f"g{b}-{i}", f"robot/{b:03}") for b in range(7) for i in range(2)]
    ledger.store.add_fan_out(row.id, [delivery(row, t, bucket=b) for t, b in targets], [], NINE)
    served: list[str] = []
    for second in range(7):
        [one] = ledger.claim(NINE + timedelta(seconds=second), limit=1)
        served.append(one.bucket)
    assert len(set(served)) == 7


def test_a_hand_over_waits_for_its_task_and_is_confirmed_with_it(ledger: Ledger) -> None:
    row = ledger.fan_out("o", "g1")
    [claimed] = ledger.sending()
    todo = task(row, "hand", title="早上好")
    assert ledger.store.record([Result(claimed.id, claimed.fence, State.AWAITING_CONFIRM, task=todo)], NINE)
    [work] = ledger.store.tasks()
    assert (work.delivery, work.title, work.step) == (claimed.id, "早上好", "hello")
    said = ledger.store.complete_task(work.id, NINE + MINUTE, "wang")
    assert said.done
    assert ledger.row("o/g1").state is State.CONFIRMED


def test_a_confirmation_nobody_gives_is_withdrawn_with_its_task(ledger: Ledger) -> None:
    row = ledger.fan_out("o", "g1")
    [claimed] = ledger.sending()
    todo = task(row, "hand", due_at=NINE + DAY)
    ledger.store.record([Result(claimed.id, claimed.fence, State.AWAITING_CONFIRM, task=todo)], NINE)
    ledger.store.expire(NINE + DAY - timedelta(microseconds=1))
    assert ledger.row("o/g1").state is State.AWAITING_CONFIRM
    ledger.store.fall_due(NINE + DAY)
    ledger.store.expire(NINE + DAY)
    assert ledger.row("o/g1").state is State.WITHDRAWN
    assert [t.state for t in ledger.store.tasks()] == [TaskState.WITHDRAWN]


def test_a_hand_over_without_a_task_is_our_mistake(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1")
    with pytest.raises(ValueError, match="task"):
        ledger.finish(ledger.sending(), State.AWAITING_CONFIRM)
    assert ledger.row("o/g1").state is State.SENDING


def test_what_is_stopped_after_the_claim_gets_no_intent(ledger: Ledger) -> None:
    ledger.fan_out("o", "g1", "g2", "g3")
    going, waiting, done = ledger.claim()
    ledger.store.intend([Intent(going.id, going.fence, "x"), Intent(done.id, done.fence, "x")], NINE)
    ledger.finish([done], State.SENT)
    assert ledger.store.withdraw("summer", NINE, "lin", "wrong price") == 1
    assert ledger.store.intend([Intent(waiting.id, waiting.fence, "y")], NINE) == set()
    assert ledger.finish([waiting], State.FAILED) == set()
    assert ledger.finish([going], State.SENT) == {going.id}, "what was on its way is still recorded"
    assert {k: r.state for k, r in ledger.rows().items()} == {
        going.key: State.SENT,
        waiting.key: State.WITHDRAWN,
        done.key: State.SENT,
    }

"""Occurrences, fan-out, journeys in order, and what comes after something else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sopengine.store.delivery_rows import Intent, Result
from sopengine.store.rows import State, TaskState
from tests.store.build import DAY, HOUR, MINUTE, NINE, Ledger, campaign, delivery, occurrence, task


def due(ledger: Ledger, now: object = NINE) -> list[str]:
    return [row.key for row in ledger.store.due_occurrences(now)]  # type: ignore[arg-type]


def test_occurrences_come_back_as_they_were_stored(ledger: Ledger) -> None:
    odd = occurrence(
        "o", subject={"id": "会员1", "n": 3}, event={"members": [{"id": "a"}]}, entry="7", sequence=2, waits_for=""
    )
    assert ledger.store.add_occurrences([odd], NINE) == 1
    [stored] = ledger.store.due_occurrences(NINE)
    assert stored.id > 0
    assert stored == type(odd)(**{**{f: getattr(odd, f) for f in odd.__slots__}, "id": stored.id})
    assert stored.due_at.utcoffset() == timedelta(0)
    assert ledger.store.occurrences([stored.id]) == {stored.id: stored}


def test_planning_again_adds_nothing(ledger: Ledger) -> None:
    rows = [occurrence(f"o{i}", due_at=NINE + i * MINUTE) for i in range(5_000)]
    assert ledger.store.add_occurrences(iter(rows), NINE) == 5_000
    revision = ledger.store.revision()
    assert ledger.store.add_occurrences(iter(rows), NINE) == 0
    assert ledger.store.revision() == revision
    assert ledger.store.add_occurrences(iter([*rows, occurrence("new")]), NINE) == 1
    assert ledger.store.revision() > revision


def test_due_by_time_then_as_planned_and_only_while_running(ledger: Ledger) -> None:
    ledger.store.add_campaign(campaign("other"), NINE, "lin")
    ledger.planned("b")
    ledger.planned("a")
    ledger.planned("early", due_at=NINE - MINUTE)
    ledger.planned("later", due_at=NINE + MINUTE)
    ledger.planned("theirs", campaign="other")
    assert due(ledger) == ["early", "b", "a", "theirs"]
    ledger.store.pause("campaign", "other", NINE, "lin")
    assert due(ledger) == ["early", "b", "a"]
    assert [row.key for row in ledger.store.due_occurrences(NINE, 2)] == ["early", "b"]
    ledger.store.pause("all", "", NINE, "lin")
    assert due(ledger) == []


def test_fan_out_is_one_commit_and_repeating_is_harmless(ledger: Ledger) -> None:
    row = ledger.planned("o")
    parts = [delivery(row, "g1"), delivery(row, "g2", state=State.SKIPPED, reason="opted-out")]
    assert ledger.store.add_fan_out(row.id, iter(parts), [task(row)], NINE) == 3
    before = ledger.rows(), ledger.lines()
    assert ledger.store.add_fan_out(row.id, parts, [task(row)], NINE) == 0
    assert (ledger.rows(), ledger.lines()) == before
    assert due(ledger) == []
    told = {(t.entity, t.after): t.reason for t in ledger.lines(step="hello")}
    assert told == {
        ("delivery", "skipped"): "opted-out",
        ("task", "open"): "",
        ("occurrence", "fanned_out"): "2 deliveries, 1 tasks",
    }


def test_fan_out_in_parts(ledger: Ledger) -> None:
    row = ledger.planned("o")
    assert ledger.store.add_fan_out(row.id, [delivery(row, "g1")], [], NINE, done=False) == 1
    assert due(ledger) == ["o"]
    both = [delivery(row, "g1"), delivery(row, "g2")]
    assert ledger.store.add_fan_out(row.id, both, [], NINE) == 1
    assert due(ledger) == []


def test_what_is_not_carried_out_says_why(ledger: Ledger) -> None:
    row = ledger.planned("o")
    ledger.store.add_fan_out(row.id, [], [], NINE, state="missed", reason="late 2h")
    [line] = ledger.lines(states=["missed"])
    assert (line.entity, line.key, line.reason) == ("occurrence", "o", "late 2h")


def test_nothing_is_fanned_out_after_a_stop(ledger: Ledger) -> None:
    row = ledger.planned("o")
    ledger.store.withdraw("summer", NINE, "lin", "stopped")
    assert ledger.store.add_fan_out(row.id, [delivery(row, "g1")], [task(row)], NINE) == 0
    assert ledger.rows() == {}


def test_a_delivery_is_not_born_sent(ledger: Ledger) -> None:
    row = ledger.planned("o")
    with pytest.raises(ValueError, match="sent"):
        ledger.store.add_fan_out(row.id, [delivery(row, "g1", state=State.SENT, reason="sent")], [], NINE)
    assert due(ledger) == ["o"]


@pytest.mark.parametrize("end", [State.SENT, State.FAILED, State.UNKNOWN, State.MISSED, State.SKIPPED])
def test_a_journey_goes_on_when_the_earlier_step_is_final(ledger: Ledger, end: State) -> None:
    first = ledger.planned("first", entry="e1", sequence=1)
    ledger.planned("second", entry="e1", sequence=2)
    ledger.planned("stranger", entry="e2", sequence=2)
    assert due(ledger) == ["first", "stranger"]
    ledger.store.add_fan_out(first.id, [delivery(first, "g1")], [], NINE)
    assert due(ledger) == ["stranger"]
    [claimed] = ledger.claim()
    if end in (State.MISSED, State.SKIPPED):
        ledger.finish([claimed], end)
    else:
        ledger.store.intend([Intent(claimed.id, claimed.fence, "x")], NINE)
        assert due(ledger) == ["stranger"]
        ledger.finish([claimed], end)
    assert due(ledger) == ["second", "stranger"]


@pytest.mark.parametrize("how", ["done", "overdue"])
def test_a_journey_waits_for_its_task_until_it_is_done_or_overdue(ledger: Ledger, how: str) -> None:
    first = ledger.planned("first", entry="e1", sequence=1)
    ledger.planned("second", entry="e1", sequence=2)
    ledger.store.add_fan_out(first.id, [], [task(first)], NINE)
    assert due(ledger) == []
    if how == "done":
        ledger.store.complete_task(ledger.store.tasks()[0].id, NINE, "wang")
    else:
        ledger.store.fall_due(NINE + HOUR)
    assert due(ledger) == ["second"]


def test_what_comes_after_waits_and_learns_how_it_ended(ledger: Ledger) -> None:
    row = ledger.planned("x")
    ledger.planned("y", waits_for="x")
    assert due(ledger) == ["x"]
    assert ledger.store.waiting_occurrences() == []
    ledger.store.add_fan_out(row.id, [delivery(row, "g1"), delivery(row, "g2")], [], NINE)
    first, second = ledger.sending()
    ledger.finish([first], State.SENT, NINE + MINUTE)
    [(waiting, so_far)] = ledger.store.waiting_occurrences()
    assert waiting.key == "y"
    assert (so_far.final, so_far.at, so_far.targets) == (False, None, {"g1": (NINE + MINUTE, True)})
    ledger.finish([second], State.FAILED, NINE + 2 * MINUTE)
    [(_, ended)] = ledger.store.waiting_occurrences()
    assert (ended.final, ended.at, ended.good) == (True, NINE + 2 * MINUTE, False)
    assert ended.targets == {"g1": (NINE + MINUTE, True), "g2": (NINE + 2 * MINUTE, False)}
    later = NINE + 2 * HOUR
    ledger.store.schedule_after(waiting.id, later, later + HOUR, later + DAY)
    assert ledger.store.waiting_occurrences() == []
    assert due(ledger, later - MINUTE) == []
    assert due(ledger, later) == ["y"]


def test_all_sent_is_good_and_nothing_at_all_is_not(ledger: Ledger) -> None:
    good, empty, skipped = ledger.planned("good"), ledger.planned("empty"), ledger.planned("skipped")
    for key in ("good", "empty", "skipped", "never"):
        ledger.planned(f"after {key}", waits_for=key)
    ledger.store.add_fan_out(good.id, [delivery(good, "g1")], [], NINE)
    ledger.store.add_fan_out(empty.id, [], [], NINE + MINUTE)
    ledger.store.add_fan_out(skipped.id, [], [], NINE + MINUTE, state="skipped", reason="condition")
    ledger.finish(ledger.sending(), State.SENT)
    ends = {row.waits_for: (f.final, f.good, f.at) for row, f in ledger.store.waiting_occurrences()}
    assert ends == {
        "good": (True, True, NINE),
        "empty": (True, False, NINE + MINUTE),
        "skipped": (True, False, NINE + MINUTE),
    }


def test_a_task_decides_for_itself_whatever_becomes_of_its_notice(ledger: Ledger) -> None:
    row = ledger.planned("x")
    ledger.planned("y", waits_for="x")
    ledger.store.add_fan_out(row.id, [delivery(row, "g1", key="notice")], [task(row)], NINE)
    ledger.finish(ledger.sending(), State.FAILED)
    [(_, waiting)] = ledger.store.waiting_occurrences()
    assert not waiting.final
    ledger.store.complete_task(ledger.store.tasks()[0].id, NINE + MINUTE, "wang")
    [(_, ended)] = ledger.store.waiting_occurrences()
    assert (ended.final, ended.good, ended.at) == (True, True, NINE + MINUTE)


def test_a_hand_over_is_final_when_it_is_confirmed(ledger: Ledger) -> None:
    row = ledger.fan_out("x", "g1")
    ledger.planned("y", waits_for="x")
    [claimed] = ledger.sending()
    ledger.store.record([Result(claimed.id, claimed.fence, State.AWAITING_CONFIRM, task=task(row))], NINE)
    ledger.store.fall_due(NINE + HOUR)
    [(_, waiting)] = ledger.store.waiting_occurrences()
    assert not waiting.final
    ledger.store.complete_task(ledger.store.tasks()[0].id, NINE + 2 * HOUR, "wang")
    [(_, ended)] = ledger.store.waiting_occurrences()
    assert (ended.final, ended.good, ended.at) == (True, True, NINE + 2 * HOUR)


def test_stopping_withdraws_everything_that_has_not_happened(ledger: Ledger) -> None:
    row = ledger.planned("o")
    ledger.planned("ahead", due_at=NINE + DAY)
    born = [delivery(row, "g1"), delivery(row, "g2", state=State.FAILED, reason="no channel")]
    ledger.store.add_fan_out(row.id, born, [task(row)], NINE)
    assert ledger.store.withdraw("summer", NINE, "lin", "price was wrong") == 1
    assert ledger.store.withdraw("summer", NINE, "lin", "again") == 0
    assert {k: r.state for k, r in ledger.rows().items()} == {"o/g1": State.WITHDRAWN, "o/g2": State.FAILED}
    assert [t.state for t in ledger.store.tasks()] == [TaskState.WITHDRAWN]
    told = {(t.entity, t.key, t.actor, t.reason) for t in ledger.lines(states=["withdrawn"])}
    assert told == {
        (e, k, "lin", "price was wrong") for e, k in (("delivery", "o/g1"), ("occurrence", "ahead"), ("task", "t1"))
    }
    assert ledger.store.next_wake(NINE) is None

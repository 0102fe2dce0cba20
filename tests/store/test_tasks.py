"""Semantics S7: work is done once, falls due, may be done late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sopengine.errors import UsageError
from sopengine.store.rows import TaskState
from tests.store.build import HOUR, MINUTE, NINE, Ledger, task


def with_tasks(ledger: Ledger, *new: object) -> None:
    row = ledger.planned("o")
    ledger.store.add_fan_out(row.id, [], [task(row, **{"key": f"t{i}", **n}) for i, n in enumerate(new)], NINE)  # type: ignore[dict-item]


def test_tasks_are_found_by_state_person_and_campaign(ledger: Ledger) -> None:
    with_tasks(
        ledger,
        {"due_at": None},
        {"person": "mei", "due_at": NINE + 2 * HOUR},
        {"due_at": NINE + HOUR},
        {"state": TaskState.SKIPPED, "reason": "condition"},
    )
    assert [t.key for t in ledger.store.tasks()] == ["t2", "t3", "t1", "t0"]
    assert [t.key for t in ledger.store.tasks(person="mei")] == ["t1"]
    assert [t.key for t in ledger.store.tasks(states=[TaskState.SKIPPED])] == ["t3"]
    assert ledger.store.tasks(campaign="other") == []
    [one] = ledger.store.tasks(person="mei", campaign="summer", states=(TaskState.OPEN,))
    assert (one.title, one.step, one.target, one.created_at) == ("贴海报", "hello", "g1", NINE)


def test_the_second_person_is_told_who_was_first(ledger: Ledger) -> None:
    with_tasks(ledger, {})
    [work] = ledger.store.tasks()
    first = ledger.store.complete_task(work.id, NINE + MINUTE, "wang", {"photo": "a.jpg"})
    assert (first.done, first.by, first.at) == (True, "wang", NINE + MINUTE)
    lines = ledger.lines()
    second = ledger.store.complete_task(work.id, NINE + 2 * MINUTE, "mei")
    assert (second.done, second.state, second.by, second.at) == (False, TaskState.DONE, "wang", NINE + MINUTE)
    assert ledger.lines() == lines
    [done] = ledger.store.tasks()
    assert (done.state, done.done_by, done.done_at) == (TaskState.DONE, "wang", NINE + MINUTE)


def test_overdue_may_still_be_done_late(ledger: Ledger) -> None:
    with_tasks(ledger, {}, {"due_at": None})
    assert ledger.store.fall_due(NINE + HOUR - timedelta(microseconds=1)) == 0
    assert ledger.store.fall_due(NINE + HOUR) == 1
    assert ledger.store.fall_due(NINE + HOUR) == 0
    [work] = ledger.store.tasks(states=[TaskState.OVERDUE])
    assert ledger.store.complete_task(work.id, NINE + 3 * HOUR, "wang").done
    [done] = ledger.store.tasks(states=[TaskState.DONE])
    assert done.reason == "late 2h"


def test_what_was_withdrawn_cannot_be_done(ledger: Ledger) -> None:
    with_tasks(ledger, {})
    ledger.store.withdraw("summer", NINE + MINUTE, "lin", "stopped")
    said = ledger.store.complete_task(ledger.store.tasks()[0].id, NINE + HOUR, "wang")
    assert (said.done, said.state, said.at) == (False, TaskState.WITHDRAWN, NINE + MINUTE)


def test_a_task_that_is_not_there(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="no task 41"):
        ledger.store.complete_task(41, NINE, "wang")

"""Who has a task at this moment, and how they are reached: as the lists have it now, or as somebody decided by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.rows import to_occurrence
from sopengine.language.model import Step, Task
from sopengine.language.named import Row
from sopengine.planning.deliveries import address_of, channel_for
from sopengine.planning.targets import Targets
from sopengine.store.rows import TaskRow
from sopengine.store.store import Store


class Holder(NamedTuple):
    """`row` is the post's, whose channel and address it has; "" as `channel`: nobody is written to."""

    person: str
    row: Row
    channel: str
    bucket: str


class Holders:
    def __init__(self, store: Store, campaigns: Campaigns) -> None:
        self._store, self._campaigns = store, campaigns

    def subject(self, task: TaskRow) -> Row:
        """The row of whom the task is about."""
        running, step = self._parts(task)
        row = self._store.occurrences([task.occurrence])[task.occurrence]
        subject = to_occurrence(row, running.steps[row.step]).subject
        if subject is not None and str(subject["id"]) == task.target:
            return subject
        targets = self._campaigns.live_or_frozen(running)
        to = step.action.about if isinstance(step.action, Task) and step.action.about else step.to
        found = targets.row(to, task.target) or running.frozen.row(to, task.target) or targets.subject(task.target)
        return found or {"id": task.target}

    def of(self, task: TaskRow) -> Holder:
        """Whoever has it now: the person it was given by hand; else whom the list of its role names at this moment."""
        running, step = self._parts(task)
        holder = self.of_role(task, task.role or step.to)
        if not task.handed_over:
            return holder if holder.person else holder._replace(person=task.person)
        found = _post_of(self._campaigns.live_or_frozen(running), task.person)
        if found is None:  # no list has this person: the post stays where it is, and names them
            return holder._replace(person=task.person)
        return _reached(self._campaigns.live_or_frozen(running), replace(step, to=found[0], via=""), found[1])

    def of_role(self, task: TaskRow, role: str) -> Holder:
        """The role's person who answers for the task's subject; one without person and channel where nobody does."""
        running, step = self._parts(task)
        targets = self._campaigns.live_or_frozen(running)
        row = self._post(targets, role, task, step) or self._post(running.frozen, role, task, step)
        if row is None:
            return Holder("", {"id": ""}, "", "")
        return _reached(targets, step if role == step.to else replace(step, to=role, via=""), row)

    def _post(self, targets: Targets, role: str, task: TaskRow, step: Step) -> Mapping[str, Any] | None:
        if role not in targets.campaign.playbook.roles:
            return self.subject(task)
        own = targets.row(role, task.target) if role == step.to else None  # a task to each row of a role
        return own if own is not None else targets.for_role(role, self.subject(task))

    def _parts(self, task: TaskRow) -> tuple[Running, Step]:
        running = self._campaigns.by_id(task.campaign)
        return running, running.steps[task.step].arm(task.arm)


def _post_of(targets: Targets, person: str) -> tuple[str, Row] | None:
    """The first role and row that name this person."""
    roles = targets.campaign.playbook.roles
    return next(
        ((role, row) for role in roles for row in targets.rows(role) if targets.person(role, row) == person), None
    )


def _reached(targets: Targets, step: Step, row: Row) -> Holder:
    channel = channel_for(targets, step, row)
    return Holder(targets.person(step.to, row), row, channel, f"{channel}/{address_of(row)}" if channel else "")

"""Due occurrences → their deliveries and tasks, each decided once: to be sent, skipped, or already too late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sopengine.engine.addresses import Addresses
from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.rows import to_occurrence
from sopengine.errors import SopError
from sopengine.language.model import Task
from sopengine.messages.renderer import Renderer
from sopengine.planning.deliveries import fan_out
from sopengine.planning.identity import notice_key
from sopengine.planning.lateness import ON_TIME
from sopengine.planning.model import Occurrence, PlannedDelivery
from sopengine.planning.occurrences import due_of_task
from sopengine.planning.rendering import render
from sopengine.planning.targets import Targets
from sopengine.store.reasons import late
from sopengine.store.rows import NewDelivery, NewTask, OccurrenceRow, State, TaskState
from sopengine.store.store import Store
from sopengine.store.values import plain
from sopengine.timing.zones import zone as zone_named

LIMIT = 10_000
"""Occurrences looked at together; they are steps, not targets, so this is more than any real backlog."""


class FanOut:
    def __init__(self, store: Store, campaigns: Campaigns, renderer: Renderer, addresses: Addresses) -> None:
        self._store, self._campaigns, self._renderer, self._addresses = store, campaigns, renderer, addresses

    def due(self, now: datetime) -> int:
        """Fan out everything that is due; returns the number of occurrences. Those whose live data cannot be read
        wait until it can, or until they are too late."""
        rows = self._store.due_occurrences(now, LIMIT)
        past = {row.id for row in rows if self._past_at_start(row)}
        superseded = _superseded([row for row in rows if row.id not in past], now)
        count = 0
        for row in rows:
            if row.id in past:
                self._store.add_fan_out(row.id, [], [], now, state="skipped", reason="past at start")
                count += 1
            elif row.id in superseded:
                self._store.add_fan_out(row.id, [], [], now, state="missed", reason=superseded[row.id])
                count += 1
            else:
                count += self._one(row, now)
        return count

    def _past_at_start(self, row: OccurrenceRow) -> bool:
        """Whoever started the campaign decided that these are left out."""
        return not row.entry and row.due_at < self._campaigns.by_id(row.campaign).campaign.start

    def _one(self, row: OccurrenceRow, now: datetime) -> bool:
        running = self._campaigns.by_id(row.campaign)
        occurrence = to_occurrence(row, running.steps[row.step])
        try:
            targets = self.targets_of(running, occurrence)
        except SopError as error:
            if now <= occurrence.expires_at:
                return False
            self._store.add_fan_out(row.id, [], [], now, state="missed", reason=str(error))
            return True
        planned = fan_out(running.campaign, targets, occurrence)
        deliveries, tasks = self.parts(running, targets, occurrence, row.id, planned, now)
        self.keep(row.id, deliveries, tasks, now)
        return True

    def targets_of(self, running: Running, occurrence: Occurrence) -> Targets:
        """Whom the occurrence may reach: as they were at the start, or as they are now; SopError when they cannot be
        read now."""
        if occurrence.subject is not None:
            return self._campaigns.live_or_frozen(running)
        return self._campaigns.live(running) if running.is_live(occurrence.step) else running.frozen

    def keep(
        self,
        occurrence_id: int,
        deliveries: Sequence[NewDelivery],
        tasks: Sequence[NewTask],
        now: datetime,
        *,
        done: bool = True,
    ) -> None:
        self._addresses.ensure(deliveries, now)
        self._store.add_fan_out(occurrence_id, deliveries, tasks, now, done=done)

    def parts(
        self,
        running: Running,
        targets: Targets,
        occurrence: Occurrence,
        occurrence_id: int,
        planned: Iterable[PlannedDelivery],
        now: datetime,
    ) -> tuple[Sequence[NewDelivery], Sequence[NewTask]]:
        """What the store is to keep for these planned deliveries; rows with them where their source may change."""
        keep_rows = targets is not running.frozen or occurrence.subject is not None
        if not isinstance(occurrence.step.action, Task):
            return [_delivery(d, occurrence_id, keep_rows) for d in planned], []
        deliveries, tasks = [], []
        for delivery, title in render(self._renderer, planned):
            task = _task(running, delivery, occurrence_id, title.text or title.error, now, broken=not title.ok)
            tasks.append(task)
            if delivery.channel and task.state is TaskState.OPEN:
                deliveries.append(_delivery(delivery, occurrence_id, keep_rows, key=notice_key(delivery.key)))
        return deliveries, tasks


def _delivery(d: PlannedDelivery, occurrence_id: int, keep_row: bool, key: str = "") -> NewDelivery:
    o = d.occurrence
    state, reason = State.PLANNED, ""
    if d.skip:
        state, reason = State.SKIPPED, d.skip
    elif not d.channel:
        state, reason = State.FAILED, "no channel"
    return NewDelivery(
        key=key or d.key,
        occurrence=occurrence_id,
        target=d.target_id,
        channel=d.channel,
        bucket=d.bucket,
        due_at=o.due_at,
        expires_at=o.expires_at,
        useful_until=o.useful_until,
        row=plain(d.target) if keep_row else None,
        state=state,
        reason=reason,
    )


def _task(
    running: Running, d: PlannedDelivery, occurrence_id: int, title: str, now: datetime, *, broken: bool
) -> NewTask:
    o = d.occurrence
    state, reason = TaskState.OPEN, "" if d.person else "unassigned"
    if d.skip:
        state, reason = TaskState.SKIPPED, d.skip
    elif now > o.expires_at:
        state, reason = TaskState.MISSED, late(now, o.due_at)
    elif broken:
        reason = "title cannot be rendered"
    due = due_of_task(running.campaign, o.step, o.due_at, zone_named(o.zone))
    return NewTask(d.key, occurrence_id, d.target_id, d.person, title, due, state, reason)


def _superseded(rows: Sequence[OccurrenceRow], now: datetime) -> dict[int, str]:
    """Late slots of a recurring step that a newer due slot replaces (semantics.md S3.3): id → reason."""
    by_step: dict[tuple[str, str, str, str], list[OccurrenceRow]] = defaultdict(list)
    for row in rows:
        by_step[row.campaign, row.step, row.zone, row.entry].append(row)
    found = {}
    for group in by_step.values():
        newest = max(group, key=lambda r: r.due_at)
        for row in group:
            if row is not newest and now - row.due_at > ON_TIME and row.due_at < newest.due_at:
                found[row.id] = f"{late(now, row.due_at)}, a newer slot of this step is due"
    return found

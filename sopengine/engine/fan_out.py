"""Due occurrences → what they plan, each decided once: to be sent, asked or done, skipped, or already too late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.engine.addresses import Addresses
from sopengine.engine.approvals import Approvals
from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.during import DuringOthers
from sopengine.engine.effects import effect_of
from sopengine.engine.exits import Exits
from sopengine.engine.facts import StoredFacts
from sopengine.engine.guarding import Timed, at_fan_out
from sopengine.engine.rows import to_occurrence
from sopengine.engine.scopes import has_ended, scopes_around
from sopengine.engine.timers import waiting_timers
from sopengine.engine.turns import still_to_be_carried_out
from sopengine.engine.whom import targets_of
from sopengine.errors import SopError
from sopengine.language.model import Send, Task, Wait
from sopengine.messages.renderer import Renderer
from sopengine.planning.deliveries import Turn, fan_out
from sopengine.planning.identity import notice_key
from sopengine.planning.journeys import flow_of, key_of
from sopengine.planning.lateness import ON_TIME
from sopengine.planning.limits import due_of_task, for_target, moved
from sopengine.planning.model import Occurrence, PlannedDelivery
from sopengine.planning.recipients import recipient_of
from sopengine.planning.rendering import render
from sopengine.planning.targets import Targets
from sopengine.store.delivery_rows import NewDelivery
from sopengine.store.errors import StoreError
from sopengine.store.flow_rows import NewEffect, NewWait
from sopengine.store.reasons import LEFT_OUT, late
from sopengine.store.rows import NewTask, NextTurn, OccurrenceRow, State, TaskState
from sopengine.store.store import Store
from sopengine.store.values import plain
from sopengine.timing.zones import add
from sopengine.timing.zones import zone as zone_named

PAST_AT_START = "past at start"
BEGINNING = datetime.min.replace(tzinfo=UTC)
LIMIT = 10_000
"""Occurrences looked at together; they are steps, not targets, so this is more than any real backlog."""


class Parts(Struct):
    """What one occurrence becomes in the store."""

    deliveries: list[NewDelivery] = field(default_factory=list)
    tasks: list[NewTask] = field(default_factory=list)
    effects: list[NewEffect] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.deliveries) + len(self.tasks) + len(self.effects)

    def add(self, other: Parts) -> None:
        self.deliveries += other.deliveries
        self.tasks += other.tasks
        self.effects += other.effects


class OpenTurn(NamedTuple):
    """The targets of one occurrence whose turn has come; `next` is when the others have theirs. `too_late`: why
    nothing of it can be carried out any more."""

    row_id: int
    running: Running
    targets: Targets
    occurrence: Occurrence
    planned: Sequence[PlannedDelivery]
    next: NextTurn | None
    too_late: str


class FanOut:
    def __init__(
        self,
        store: Store,
        campaigns: Campaigns,
        facts: StoredFacts,
        exits: Exits,
        during: DuringOthers,
        renderer: Renderer,
        addresses: Addresses,
        approvals: Approvals,
    ) -> None:
        self._store, self._campaigns, self._facts, self._exits = store, campaigns, facts, exits
        self._during = during
        self._renderer, self._addresses, self._approvals = renderer, addresses, approvals

    def due(self, now: datetime) -> int:
        """Fan out everything that is due; returns the number of occurrences. Those whose live data cannot be read
        wait until it can, or until they are too late."""
        due = self._store.due_occurrences(now, LIMIT)
        by_turns = [row for row in due if self._goes_by_turns(row)]
        rows = [row for row in due if row not in by_turns] if by_turns else due
        ready = self._store.ready_at(rows)
        past = {row.id for row in rows if self._past_at_start(row)}
        in_time = [(row, self._campaigns.by_id(row.campaign).steps[row.step].catch_up) for row in rows]
        replaced = superseded([one for one in in_time if one[0].id not in past], now)
        count = self._turns([row for row in by_turns if not self._approvals.keeps(row, now)], now)
        for row in rows:
            if row.id in past:
                self._store.add_fan_out(row.id, [], [], now, state="skipped", reason=PAST_AT_START)
                count += 1
            elif row.id in replaced:
                self._store.add_fan_out(row.id, [], [], now, state="missed", reason=replaced[row.id])
                count += 1
            elif self._approvals.keeps(row, now):
                count += 1
            else:
                count += self._one(row, ready.get(row.id), now)
        return count

    def _goes_by_turns(self, row: OccurrenceRow) -> bool:
        running = self._campaigns.by_id(row.campaign)
        calendar = running.frozen.calendars.of(to_occurrence(row, running.steps[row.step]))
        return calendar is not None and calendar.by_turns

    def _turns(self, rows: Sequence[OccurrenceRow], now: datetime) -> int:
        """Occurrences whose targets have times of their own: those whose turn has come, and when the next has its."""
        opened = [turn for row in rows if (turn := self._open_turn(row, now)) is not None]
        moments = _moments(opened)
        for turn in opened:
            running = turn.running
            planned = [_unless_past(one, running.campaign.start) for one in turn.planned]
            missed = {
                one.target_id: why for one in planned if (why := turn.too_late or _left_behind(one, moments, now))
            }
            parts = self.parts(running, turn.targets, turn.occurrence, turn.row_id, planned, now, missed=missed)
            self._addresses.ensure(parts.deliveries, now)
            self._store.add_fan_out(
                turn.row_id,
                parts.deliveries,
                parts.tasks,
                now,
                effects=parts.effects,
                done=turn.next is None,
                next_turn=turn.next,
            )
        return len(opened)

    def _open_turn(self, row: OccurrenceRow, now: datetime) -> OpenTurn | None:
        """None where its live data cannot be read just now."""
        running = self._campaigns.by_id(row.campaign)
        occurrence = to_occurrence(row, running.steps[row.step])
        too_late = ""
        try:
            targets = self.targets_of(running, occurrence)
        except SopError as error:
            if now <= occurrence.expires_at:
                return None
            targets, too_late = running.frozen, str(error)
        self._exits.check(running, targets, occurrence, now)
        if targets is running.frozen:  # whose turn came before is done
            begin = Turn(occurrence.due_at, now)
            planned = list(fan_out(running.campaign, targets, occurrence, self._facts, begin))
        else:
            anew = fan_out(running.campaign, targets, occurrence, self._facts, Turn(BEGINNING, now))
            calendar = targets.calendars.of(occurrence)
            planned = [
                one
                for one in anew
                if calendar is None or still_to_be_carried_out(calendar, occurrence, one.target, now)
            ]
        return OpenTurn(row.id, running, targets, occurrence, planned, _next_turn(targets, occurrence, now), too_late)

    def _past_at_start(self, row: OccurrenceRow) -> bool:
        """Whoever started the campaign decided that these are left out."""
        return not row.entry and row.due_at < self._campaigns.by_id(row.campaign).campaign.start

    def _one(self, row: OccurrenceRow, ready: datetime | None, now: datetime) -> bool:
        running = self._campaigns.by_id(row.campaign)
        occurrence = to_occurrence(row, running.steps[row.step])
        if ready is not None and ready > occurrence.due_at:  # a flow goes on when the step before is final
            occurrence = moved(running.campaign, occurrence, ready)
        try:
            targets = self.targets_of(running, occurrence)
            self._exits.check(running, targets, occurrence, now)
            planned = fan_out(running.campaign, targets, occurrence, self._facts)
            first = list(islice(planned, 1))
            if first and isinstance(first[0].step.action, Wait):
                (wait,) = self._without(occurrence, first)
                if not wait.skip:
                    return self._begin_wait(running, row.id, wait)
            parts = self.parts(running, targets, occurrence, row.id, chain(first, planned), now)
        except StoreError:
            raise
        except SopError as error:  # a table is being written
            if now <= occurrence.expires_at:
                return False
            self._store.add_fan_out(row.id, [], [], now, state="missed", reason=str(error))
            return True
        self.keep(row.id, parts, now)
        return True

    def _begin_wait(self, running: Running, occurrence_id: int, planned: PlannedDelivery) -> bool:
        occurrence, action = planned.occurrence, planned.step.action
        assert isinstance(action, Wait)
        key = key_of(flow_of(running.campaign.playbook, occurrence), occurrence.event or {})
        since = occurrence.due_at
        until = add(since, action.limit, zone_named(occurrence.zone))
        wait = NewWait(occurrence_id, running.row.id, planned.target_id, key, since, until, planned.arm)
        return self._store.begin_wait(wait)

    def targets_of(self, running: Running, occurrence: Occurrence) -> Targets:
        """Whom the occurrence may reach; SopError when they cannot be read now."""
        return targets_of(self._campaigns, self._facts, running, occurrence)

    def keep(self, occurrence_id: int, parts: Parts, now: datetime, *, done: bool = True) -> None:
        self._addresses.ensure(parts.deliveries, now)
        self._store.add_fan_out(occurrence_id, parts.deliveries, parts.tasks, now, effects=parts.effects, done=done)

    def _without(self, occurrence: Occurrence, planned: Iterable[PlannedDelivery]) -> Iterator[PlannedDelivery]:
        """What a person has left out is skipped, with the reason he gave. One at a time: a step may have very many."""
        gone = self._store.left_out(occurrence.campaign, occurrence.step.id, occurrence.key)
        for one in planned:
            reason = gone.get(one.target_id, gone.get("")) if gone else None
            yield one if reason is None or one.skip else one._replace(skip=f"{LEFT_OUT}: {reason}")

    def parts(
        self,
        running: Running,
        targets: Targets,
        occurrence: Occurrence,
        occurrence_id: int,
        planned: Iterable[PlannedDelivery],
        now: datetime,
        missed: Mapping[str, str] = MappingProxyType({}),
    ) -> Parts:
        """What the store is to keep for these planned cases; rows with them where their source may change. `missed`
        are targets for whom it is too late, with the reason."""
        keep_rows = targets is not running.frozen or occurrence.subject is not None
        ended = self._store.ended(running.row.id)
        scopes = scopes_around(occurrence)
        parts, tasks = Parts(), []

        def whom(case: PlannedDelivery) -> str:
            return recipient_of(targets, case.step.to, case.receiver)

        for one in self._without(occurrence, planned):
            reason = has_ended(ended, scopes, one.target_id) if ended else ""
            case = one._replace(skip=f"exited: {reason}") if reason and not one.skip else one
            case = self._during.applied(running, targets, case)
            too_late = missed.get(case.target_id, "")
            match case.step.action:
                case Send():
                    parts.deliveries.append(
                        _delivery(running, case, occurrence_id, keep_rows, whom(case), missed=too_late)
                    )
                case Task():
                    tasks.append(case)
                case _:
                    case = case._replace(skip=case.skip or too_late)
                    parts.effects.append(effect_of(running, case, occurrence_id))
        for case, title in render(self._renderer, tasks):
            too_late = missed.get(case.target_id, "")
            text = title.text or title.error
            task = _task(running, case, occurrence_id, text, now, broken=not title.ok, missed=too_late)
            parts.tasks.append(task)
            if case.channel and task.state is TaskState.OPEN:
                notice = _delivery(running, case, occurrence_id, keep_rows, whom(case), notice=True)
                parts.deliveries.append(notice._replace(task=task.key))
        return parts


def _delivery(
    running: Running,
    d: PlannedDelivery,
    occurrence_id: int,
    keep_row: bool,
    recipient: str,
    *,
    notice: bool = False,
    missed: str = "",
) -> NewDelivery:
    o = for_target(running.campaign, d)
    due_at = o.due_at
    timed = Timed(o) if notice else at_fan_out(running, d, o)
    o, state, reason = timed.occurrence, timed.state or State.PLANNED, timed.reason
    if d.skip:
        state, reason = State.SKIPPED, d.skip
    elif missed:
        state, reason = State.MISSED, missed
    elif not d.channel:
        state, reason = State.FAILED, "no channel"
    other = d.receiver is not d.target
    return NewDelivery(
        key=notice_key(d.key) if notice else d.key,
        occurrence=occurrence_id,
        target=d.target_id,
        channel=d.channel,
        bucket=d.bucket,
        due_at=due_at,
        expires_at=o.expires_at,
        useful_until=o.useful_until,
        row=plain(d.receiver) if keep_row or other else None,
        state=state,
        reason=reason,
        arm=d.arm,
        verdict=d.verdict,
        about=plain(d.target) if other else None,
        notice=notice,
        during=d.during,
        planned_at=o.planned_at if o.anchors is not None else None,
        recipient=recipient,
        priority=d.step.priority,
        wave=d.wave,
        run_after=o.due_at if timed.hold else None,
        hold=timed.hold,
    )


def _task(
    running: Running,
    d: PlannedDelivery,
    occurrence_id: int,
    title: str,
    now: datetime,
    *,
    broken: bool,
    missed: str = "",
) -> NewTask:
    o = for_target(running.campaign, d)
    state, reason = TaskState.OPEN, "" if d.person else "unassigned"
    if d.skip:
        state, reason = TaskState.SKIPPED, d.skip
    elif missed or now > o.expires_at:
        state, reason = TaskState.MISSED, missed or late(now, o.due_at)
    elif broken:
        reason = "title cannot be rendered"
    due = due_of_task(running.campaign, o, o.due_at)
    planned_at = o.planned_at if o.anchors is not None else None
    return NewTask(
        d.key,
        occurrence_id,
        d.target_id,
        d.person,
        title,
        due,
        state,
        reason,
        d.arm,
        d.verdict,
        d.step.on_overdue,
        planned_at,
        waiting_timers(running.campaign, replace(o, step=d.step), now, due) if state is TaskState.OPEN else (),
    )


def _next_turn(targets: Targets, occurrence: Occurrence, now: datetime) -> NextTurn | None:
    calendar = targets.calendars.of(occurrence)
    turns = calendar.turns(occurrence) if calendar is not None else {}
    moment = next((moment for moment in turns if moment > now), None)
    return None if moment is None else NextTurn(moment, turns[moment].expires_at, turns[moment].useful_until)


def _unless_past(one: PlannedDelivery, start: datetime) -> PlannedDelivery:
    return one._replace(skip=PAST_AT_START) if one.due_at < start and not one.skip else one


def _moments(turns: Iterable[OpenTurn]) -> dict[tuple[str, str, str], list[datetime]]:
    """By campaign, step and target: the slots that are due."""
    found: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for one in (one for turn in turns for one in turn.planned):
        found[_course(one)].append(one.due_at)
    return found


def _course(one: PlannedDelivery) -> tuple[str, str, str]:
    return one.occurrence.campaign, one.occurrence.step.id, one.target_id


def _left_behind(
    one: PlannedDelivery, moments: Mapping[tuple[str, str, str], Sequence[datetime]], now: datetime
) -> str:
    """Why a late slot is not carried out: the same target has newer ones (semantics.md S3.3)."""
    return "" if one.skip else _replaced(one.due_at, moments[_course(one)], one.occurrence.step.catch_up, now)


def superseded(rows: Sequence[tuple[OccurrenceRow, int]], now: datetime) -> dict[int, str]:
    """Late slots of a recurring step that newer due slots replace (semantics.md S3.3): id → reason. Each with how many
    of its step are carried out late, the newest."""
    by_step: dict[tuple[str, str, str, str], list[tuple[OccurrenceRow, int]]] = defaultdict(list)
    for row, most in rows:
        by_step[row.campaign, row.step, row.zone, row.entry].append((row, most))
    found = {}
    for group in by_step.values():
        moments = [row.due_at for row, _ in group]
        for row, most in group:
            if reason := _replaced(row.due_at, moments, most, now):
                found[row.id] = reason
    return found


def _replaced(due: datetime, moments: Iterable[datetime], most: int, now: datetime) -> str:
    """Why a late slot is not carried out; `moments` are those of its step that are due."""
    newer = sum(moment > due for moment in moments)
    if now - due <= ON_TIME or newer < max(most, 1):
        return ""
    slots = "a newer slot of this step is" if newer == 1 or most <= 1 else f"{newer} newer slots of this step are"
    return f"{late(now, due)}, {slots} due"

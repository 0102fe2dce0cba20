"""A running campaign as it was and as it is to be → what becomes of each row that is stored (semantics.md S1, S8).

What was sent, skipped, missed or handed out stays as it is; what is unsent moves with the plan, in place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.engine.ahead import ALL, HORIZON
from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.reentry import Reentries
from sopengine.engine.rows import to_occurrence, to_row
from sopengine.engine.turns import followed_steps, planned_anew
from sopengine.engine.waiting import moved_deliveries, moved_work, returned_deliveries, unaddressed
from sopengine.planning.awaiting import after_event
from sopengine.planning.model import Occurrence
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from sopengine.store.change_rows import Replanned
from sopengine.store.rows import OccurrenceRow, OccurrenceState
from sopengine.store.store import Store

BEGINNING = datetime.min.replace(tzinfo=UTC)


class Version(NamedTuple):
    """A campaign in one version, with the campaigns object that reads its lists."""

    running: Running
    campaigns: Campaigns


class Became(NamedTuple):
    """What becomes of one stored occurrence, for people. `what` is stays, ahead (unsent, as before), moved,
    withdrawn, past, added or behind."""

    what: str
    step: str
    before: datetime | None
    after: datetime | None


class Outcome(Struct):
    """`planned_until` is how far the new version is planned."""

    plan: Replanned
    became: list[Became]
    ends_at: datetime | None
    planned_until: datetime


class Sorted(Struct):
    """The rows by what becomes of them, filled in as they are looked at."""

    moved: list[OccurrenceRow] = field(default_factory=list)
    limited: list[OccurrenceRow] = field(default_factory=list)
    ordered: list[OccurrenceRow] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    revived: list[OccurrenceRow] = field(default_factory=list)
    new: list[OccurrenceRow] = field(default_factory=list)
    behind: list[OccurrenceRow] = field(default_factory=list)
    became: list[Became] = field(default_factory=list)

    def told(self, what: str, step: str, before: datetime | None, after: datetime | None) -> None:
        self.became.append(Became(what, step, before, after))


def replanned(
    store: Store, old: Version, new: Version, now: datetime, renamed: Mapping[str, str], open_ended: bool
) -> Outcome:
    """`renamed`: steps, old id → new id. `open_ended` is told of a new version without an end."""
    running = new.running
    until, stored = now + HORIZON if open_ended else ALL, running.row.planned_until
    if open_ended and stored is not None and stored < ALL:
        until = stored
    found = Sorted()
    course = [
        (replace(row, step=renamed.get(row.step, row.step)), state) for row, state in store.whole_course(running.row.id)
    ]
    planned = _plan(new, until)
    before = _plan(old, until)
    under_way = _rows(store, old.running, running, course, planned, before, now, found)
    _added(running, planned, now, found)
    Reentries(store, old.running, new.running, new.campaigns, now).look(course, found)
    lists = new.campaigns.live_or_frozen(running)
    gone = set(unaddressed(store, old.running, running, lists, under_way))
    moved = moved_deliveries(store, running, running.campaign, running.frozen, under_way)
    deliveries = [one for one in moved if one.id not in gone]
    past = [one.id for one in deliveries if one.due_at < now]
    returned = [one for one in returned_deliveries(store, running, under_way) if one.due_at >= now]
    outcome = Replanned(
        moved=found.moved,
        limited=found.limited,
        ordered=found.ordered,
        gone=found.gone,
        dropped=found.dropped,
        revived=found.revived,
        new=found.new,
        behind=found.behind,
        deliveries=[one for one in deliveries if one.due_at >= now],
        past=past,
        returned=returned,
        unaddressed=sorted(gone),
        work=list(moved_work(store, running.campaign, running.frozen, under_way | _in_flows(running, course))),
        renamed=renamed,
    )
    ends_at = new.running.frozen.calendars.span(running.campaign.playbook.timezone).end
    return Outcome(outcome, found.became, ends_at, until)


def _plan(version: Version, until: datetime) -> dict[str, Occurrence]:
    """By key: everything that phases and weekly plan, of lists that are read anew as they are now."""
    running = version.running
    followed = set(followed_steps(running))
    planned = {o.key: o for o in plan(running.campaign, running.frozen, BEGINNING, until) if o.step.id not in followed}
    return planned | _plan_of(version, followed, until)


def _plan_of(version: Version, steps: Collection[str], until: datetime) -> dict[str, Occurrence]:
    lists = version.campaigns.live_or_frozen(version.running)
    row = replace(version.running.row, planned_until=until)
    return {o.key: o for o in planned_anew(row, lists, list(steps))}


def _rows(
    store: Store,
    old: Running,
    running: Running,
    course: list[tuple[OccurrenceRow, OccurrenceState]],
    planned: dict[str, Occurrence],
    before: Mapping[str, Occurrence],
    now: datetime,
    found: Sorted,
) -> dict[int, Occurrence]:
    """Takes the rows' slots out of `planned`; returns those under way, by row."""
    current = {step.id for step in running.campaign.playbook.steps()}
    withdrawn = store.withdrawn_by_changes(running.row.id)
    under_way: dict[int, Occurrence] = {}
    for row, state in course:
        if row.entry:
            continue
        slot = planned.pop(row.key, None)
        if slot is not None:
            slot = _next_turn(running.frozen, slot, now)
        if row.step not in current:
            _drop(row, state, found)
        elif row.section == "watch":
            continue
        elif state is OccurrenceState.WITHDRAWN:
            if row.id in withdrawn and slot is not None and _ahead(slot, now):
                found.revived.append(replace(to_row(slot), id=row.id))
                found.told("added", row.step, row.due_at, slot.due_at)
        elif state is OccurrenceState.FANNED_OUT:
            if slot is not None:
                under_way[row.id] = slot
            else:
                found.gone.append(row.id)
            found.told("stays", row.step, row.due_at, row.due_at)
        elif state is not OccurrenceState.PLANNED:
            found.told("stays", row.step, row.due_at, row.due_at)
        elif after_event(running.steps[row.step]) and slot is not None:
            found.told("ahead", row.step, row.due_at, row.due_at)  # its time is that of another event
        elif slot is None:
            found.gone.append(row.id)
            found.told("withdrawn", row.step, row.due_at, None)
        else:
            under_way[row.id] = slot
            was = before.get(row.key)
            if not _as_planned(row, slot, was and _next_turn(old.frozen, was, now)):
                _move(row, slot, now, found)
            else:
                found.told("ahead", row.step, row.due_at, row.due_at)
    return under_way


def _in_flows(running: Running, course: list[tuple[OccurrenceRow, OccurrenceState]]) -> dict[int, Occurrence]:
    current = {step.id: step for step in running.campaign.playbook.steps()}
    return {
        row.id: to_occurrence(row, current[row.step])
        for row, state in course
        if row.entry and state is OccurrenceState.FANNED_OUT and row.step in current
    }


def _drop(row: OccurrenceRow, state: OccurrenceState, found: Sorted) -> None:
    if state in (OccurrenceState.PLANNED, OccurrenceState.FANNED_OUT):
        found.dropped.append(row.id)
    if state is OccurrenceState.PLANNED:
        found.told("withdrawn", row.step, row.due_at, None)


def _move(row: OccurrenceRow, slot: Occurrence, now: datetime, found: Sorted) -> None:
    as_it_is = replace(to_row(slot), id=row.id)
    if row.due_at == slot.due_at:
        found.limited.append(as_it_is)
        found.told("ahead", row.step, row.due_at, slot.due_at)
    elif _ahead(slot, now):
        found.moved.append(as_it_is)
        found.told("moved", row.step, row.due_at, slot.due_at)
    else:
        found.gone.append(row.id)
        found.told("past", row.step, row.due_at, slot.due_at)


def _as_planned(row: OccurrenceRow, slot: Occurrence, before: Occurrence | None) -> bool:
    """Whether the stored row is as the new plan has it. What comes after another step and has a time of its own by now
    keeps it; what follows a list may stand at a later turn, and is as planned where the plan is as it was."""
    if slot.waits_for and not row.waits_for:
        return True
    if before is not None:
        return _times(before) == _times(slot)
    return row.planned_at == slot.planned_at and row.waits_for == slot.waits_for


def _times(slot: Occurrence) -> tuple[object, ...]:
    return slot.planned_at, slot.waits_for, slot.expires_at - slot.due_at, slot.useful_until


def _ahead(slot: Occurrence, now: datetime) -> bool:
    return slot.untimed or slot.due_at >= now


def _next_turn(targets: Targets, slot: Occurrence, now: datetime) -> Occurrence:
    """Where targets have times of their own: at the first that is still to come; what it was planned for stays."""
    calendar = targets.calendars.of(slot)
    if calendar is None or not calendar.by_turns or slot.due_at >= now:
        return slot
    for moment, own in calendar.turns(slot).items():
        if moment >= now:
            return replace(slot, due_at=moment, expires_at=own.expires_at, useful_until=own.useful_until)
    return slot


def _added(running: Running, planned: Mapping[str, Occurrence], now: datetime, found: Sorted) -> None:
    """What has no row yet. A day of a rule that is past cannot come again; what is counted from an anchor might, and is
    recorded, so that it never runs."""
    for slot in planned.values():
        turn = _next_turn(running.frozen, slot, now)
        if _ahead(turn, now):
            found.new.append(to_row(turn))
            found.told("added", slot.step.id, None, turn.due_at)
        else:
            found.behind.append(to_row(slot))
            found.told("behind", slot.step.id, None, slot.due_at)

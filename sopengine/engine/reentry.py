"""Entries of flows that are under way when their campaign is changed: they go on by step id.

What an entry has behind it stays behind it; steps that come later in the new flow are still to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.rows import to_row
from sopengine.planning.awaiting import after_event
from sopengine.planning.journeys import enrol, flows
from sopengine.planning.model import Occurrence
from sopengine.planning.targets import Targets
from sopengine.store.change_rows import Entry
from sopengine.store.rows import OccurrenceRow, OccurrenceState
from sopengine.store.store import Store
from sopengine.store.values import typed

if TYPE_CHECKING:
    from sopengine.engine.replan import Sorted

Rows = Sequence[tuple[OccurrenceRow, OccurrenceState]]


class Reentries:
    def __init__(self, store: Store, old: Running, new: Running, campaigns: Campaigns, now: datetime) -> None:
        self._store, self._old, self._new, self._campaigns, self._now = store, old, new, campaigns, now

    def look(self, course: Rows, found: Sorted) -> None:
        """Adds what becomes of entries that still have something planned."""
        by_entry: defaultdict[str, list[tuple[OccurrenceRow, OccurrenceState]]] = defaultdict(list)
        for row, state in course:
            if row.entry:
                by_entry[row.entry].append((row, state))
        known = {entry.entry: entry for entry in self._store.entries(self._new.row.id)}
        for name, rows in by_entry.items():
            if any(state is OccurrenceState.PLANNED for _, state in rows):
                self._entry(known[name], rows, found)

    def _entry(self, entry: Entry, rows: Rows, found: Sorted) -> None:
        lists = self._campaigns.live_or_frozen(self._new)
        now_planned = {o.key: o for o in self._planned(self._new, lists, entry, rows)}
        before = {o.key: o for o in self._planned(self._old, self._old.frozen, entry, rows)}
        written = {step.id for step in self._new.campaign.playbook.steps()}
        if not now_planned and all(row.step in written for row, _ in rows):
            return  # outside the campaign's days now: what was begun is brought to its end
        reached = -1
        for row, state in rows:
            slot = now_planned.pop(row.key, None)
            if slot is None:
                self._gone(row, state, found)
                continue
            old = before.get(row.key)
            let_go = old is not None and old.step.required and not row.required  # a person let its flow go on
            found.ordered.append(replace(row, sequence=slot.sequence, required=slot.step.required and not let_go))
            if state is not OccurrenceState.PLANNED or row.waits_for == "wait":
                reached = max(reached, slot.sequence)
            else:
                self._moved(row, slot, before.get(row.key), found)
        for slot in now_planned.values():
            in_time = slot.untimed or bool(slot.waits_for) or slot.due_at >= self._now
            ahead = slot.sequence > reached and in_time
            (found.new if ahead else found.behind).append(to_row(slot))
            found.told("added" if ahead else "behind", slot.step.id, None, slot.due_at)

    def _planned(self, one: Running, targets: Targets, entry: Entry, rows: Rows) -> Iterator[Occurrence]:
        first = rows[0][0]
        journey = next((flow for flow in flows(one.campaign.playbook) if flow.name == entry.journey), None)
        if journey is None or first.subject is None:
            return
        subject, event = typed(first.subject), typed(first.event or {})
        yield from enrol(targets, journey, subject, first.zone, event, entry.entry, entry.at)

    def _gone(self, row: OccurrenceRow, state: OccurrenceState, found: Sorted) -> None:
        """Its step is written no more, or has no such time any more."""
        if state is OccurrenceState.PLANNED or state is OccurrenceState.FANNED_OUT:
            found.dropped.append(row.id)
        if state is OccurrenceState.PLANNED:
            found.told("withdrawn", row.step, row.due_at, None)

    def _moved(self, row: OccurrenceRow, slot: Occurrence, before: Occurrence | None, found: Sorted) -> None:
        """Only where the plan of it is another: what has a time of its own by now keeps it."""
        as_before = before is not None and _times(before) == _times(slot)
        if as_before or after_event(slot.step) or (slot.waits_for and not row.waits_for):
            found.told("ahead", row.step, row.due_at, row.due_at)
            return
        if slot.waits_for or slot.due_at >= self._now:
            found.moved.append(replace(to_row(slot), id=row.id))
            found.told("moved", row.step, row.due_at, slot.due_at)
        else:
            found.gone.append(row.id)
            found.told("past", row.step, row.due_at, slot.due_at)


def _times(slot: Occurrence) -> Mapping[str, object]:
    return {name: getattr(slot, name) for name in ("planned_at", "waits_for", "expires_at", "useful_until")}

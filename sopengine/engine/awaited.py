"""What an event does to a campaign's plan: it confirms anchors, sets steps going and ends repetitions; and what becomes
of slots whose event never comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.rows import to_occurrence, to_row
from sopengine.engine.turns import followed_steps, planned_anew
from sopengine.engine.waiting import counts_work_from, moved_deliveries, moved_work
from sopengine.planning.awaiting import after_event, awaited_event, unconfirmed, until_events
from sopengine.planning.journeys import flow_of, key_of, slot_of
from sopengine.planning.limits import anchors_for, moved
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from sopengine.store.flow_rows import Answer, Confirm, EndRepetition, SetGoing
from sopengine.store.rows import EventRow, NextTurn, OccurrenceRow, OccurrenceState
from sopengine.store.store import Store
from sopengine.timing.frame import Frame
from sopengine.timing.moments import item_of
from sopengine.timing.slots import after_moments, ordinals
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

BEGINNING, ALL = datetime.min.replace(tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class Awaited:
    def __init__(self, store: Store, campaigns: Campaigns) -> None:
        self._store, self._campaigns = store, campaigns

    def answers(self, one: Running, event: EventRow, others: Collection[str]) -> Iterator[Answer]:
        """`others` are the names of other campaigns: an event about one of them is not about this one."""
        span = one.frozen.calendars.span(one.campaign.playbook.timezone)
        inside = max(span.begin, one.campaign.start) <= event.at and (span.end is None or event.at < span.end)
        if not inside or event.subject in others:
            return
        for anchor, confirms in unconfirmed(one.campaign).items():
            if confirms == event.name:
                yield from self._confirmed(one, anchor, event)
        yield from self._going(one, event)
        yield from self._ended(one, event)

    def in_vain(self, now: datetime) -> int:
        """Close what waited for an event until it was of no use any more; returns how many."""
        rows = self._store.waited_in_vain(now)
        for row in rows:
            step = self._campaigns.by_id(row.campaign).steps[row.step]
            reason = f"{awaited_event(row.waits_for)} did not come"
            if after_event(step):
                self._store.add_fan_out(row.id, [], [], now, state="skipped", reason=reason)
            else:
                self._store.add_fan_out(row.id, [], [], now, state="missed", reason=f"held: {reason}")
        return len(rows)

    # steps after an event

    def _going(self, one: Running, event: EventRow) -> Iterator[SetGoing]:
        if all(after_event(step) != event.name for step in one.steps.values()):
            return
        moments = []
        for row in self._store.waiting_for(one.row.id, event.name):
            step = one.steps[row.step]
            if after_event(step) != event.name or not _speaks_of(one, row, event):
                continue  # held by an anchor that this event confirms; or in the flow of somebody else
            occurrence, zone = to_occurrence(row, step), zone_named(row.zone)
            frame = Frame(zone, one.campaign.calendar, local_date(event.at, zone))
            moment = dict(after_moments(step.when, event.at, frame))[row.ordinal % ordinals(step.when)]
            going = one.frozen.calendars.moved(occurrence, moment)
            moments.append((row.id, NextTurn(moment, going.expires_at, going.useful_until)))
        if moments:
            yield SetGoing(one.row.id, event.name, moments)

    # repetitions until an event

    def _ended(self, one: Running, event: EventRow) -> Iterator[EndRepetition]:
        """Those that have begun; of one that begins later the event has said nothing."""
        steps = [step.id for step in one.steps.values() if event.name in until_events(step).values()]
        if not steps:
            return
        groups: dict[tuple[str, str, str, str, int], list[OccurrenceRow]] = defaultdict(list)
        for row, _ in self._store.course(one.row.id, steps):
            step = one.steps[row.step]
            place = item_of(step.when, row.ordinal)
            if place is not None and until_events(step).get(place) == event.name:
                groups[row.step, row.zone, row.entry, row.day, place].append(row)
        begun = [group for group in groups.values() if min(row.planned_at for row in group) <= event.at]
        ids = [row.id for group in begun for row in group]
        if ids:
            yield EndRepetition(one.row.id, event.name, ids)

    # anchors

    def _confirmed(self, one: Running, anchor: str, event: EventRow) -> Iterator[Confirm | SetGoing]:
        campaign = moved_anchor(one.campaign, anchor, event.at)
        targets = Targets(campaign)
        followed = followed_steps(one)
        lists = self._campaigns.live_or_frozen(one)
        anew = Targets(moved_anchor(lists.campaign, anchor, event.at))
        before = {o.key: o for o in planned_anew(one.row, lists, followed)}
        until = one.row.planned_until if one.row.ends_at is None and one.row.planned_until else ALL
        planned = {o.key: o for o in plan(campaign, targets, BEGINNING, until) if o.step.id not in followed}
        planned |= {o.key: o for o in planned_anew(one.row, anew, followed)}
        moved: list[OccurrenceRow] = []
        gone: list[int] = []
        under_way: dict[int, Occurrence] = {}
        in_flows: dict[int, Occurrence] = {}
        for row, state in self._store.course(one.row.id):
            if row.entry:
                if counts_work_from(one.steps[row.step], anchor):
                    in_flows[row.id] = to_occurrence(row, one.steps[row.step])
                continue
            now_planned = planned.pop(row.key, None)
            if after_event(one.steps[row.step]):
                continue  # its time is that of another event
            if now_planned is not None:
                under_way[row.id] = now_planned
            if state is not OccurrenceState.PLANNED:
                continue
            if row.step in followed and _same_plan(before.get(row.key), now_planned):
                continue  # the list may have moved it; the anchor has not
            if now_planned is None or (row.planned_at != now_planned.planned_at and now_planned.due_at < event.at):
                gone.append(row.id)
            elif not _as_before(row, now_planned, anew if row.step in followed else targets):
                moved.append(replace(to_row(now_planned), id=row.id))
        new = [to_row(o) for o in planned.values() if o.due_at >= event.at and not o.untimed]
        moving = list(moved_deliveries(self._store, one, campaign, targets, under_way))
        deliveries = [delivery for delivery in moving if delivery.due_at >= event.at]
        past = [delivery.id for delivery in moving if delivery.due_at < event.at]
        work = list(moved_work(self._store, campaign, targets, under_way | in_flows))
        ends_at = (anew if followed else targets).calendars.span(campaign.playbook.timezone).end
        yield Confirm(one.row.id, anchor, event.name, event.at, moved, gone, new, deliveries, past, work, ends_at)
        if going := list(self._held_in_flows(one, campaign, event)):
            yield SetGoing(one.row.id, event.name, going)

    def _held_in_flows(self, one: Running, campaign: Campaign, event: EventRow) -> Iterator[tuple[int, NextTurn]]:
        for row in self._store.waiting_for(one.row.id, event.name):
            step = one.steps[row.step]
            if row.entry and not after_event(step):
                occurrence = to_occurrence(row, step)
                moment = slot_of(campaign, occurrence, anchors_for(campaign, occurrence)) or event.at
                going = moved(campaign, occurrence, moment)
                yield row.id, NextTurn(moment, going.expires_at, going.useful_until)


def moved_anchor(campaign: Campaign, anchor: str, at: datetime) -> Campaign:
    moment = at.astimezone(zone_named(campaign.playbook.timezone))
    return replace(campaign, inputs={**campaign.inputs, anchor: moment}, confirmed=campaign.confirmed | {anchor})


def _speaks_of(one: Running, row: OccurrenceRow, event: EventRow) -> bool:
    """In a flow only what happens to its own subject counts, for the same key and after its entry; and what is about
    the campaign as a whole."""
    if not row.entry or event.subject in ("", one.row.id, one.campaign.playbook.id):
        return True
    occurrence = to_occurrence(row, one.steps[row.step])
    journey = flow_of(one.campaign.playbook, occurrence)
    key = key_of(journey, event.data) if journey.key else ""
    same_key = not key or key == key_of(journey, occurrence.event or {})
    subject = str(occurrence.subject["id"]) if occurrence.subject is not None else ""
    return subject == event.subject and same_key and event.at >= row.planned_at


def _same_plan(before: Occurrence | None, now: Occurrence | None) -> bool:
    if before is None or now is None:
        return before is now
    return (before.planned_at, before.waits_for, before.useful_until) == (
        now.planned_at,
        now.waits_for,
        now.useful_until,
    )


def _as_before(row: OccurrenceRow, planned: Occurrence, targets: Targets) -> bool:
    """Whether a stored row is as the plan has it. What comes after another step and has a time of its own by now keeps
    it; and what goes by turns may stand at a later one."""
    on_its_own = bool(planned.waits_for) and not awaited_event(planned.waits_for) and not row.waits_for
    if on_its_own:
        return True
    calendar = targets.calendars.of(planned)
    by_turns = calendar is not None and calendar.by_turns
    same_end = by_turns or row.useful_until == planned.useful_until
    return row.planned_at == planned.planned_at and row.waits_for == planned.waits_for and same_end

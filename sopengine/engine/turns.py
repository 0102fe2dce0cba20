"""Lists that are read anew and whose targets have calendars of their own: turns to come follow the list.

A turn that was taken stays taken: what was handed out goes out, and nothing is made up for whose time was over before
the list said so."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.rows import to_row
from sopengine.engine.waiting import followed_deliveries
from sopengine.errors import SopError
from sopengine.language.named import Row
from sopengine.planning.calendars import StepCalendar
from sopengine.planning.data import zone_column
from sopengine.planning.model import Occurrence
from sopengine.planning.targets import Targets
from sopengine.store.errors import StoreError
from sopengine.store.flow_rows import Followed
from sopengine.store.rows import CampaignRow, NextTurn, OccurrenceRow, OccurrenceState
from sopengine.store.store import Store
from sopengine.timing.zones import local_date

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
"""A process that passes more often reads the lists no more often than this for turns alone."""


class Seen(NamedTuple):
    """What a campaign was brought in line with: its plan as far as it goes, its anchors, and the lists."""

    at: datetime
    planned_until: datetime | None
    confirmed: frozenset[str]
    bundle: str
    sources: Mapping[str, Sequence[Row]]

    def still(self, running: Running) -> bool:
        now = running.row.planned_until, running.campaign.confirmed, running.row.bundle
        return now == (self.planned_until, self.confirmed, self.bundle)


class Turns:
    """Remembers for each campaign what it saw last, so that an unchanged list costs nothing."""

    def __init__(self, store: Store, campaigns: Campaigns) -> None:
        self._store, self._campaigns = store, campaigns
        self._seen: dict[str, Seen] = {}

    def follow(self, now: datetime) -> None:
        """Bring what is stored in line with the lists as they are now. A list that cannot be read now is followed at
        a later pass."""
        for row in self._store.campaigns(("running", "paused")):
            running = self._campaigns.running(row)
            if not (steps := followed_steps(running)):
                continue
            seen = self._seen.get(row.id)
            seen = seen if seen is not None and seen.still(running) else None
            if seen is not None and timedelta(0) <= now - seen.at < EVERY:
                continue
            try:
                targets = self._campaigns.live(running)
            except StoreError:
                raise
            except SopError as error:
                log.warning("the lists of %s are followed later: %s", row.id, error)
                continue
            sources = targets.campaign.sources
            if seen is None or seen.sources != sources:
                self._store.follow(self._followed(running, targets, steps, now), now)
            self._seen[row.id] = Seen(now, row.planned_until, running.campaign.confirmed, row.bundle, sources)

    def _followed(self, running: Running, targets: Targets, steps: Sequence[str], now: datetime) -> Followed:
        course = [(row, state) for row, state in self._store.course(running.row.id, steps) if not row.entry]
        planned = {o.key: o for o in planned_anew(running.row, targets, steps)}
        known = {row.id: planned.pop(row.key) for row, _ in course if row.key in planned}
        new = [o for o in planned.values() if o.waits_for or self._next(running, targets, o, now, None) is not None]
        moved: list[tuple[int, NextTurn]] = []
        again: list[tuple[int, NextTurn]] = []
        for row, state in course:
            occurrence = known.get(row.id)
            if occurrence is None or occurrence.waits_for:
                continue  # its turn finds nobody; or it goes on with what it waits for
            turn = self._next(running, targets, occurrence, now, row)
            if turn is None:
                continue
            if state is OccurrenceState.FANNED_OUT:
                again.append((row.id, turn))
            elif row.due_at > now and turn.due_at != row.due_at:
                moved.append((row.id, turn))
        opened = _with_dependents(course, {id_ for id_, _ in again})
        again += [(row.id, NextTurn(row.due_at, row.expires_at, row.useful_until)) for row in opened]
        return Followed(
            campaign=running.row.id,
            new=[to_row(o) for o in new],
            moved=moved,
            again=again,
            deliveries=list(followed_deliveries(self._store, running.campaign, targets, known)),
            ends_at=_later_end(running.row, targets),
        )

    def _next(
        self, running: Running, targets: Targets, occurrence: Occurrence, now: datetime, row: OccurrenceRow | None
    ) -> NextTurn | None:
        """The first turn that is to come, or is still in time and was not taken; None where there is none. `row` is
        where the occurrence is stored."""
        calendar = targets.calendars.of(occurrence)
        if calendar is None:
            return None
        if not calendar.by_turns:  # only its zone is the targets' own
            fresh = row is None and now <= occurrence.expires_at
            return NextTurn(occurrence.due_at, occurrence.expires_at, occurrence.useful_until) if fresh else None
        open_ = [
            (moment, own, str(target["id"]))
            for moment, own, target in calendar.each(occurrence)
            if own.due_at >= running.campaign.start and in_time(moment, own, now)
        ]
        if row is not None and any(moment <= now for moment, _, _ in open_):
            taken = self._store.reached(row.id)
            open_ = [one for one in open_ if one[0] > now or one[2] not in taken]
        first = min(open_, key=lambda one: one[0], default=None)
        return None if first is None else NextTurn(first[0], first[1].expires_at, first[1].useful_until)


def in_time(moment: datetime, own: Occurrence, now: datetime) -> bool:
    """Whether a turn at `moment` is to come, or no more late than its step allows."""
    return now <= min(own.expires_at + (moment - own.due_at), own.useful_until)


def followed_steps(running: Running) -> list[str]:
    """The steps of phases and weekly whose list is read anew and gives its targets times or zones of their own."""
    return [step.id for step in running.steps.values() if running.is_live(step) and any(_own(running, step.id))]


def _own(running: Running, step: str) -> Iterator[bool]:
    audiences = running.campaign.playbook.audiences
    for calendar in running.frozen.calendars.of_step(step):
        yield calendar.by_turns or bool(zone_column(audiences.get(calendar.step.to)))


def planned_anew(row: CampaignRow, targets: Targets, steps: Sequence[str]) -> Iterator[Occurrence]:
    """The occurrences of these steps, as far as the campaign is planned."""
    end = row.planned_until
    for calendar in (one for step in steps for one in targets.calendars.of_step(step)) if end is not None else ():
        assert end is not None
        until = local_date(end, calendar.zone) + timedelta(days=1)
        yield from (o for o in calendar.merged(until) if o.due_at < end)


def still_to_be_carried_out(calendar: StepCalendar, occurrence: Occurrence, target: Row, now: datetime) -> bool:
    """Of a list that is read anew, at a turn of `occurrence`: whether the target's turn is this one, or came with the
    list itself and is still in time. A target that lacks a column has none yet."""
    own = calendar.occurrence(occurrence, target)
    if not isinstance(own, Occurrence):
        return False
    moment = calendar.turn(own, target)
    return moment >= occurrence.due_at or in_time(moment, own, now)


def _with_dependents(
    course: Sequence[tuple[OccurrenceRow, OccurrenceState]], opened: set[int]
) -> Iterator[OccurrenceRow]:
    """What has come after the ones that open again, target by target, and what comes after that."""
    keys = {row.key for row, _ in course if row.id in opened}
    while keys:
        found = [row for row, state in course if row.waits_for in keys and state is OccurrenceState.FANNED_OUT]
        yield from found
        keys = {row.key for row in found}


def _later_end(row: CampaignRow, targets: Targets) -> datetime | None:
    """A campaign whose days are those of its targets lasts until the last of them; it is never cut short."""
    end = targets.calendars.span(targets.campaign.playbook.timezone).end
    return row.ends_at if row.ends_at is None or end is None else max(row.ends_at, end)

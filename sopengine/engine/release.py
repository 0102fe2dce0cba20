"""Steps that come after another step: they start when that one is final, target by target where both reach the same."""

from __future__ import annotations

from datetime import datetime

from sopengine.engine.approvals import Approvals
from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.facts import StoredFacts
from sopengine.engine.fan_out import FanOut, Parts
from sopengine.engine.rows import to_occurrence
from sopengine.errors import SopError
from sopengine.planning.deliveries import fan_out
from sopengine.planning.limits import moved
from sopengine.planning.model import Occurrence
from sopengine.store.errors import StoreError
from sopengine.store.rows import Finality, OccurrenceRow
from sopengine.store.store import Store
from sopengine.timing.frame import Frame
from sopengine.timing.slots import after_moments, ordinals
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

DEPENDENCY = "dependency"


class Release:
    """`next_moment` is when the next target's turn comes, known after `due`."""

    def __init__(
        self, store: Store, campaigns: Campaigns, facts: StoredFacts, fan_out: FanOut, approvals: Approvals
    ) -> None:
        self._store, self._campaigns, self._facts, self._fan_out = store, campaigns, facts, fan_out
        self._approvals = approvals
        self._reached: dict[int, set[str]] = {}
        self.next_moment: datetime | None = None

    def due(self, now: datetime) -> int:
        """Returns how many occurrences went on."""
        self.next_moment = None
        count = 0
        for row, finality in self._store.waiting_occurrences():
            running = self._campaigns.by_id(row.campaign)
            step = running.steps[row.step]
            assert step.when.after is not None
            if lacking := self._approvals.lacking(running, step):
                count += self._unapproved(running, row, finality, now, lacking)
                continue
            same_people = not row.entry and running.steps[step.when.after.subject].to == step.to
            if same_people and (finality.targets or not finality.final):
                count += self._target_by_target(running, row, finality, now)
            elif finality.final:
                self._as_a_whole(running, row, finality, now)
                count += 1
        return count

    def _as_a_whole(self, running: Running, row: OccurrenceRow, finality: Finality, now: datetime) -> None:
        """Different people: when the last of them is final."""
        occurrence = to_occurrence(row, running.steps[row.step])
        good = any(good for _, good in finality.targets.values())
        if not (good or occurrence.step.any_outcome):
            self._store.add_fan_out(row.id, [], [], now, state="skipped", reason=DEPENDENCY)
            return
        later = running.frozen.calendars.moved(occurrence, _moment(running, occurrence, finality.at or now))
        self._store.schedule_after(row.id, later.due_at, later.expires_at, later.useful_until)

    def _target_by_target(self, running: Running, row: OccurrenceRow, finality: Finality, now: datetime) -> int:
        occurrence = to_occurrence(row, running.steps[row.step])
        try:
            targets = self._fan_out.targets_of(running, occurrence)
            cases = list(fan_out(running.campaign, targets, occurrence, self._facts))
        except StoreError:
            raise
        except SopError as error:
            return self._unreadable(running, occurrence, row.id, finality, now, str(error))
        reached = self._reached.setdefault(row.id, set())
        parts = Parts()
        later = False
        for planned in cases:
            if planned.target_id in reached or planned.target_id not in finality.targets:
                continue
            at, good = finality.targets[planned.target_id]
            goes_on = good or occurrence.step.any_outcome
            moment = max(_moment(running, occurrence, at), self._approvals.since(running, occurrence.step) or at)
            if moment > now and goes_on:
                self._turn_comes(moment)
                later = True
                continue
            mine = planned._replace(occurrence=moved(running.campaign, planned.occurrence, moment))
            if not goes_on:
                mine = mine._replace(skip=DEPENDENCY)
            parts.add(self._fan_out.parts(running, targets, mine.occurrence, row.id, [mine], now))
            reached.add(planned.target_id)
        done = finality.final and not later
        if len(parts) or done:
            self._fan_out.keep(row.id, parts, now, done=done)
        return len(parts) + done

    def _unapproved(self, running: Running, row: OccurrenceRow, finality: Finality, now: datetime, lacking: str) -> int:
        """Nothing of it goes on before the decision; without one it is over when it is of no use any more."""
        if not finality.final or finality.at is None:
            return 0
        occurrence = to_occurrence(row, running.steps[row.step])
        last = running.frozen.calendars.moved(occurrence, _moment(running, occurrence, finality.at))
        if now >= last.useful_until:
            self._store.add_fan_out(row.id, [], [], now, state="missed", reason=f"{lacking} did not come")
            return 1
        self._turn_comes(last.useful_until)
        return 0

    def _unreadable(
        self, running: Running, occurrence: Occurrence, row_id: int, finality: Finality, now: datetime, why: str
    ) -> int:
        """Live data that cannot be read is waited for until it is too late for the last target."""
        if finality.final and finality.at is not None:
            last = running.frozen.calendars.moved(occurrence, _moment(running, occurrence, finality.at))
            if now > last.expires_at:
                self._store.add_fan_out(row_id, [], [], now, state="missed", reason=why)
                return 1
        self._turn_comes(now)
        return 0

    def _turn_comes(self, moment: datetime) -> None:
        self.next_moment = min(moment, self.next_moment or moment)


def _moment(running: Running, occurrence: Occurrence, final_at: datetime) -> datetime:
    when = occurrence.step.when
    zone = zone_named(occurrence.zone)
    day = local_date(final_at, zone)
    frame = Frame(zone, running.campaign.calendar, day, None, {})
    moments = dict(after_moments(when, final_at, frame))
    return moments[occurrence.ordinal % ordinals(when)]

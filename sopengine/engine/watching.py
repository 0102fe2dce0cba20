"""Conditions that are watched: `watch` acts, and a journey with `when` is entered, when one becomes true."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.facts import StoredFacts
from sopengine.engine.happenings import BECAME_TRUE
from sopengine.engine.rows import to_row
from sopengine.errors import SopError
from sopengine.language.model import Journey, Watch
from sopengine.language.named import Condition
from sopengine.planning.deliveries import Case, judge
from sopengine.planning.subjects import Subject, everybody
from sopengine.planning.targets import MEMBER, Targets
from sopengine.planning.watches import acting, asking
from sopengine.store.errors import StoreError
from sopengine.store.flow_rows import Truth
from sopengine.store.rows import EventRow
from sopengine.store.store import Store
from sopengine.timing.words import Duration
from sopengine.timing.zones import add
from sopengine.timing.zones import zone as zone_named

log = logging.getLogger(__name__)

OF_JOURNEYS = Duration(seconds=15 * 60)
"""How often the conditions that start journeys are asked."""


class Watching:
    def __init__(self, store: Store, campaigns: Campaigns, facts: StoredFacts) -> None:
        self._store, self._campaigns, self._facts = store, campaigns, facts

    def look(self, now: datetime) -> int:
        """Ask what is to be asked by now; returns how often something became true. What cannot be asked because a
        table is being written is asked at the next pass."""
        became_true = 0
        for row in self._store.campaigns(("running",)):
            try:
                became_true += self._look(self._campaigns.running(row), now)
            except StoreError:
                raise
            except SopError as error:
                log.warning("conditions of %s are asked later: %s", row.id, error)
        return became_true

    def next_look(self, running: Running) -> datetime | None:
        """When the next condition of this campaign is to be asked; None where it watches none."""
        moments = [self._turn(running, name, every) for name, every in _watched(running)]
        return min(moments, default=None)

    def _turn(self, running: Running, name: str, every: Duration) -> datetime:
        last = self._store.last_asked(running.row.id, name)
        zone = zone_named(running.campaign.playbook.timezone)
        return running.campaign.start if last is None else add(last, every, zone)

    def _look(self, running: Running, now: datetime) -> int:
        playbook, became_true = running.campaign.playbook, 0
        for watch in playbook.watches:
            if self._turn(running, watch.name, watch.check) <= now:
                became_true += self._watch(running, watch, now)
        for journey in playbook.journeys:
            if journey.when is not None and self._turn(running, f"journey:{journey.name}", OF_JOURNEYS) <= now:
                became_true += self._subjects(running, journey, journey.when, now)
        return became_true

    def _watch(self, running: Running, watch: Watch, now: datetime) -> int:
        before = self._store.truths(running.row.id, watch.name).get("")
        targets = self._seen(running, now)
        moment, text = asking(running.campaign, now), watch.when.text
        verdict = judge(running.campaign, targets, moment, None, self._facts, text)
        truth = _next(before, Truth(running.row.id, watch.name, "", verdict, 0, now))
        acts = truth.edges > (before.edges if before else 0)
        occurrences = acting(running.campaign, watch, truth.edges, now) if acts else []
        self._store.set_truths([truth], now, occurrences=[to_row(o) for o in occurrences])
        return acts

    def _subjects(self, running: Running, journey: Journey, when: Condition, now: datetime) -> int:
        """The condition of a journey, asked for everybody who may enter it; becoming true is an event of its own."""
        name = f"journey:{journey.name}"
        before = self._store.truths(running.row.id, name)
        targets = self._seen(running, now)
        changed: list[Truth] = [Truth(running.row.id, name, "", None, 0, now)]  # when it was asked last
        raised: list[EventRow] = []
        people = any(arm.to == MEMBER for step in journey.steps for _, arm in step.all_arms())
        subjects = list(everybody(targets, self._store.members_of, people=people))
        self._expect(targets, subjects, now)
        for row, zone in subjects:
            subject = str(row["id"])
            moment = asking(running.campaign, now, zone, row)
            verdict = judge(running.campaign, targets, moment, Case(row, row), self._facts, when.text)
            old = before.get(subject)
            truth = _next(old, Truth(running.row.id, name, subject, verdict, 0, now))
            if old is None or truth.value is not old.value:
                changed.append(truth)
            if truth.edges > (old.edges if old else 0):
                dedupe = f"{running.row.id}/{name}/{subject}/{truth.edges}"
                raised.append(EventRow(BECAME_TRUE + journey.name, subject, {"campaign": running.row.id}, now, dedupe))
        self._store.set_truths(changed, now, raised=raised)
        return len(raised)

    def _seen(self, running: Running, now: datetime) -> Targets:
        targets = self._campaigns.live_or_frozen(running)
        return targets.seen(lambda: self._facts.past(targets, now, running.campaign.playbook.timezone))

    def _expect(self, targets: Targets, subjects: Sequence[Subject], now: datetime) -> None:
        """What is asked of one is asked of all at once."""
        by_zone: dict[str, list[str]] = {}
        for row, zone in subjects:
            by_zone.setdefault(zone, []).append(str(row["id"]))
        for zone, ids in by_zone.items():
            self._facts.past(targets, now, zone).expect(ids)


def _next(before: Truth | None, now: Truth) -> Truth:
    """True after it was false or never asked is an edge; unknown keeps what was known."""
    edges = before.edges if before else 0
    was = before.value if before else None
    if now.value is None:
        return replace(now, value=was, edges=edges)
    return replace(now, edges=edges + (now.value and was is not True))


def _watched(running: Running) -> Iterator[tuple[str, Duration]]:
    for watch in running.campaign.playbook.watches:
        yield watch.name, watch.check
    for journey in running.campaign.playbook.journeys:
        if journey.when is not None:
            yield f"journey:{journey.name}", OF_JOURNEYS

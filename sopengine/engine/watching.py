"""Conditions that are watched: `watch` acts, and a journey with `when` is entered, when one becomes true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.facts import StoredFacts
from sopengine.engine.happenings import BECAME_TRUE
from sopengine.engine.rows import to_row
from sopengine.language.expressions.conditions import evaluate
from sopengine.language.model import Condition, Watch
from sopengine.planning.deliveries import Case, context_of
from sopengine.planning.watches import acting, asking
from sopengine.store.rows import EventRow, Truth
from sopengine.store.store import Store
from sopengine.timing.words import Duration
from sopengine.timing.zones import add
from sopengine.timing.zones import zone as zone_named

OF_JOURNEYS = Duration(seconds=15 * 60)
"""How often the conditions that start journeys are asked."""


class Watching:
    def __init__(self, store: Store, campaigns: Campaigns, facts: StoredFacts) -> None:
        self._store, self._campaigns, self._facts = store, campaigns, facts

    def look(self, now: datetime) -> int:
        """Ask what is to be asked by now; returns how often something became true."""
        return sum(self._look(self._campaigns.running(row), now) for row in self._store.campaigns(("running",)))

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
                became_true += self._subjects(running, journey.name, journey.when, now)
        return became_true

    def _watch(self, running: Running, watch: Watch, now: datetime) -> int:
        before = self._store.truths(running.row.id, watch.name).get("")
        targets = self._campaigns.live_or_frozen(running)
        moment, text = asking(running.campaign, now), watch.when.text
        verdict = evaluate(text, context_of(running.campaign, targets, moment, None, self._facts, text))
        truth = _next(before, Truth(running.row.id, watch.name, "", verdict, 0, now))
        acts = truth.edges > (before.edges if before else 0)
        occurrences = acting(running.campaign, watch, truth.edges, now) if acts else []
        self._store.set_truths([truth], now, occurrences=[to_row(o) for o in occurrences])
        return acts

    def _subjects(self, running: Running, journey: str, when: Condition, now: datetime) -> int:
        """The condition of a journey, asked for everybody who may enter it; becoming true is an event of its own."""
        name = f"journey:{journey}"
        before = self._store.truths(running.row.id, name)
        targets = self._campaigns.live_or_frozen(running)
        changed: list[Truth] = [Truth(running.row.id, name, "", None, 0, now)]  # when it was asked last
        raised: list[EventRow] = []
        for row in targets.everybody():
            subject = str(row["id"])
            moment = asking(running.campaign, now, targets.subject_zone(subject), row)
            context = context_of(running.campaign, targets, moment, Case(row, row), self._facts, when.text)
            old = before.get(subject)
            truth = _next(old, Truth(running.row.id, name, subject, evaluate(when.text, context), 0, now))
            if old is None or truth.value is not old.value:
                changed.append(truth)
            if truth.edges > (old.edges if old else 0):
                dedupe = f"{running.row.id}/{name}/{subject}/{truth.edges}"
                raised.append(EventRow(BECAME_TRUE + journey, subject, {"campaign": running.row.id}, now, dedupe))
        self._store.set_truths(changed, now, raised=raised)
        return len(raised)


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

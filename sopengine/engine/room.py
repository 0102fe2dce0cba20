"""What running campaigns will surely still send: caps keep room for what of it has the larger priority.

What is planned and not fanned out yet comes from the plans, as a dry run sees it; what is fanned out and has not gone
comes from the ledger, in the commit that asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.scopes import has_ended, scopes_around
from sopengine.language.guards import Cap, Guards, Scope
from sopengine.language.model import Step
from sopengine.planning.allowance import Coming, ComingUntil, nothing_coming
from sopengine.planning.coming import soonest
from sopengine.planning.facts import NOTHING
from sopengine.planning.forecast import Entry, Judged, due
from sopengine.planning.occurrences import plan
from sopengine.planning.possibilities import depends_on_facts, possible
from sopengine.planning.slots import slots
from sopengine.planning.targets import Targets
from sopengine.store.store import Store
from sopengine.store.uses import Uses
from sopengine.timing.zones import zone as zone_named

_DAY = timedelta(days=1)


class Planned(Struct, frozen=True):
    """One message of a plan, its campaign, and what it counts for."""

    running: Running
    judged: Judged
    coming: Coming


Plans = Mapping[tuple[Scope, str], Sequence[Planned]]


class Room:
    """`begin_pass` forgets what people have left out since; plans are made anew once a day, or when they change."""

    def __init__(self, store: Store, campaigns: Campaigns) -> None:
        self._store, self._campaigns = store, campaigns
        self._made_of: Sequence[object] = ()
        self._until: datetime | None = None
        self._plans: Plans = {}
        self._most: int | None = None  # the largest priority that caps keep room for; None: not looked up yet
        self._gone: dict[str, tuple[set[tuple[str, str, str]], Mapping[tuple[str, str], str]]] = {}

    def begin_pass(self) -> None:
        self._most = None
        self._gone.clear()

    def look(self, now: datetime) -> None:
        """Bring the plans up to date; nothing of it may be read inside a claim."""
        if self._most is not None:
            return
        capped = [one for one in self._running() if any(guards.caps for guards in one.guards.values())]
        ranks = {step.priority for one in capped for step in _sending(one)}
        self._most = max(ranks, default=0)
        if len(ranks) < 2:
            self._plans, self._made_of = {}, ()
            return  # nothing matters more than anything else
        live = [(one, self._live(one)) for one in capped]
        made_of = [one.campaign for one in capped] + [targets for _, targets in live]
        needed = max(cap.period.end(now, _zone(one)) for one in capped for cap in _caps(one)) + _DAY
        if not _same(made_of, self._made_of) or self._until is None or needed > self._until:
            self._until = needed + _DAY
            found: dict[tuple[Scope, str], list[Planned]] = {}
            for planned in self._planned(live, min(ranks), now, self._until):
                for counted in planned.judged.message.counts.items():
                    found.setdefault(counted, []).append(planned)
            self._plans, self._made_of = found, made_of
        for one in capped:
            self._gone[one.row.id] = self._store.all_left_out(one.row.id), self._store.ended(one.row.id)

    def coming(self, uses: Uses, by: Mapping[Scope, str], priority: int, now: datetime) -> ComingUntil:
        """As a message of this priority sees it, in the commit that would claim it."""
        if self._most is None or priority >= self._most:
            return nothing_coming

        def coming(scope: Scope, value: str, until: datetime) -> Sequence[Coming]:
            stored = {one.key: one for one in uses.waiting(by[scope], value, priority)}
            kept = [
                Coming(one.key, one.run_after, one.text, guards[one.step].caps)
                for one in stored.values()
                if one.run_after < until and (guards := self._guards_of(one.campaign)) is not None
            ]
            for planned in self._plans.get((scope, value), ()):
                one = planned.coming
                matters = planned.judged.priority > priority and one.key not in stored
                if matters and now < one.at < until and not self._is_gone(planned):
                    kept.append(one)
            return sorted(kept, key=soonest)

        return coming

    def _running(self) -> list[Running]:
        return [self._campaigns.running(row) for row in self._store.campaigns(("running",))]

    def _live(self, running: Running) -> Targets:
        live = any(running.is_live(step) for step in running.campaign.playbook.steps())
        return self._campaigns.live_or_frozen(running) if live else running.frozen

    def _guards_of(self, campaign: str) -> Mapping[str, Guards] | None:
        return self._campaigns.by_id(campaign).guards if campaign in self._gone else None

    def _planned(
        self, live: Sequence[tuple[Running, Targets]], least: int, now: datetime, until: datetime
    ) -> Iterator[Planned]:
        for running, fresh in live:
            campaign, guards = running.campaign, running.guards
            for occurrence in plan(campaign, fresh, campaign.start, until):
                step = occurrence.step
                ranked = any(arm.priority > least for _, arm in step.all_arms())
                if not ranked or occurrence.untimed or depends_on_facts(step) or not guards[step.id].caps:
                    continue
                targets = fresh if running.is_live(step) else running.frozen
                for slot in slots(targets, occurrence):
                    possibly = possible(campaign, targets, slot.occurrence, NOTHING, slot.turn)
                    entries = (Entry(campaign, targets, guards[step.id], delivery) for delivery in possibly)
                    for judged in due(entries):
                        if judged.priority > least and judged.occurrence.due_at > now:
                            yield Planned(running, judged, judged.coming(judged.occurrence.due_at))

    def _is_gone(self, planned: Planned) -> bool:
        """A person has left it out, or its scope has ended for its target."""
        left_out, ended = self._gone[planned.running.row.id]
        occurrence, target = planned.judged.occurrence, planned.judged.entry.delivery.target_id
        if left_out and any(
            (occurrence.step.id, key, whom) in left_out for key in ("", occurrence.key) for whom in ("", target)
        ):
            return True
        return bool(ended and has_ended(ended, scopes_around(occurrence), target))


def _sending(running: Running) -> Iterator[Step]:
    for step in running.campaign.playbook.steps():
        yield from (arm for _, arm in step.all_arms())


def _caps(running: Running) -> Iterator[Cap]:
    for guards in running.guards.values():
        yield from guards.caps


def _zone(running: Running) -> ZoneInfo:
    return zone_named(running.campaign.playbook.timezone)


def _same(some: Sequence[object], others: Sequence[object]) -> bool:
    """The very same: campaigns and targets are made anew when anything of them changes."""
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))

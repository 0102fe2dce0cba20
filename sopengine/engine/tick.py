"""One pass of the engine at a moment: plan ahead, enrol, fan out, expire, deliver. Safe to repeat at any time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType

from msgspec import Struct

from sopengine.channels.base import Channel
from sopengine.clock import Clock
from sopengine.diagnostics import Text
from sopengine.engine.addresses import Addresses
from sopengine.engine.ahead import next_planning, plan_ahead
from sopengine.engine.alerting import Alerting
from sopengine.engine.approvals import Approvals
from sopengine.engine.campaigns import Campaigns, ReadSources
from sopengine.engine.deliver import Delivery, asked_again_for
from sopengine.engine.during import DuringOthers
from sopengine.engine.exits import Exits
from sopengine.engine.facts import StoredFacts
from sopengine.engine.fan_out import FanOut
from sopengine.engine.guarding import Guarding
from sopengine.engine.happenings import Happenings
from sopengine.engine.lookups import Lookups
from sopengine.engine.queueing import begin_queued
from sopengine.engine.release import Release
from sopengine.engine.reminding import Reminding
from sopengine.engine.retention import Retaining
from sopengine.engine.turns import Turns
from sopengine.engine.watching import Watching
from sopengine.errors import SopError
from sopengine.language.guards import FREE, Guards
from sopengine.messages.renderer import Renderer
from sopengine.store.errors import PlansChanged
from sopengine.store.retention import KEEP, Retention
from sopengine.store.store import Store

log = logging.getLogger(__name__)

CLOCK_JUMP = timedelta(hours=3)


class Pass(Struct, frozen=True):
    """What one pass did: occurrences fanned out, deliveries claimed and missed, leases reaped; and when next."""

    fanned_out: int
    claimed: int
    missed: int
    reaped: int
    next_due: datetime | None


class Engine:
    """Everything one delivering process holds. Use as a context manager; `tick` is called from one thread."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        clock: Clock,
        read_sources: ReadSources,
        *,
        owner: str,
        guards: Guards = FREE,
        do_not_contact: str = "",
        retention: Retention = KEEP,
        renderer: Renderer | None = None,
        alerting: Alerting | None = None,
    ) -> None:
        self._store, self._channels, self._clock = store, channels, clock
        self._renderer = renderer or Renderer()
        self._alerting = alerting
        self._campaigns = Campaigns(store, read_sources, guards)
        self._facts = StoredFacts(store, self._campaigns)
        self._exits = Exits(store, self._facts)
        self._guarding = Guarding(store, self._campaigns, self._facts, _ids(read_sources, do_not_contact))
        self._happenings = Happenings(store, self._campaigns, self._facts)
        self._watching = Watching(store, self._campaigns, self._facts)
        self._turns = Turns(store, self._campaigns)
        self._during = DuringOthers(store, self._campaigns)
        addresses = Addresses(store, channels)
        self._approvals = Approvals(store, self._campaigns, addresses)
        self._fan_out = FanOut(
            store,
            self._campaigns,
            self._facts,
            self._exits,
            self._during,
            self._renderer,
            addresses,
            self._approvals,
        )
        self._retaining = Retaining(store, retention)
        self._lookups = Lookups(store, channels)
        self._reminding = Reminding(store, self._campaigns, addresses)
        self._release = Release(store, self._campaigns, self._facts, self._fan_out, self._approvals)
        self._delivery = Delivery(
            store,
            self._campaigns,
            self._facts,
            self._exits,
            self._guarding,
            self._approvals,
            self._during,
            self._renderer,
            channels,
            clock,
            owner,
        )

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._delivery.close()
        self._renderer.close()
        for channel in self._channels.values():
            channel.close()

    def tick(self, stopping: Callable[[], bool] = lambda: False) -> Pass:
        """Do everything that is due by the clock. `stopping` ends the pass after the group in hand."""
        while True:
            try:
                with self._store.holding_to_plans():
                    return self._pass(stopping)
            except PlansChanged:
                log.info("a campaign was changed meanwhile: the pass begins anew")

    def _pass(self, stopping: Callable[[], bool]) -> Pass:
        self._delivery.write_down()  # before a lease is judged
        now = self._clock.now()
        if restored := self._store.notice_old_copy(now):
            log.warning("the database is an older copy of itself: %s deliveries are unknown now", restored.unknown)
        if self._alerting:
            self._alerting.begin_pass(now)
        self._campaigns.begin_pass()
        self._facts.begin_pass(now)
        begin_queued(self._store, self._campaigns, now)
        for row in self._store.campaigns(("running", "paused")):
            plan_ahead(self._store, self._campaigns.running(row), now)
        self._turns.follow(now)
        self._store.fall_due(now)
        fanned_out = claimed = missed = reaped = 0
        while not stopping():
            now = self._clock.now()
            self._facts.begin_pass(now)
            self._during.begin_pass()
            self._guarding.begin_pass()
            over = self._store.reap(now, self._deduplicating(), self._campaigns.on_unknown)
            reaped += over.released + over.unknown
            moved = self._lookups.due(now)
            moved += self._happenings.handle(now) + self._watching.look(now)
            moved += self._approvals.due(now)
            moved += self._release.due(now) + self._fan_out.due(now) + self._reminding.due(now)
            missed += self._store.expire(now)
            taken = self._delivery.drain(stopping)
            fanned_out, claimed = fanned_out + moved, claimed + taken
            if not (moved or taken):
                break
        now = self._clock.now()
        self._store.hold_for_rate(now)
        begun = begin_queued(self._store, self._campaigns, now) if self._store.finish_campaigns(now) else 0
        self._retaining.due(now)
        self._store.set_last_tick(now)
        if self._alerting:
            self._alerting.tell(now)
        return Pass(fanned_out, claimed, missed, reaped, now if begun else self._next(now))

    def _next(self, now: datetime) -> datetime | None:
        moments = [self._store.next_wake(now), self._release.next_moment, self._lookups.next_moment]
        moments.append(self._alerting.next_moment if self._alerting else None)
        for row in self._store.campaigns(("running",)):
            moments += [next_planning(row), row.ends_at if row.ends_at and row.ends_at > now else None]
            moments.append(self._watching.next_look(self._campaigns.running(row)))
        return min((m for m in moments if m is not None), default=None)

    def _deduplicating(self) -> dict[str, timedelta]:
        windows = {name: asked_again_for(channel) for name, channel in self._channels.items()}
        return {name: window for name, window in windows.items() if window is not None}

    def notice_clock_jump(self) -> None:
        """A jump is told, never acted on: lateness decides row by row, and a jump back re-opens nothing (engine.md 7).

        Called before a pass by whoever passes often; a simulated clock jumps all the time."""
        now, last = self._clock.now(), self._store.last_tick()
        if last is not None and abs(now - last) > CLOCK_JUMP:
            log.warning("the last pass was at %s, now it is %s: a long stop or a clock change", last, now)


def _ids(read_sources: ReadSources, source: str) -> Callable[[], list[str]]:
    """Reads the ids that a source of the workspace lists."""

    def read() -> list[str]:
        if not source:
            return []
        found = read_sources([source])
        if source not in found:  # a list that is gone must never mean that everybody may be written to
            raise SopError(Text(f"工作区里没有数据源 {source}", f"the workspace has no source {source}"))
        return [str(row["id"]) for row in found[source]]

    return read

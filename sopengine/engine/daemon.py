"""The daemon: passes of the engine, and between them a sleep until the next due moment, new work, or a signal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sopengine.clock import Clock, ManualClock
from sopengine.engine.outage import Outage
from sopengine.engine.systemd import Notifier
from sopengine.engine.tick import Engine, Pass
from sopengine.store.errors import StoreTrouble

FALLBACK_SECONDS = 15.0
"""A pass at least this often: the net under a lost wake-up, a clock that was set, a lease of a worker that died."""
BLOCKED = timedelta(seconds=1)


class AlarmClock:
    """APScheduler as nothing but an alarm clock: UTC, in memory, one date job at the next due and a slow interval.

    Its jobs only ring; a ring that comes late, twice or not at all costs latency, never a step (engine.md 3).
    """

    def __init__(self, seconds: float = FALLBACK_SECONDS) -> None:
        self._rung = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._scheduler.add_job(self.ring, IntervalTrigger(seconds=seconds, timezone=UTC), id="fallback")
        self._scheduler.start()

    @classmethod
    def for_watchdog(cls, watchdog_seconds: float | None) -> AlarmClock:
        """Rings often enough for systemd's watchdog: twice within its time."""
        return cls(min(FALLBACK_SECONDS, (watchdog_seconds or 2 * FALLBACK_SECONDS) / 2))

    def ring(self) -> None:
        self._rung.set()

    def sleep_until(self, moment: datetime | None) -> None:
        """Returns when the moment has come, or earlier when rung."""
        if moment is not None:
            self._scheduler.add_job(
                self.ring, DateTrigger(run_date=moment, timezone=UTC), id="next-due", replace_existing=True
            )
        self._rung.wait()
        self._rung.clear()

    def close(self) -> None:
        self._scheduler.shutdown(wait=False)


class Daemon:
    """Runs until `stop` is called (from a signal handler or another thread); what it holds is finished first."""

    def __init__(self, engine: Engine, clock: Clock, alarm: AlarmClock, notifier: Notifier) -> None:
        self._engine, self._clock, self._alarm, self._notifier = engine, clock, alarm, notifier
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()
        self._alarm.ring()

    def run(self, on_pass: Callable[[Pass], None] = lambda _: None) -> None:
        """Trouble of the database that may pass is waited out: nothing is sent meanwhile, and no answer is lost."""
        ready, outage = False, Outage()
        while not self._stopping.is_set():
            try:
                moment = self._passed(on_pass)
                outage.over(self._clock.now())
            except StoreTrouble as error:
                moment = outage.next_try(error, self._clock.now())
                self._notifier.status(f"waiting for the database: {error}")
            if not ready:
                self._notifier.ready()
                ready = True
            self._notifier.alive()
            if not self._stopping.is_set():
                self._alarm.sleep_until(moment)
        self._notifier.stopping()

    def _passed(self, on_pass: Callable[[Pass], None]) -> datetime | None:
        """When the next pass is due after this one."""
        self._engine.notice_clock_jump()
        done = self._engine.tick(self._between_groups)
        self._notifier.status(f"next due {done.next_due.isoformat()}" if done.next_due else "nothing is due")
        on_pass(done)
        return done.next_due and ahead(done.next_due, self._clock.now())

    def _between_groups(self) -> bool:
        """Called by the pass itself, so that the watchdog sees the loop and not a thread beside it."""
        self._notifier.alive()
        return self._stopping.is_set()


def ahead(moment: datetime, now: datetime) -> datetime:
    """Work that is due but cannot go on (a source that is being written) is tried again later, not spun on."""
    return moment if moment > now else now + BLOCKED


def run_simulated(
    engine: Engine, clock: ManualClock, until: datetime | None, on_pass: Callable[[Pass], None] = lambda _: None
) -> None:
    """The same passes on a clock that jumps from due moment to due moment instead of waiting; ends when nothing is
    left, or at `until`."""
    while True:
        done = engine.tick()
        on_pass(done)
        target = done.next_due and ahead(done.next_due, clock.now())
        if target is None or (until is not None and target > until):
            if until is not None and clock.now() < until:
                clock.move_to(until)
                on_pass(engine.tick())
            return
        clock.move_to(target)

"""Caps and gaps: may a message go now, and if not, when? One judgement for the dry run and for the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sopengine.language.guards import Cap, Guards, Scope
from sopengine.timing.parse import duration_text
from sopengine.timing.zones import resolve

CAP, GAP = "cap", "gap"
DEFER, SKIP = "defer", "skip"


class Use(Protocol):
    """A message that has gone, or is about to."""

    @property
    def at(self) -> datetime: ...

    @property
    def text(self) -> str: ...


class Message(NamedTuple):
    """What is to go: by `Scope` whom and what it counts for; a scope that is left out does not concern it."""

    recipient: str
    counts: dict[Scope, str]
    clock: time  # of its slot: put off to another day, it comes at the same hour
    useful_until: datetime
    on_cap: str = DEFER


class Wait(NamedTuple):
    until: datetime
    hold: str  # cap | gap
    reason: str


class Never(NamedTuple):
    """It does not go at all: `missed` because its use is over before it could, else skipped."""

    missed: bool
    reason: str


UsesSince = Callable[[Scope, str, datetime], Sequence[Use]]
"""The uses for one scope and value from a moment on, oldest first."""


def allowed(guards: Guards, message: Message, now: datetime, zone: ZoneInfo, uses: UsesSince) -> Wait | Never | None:
    """None: it may go now. A gap only makes it wait; a cap makes it wait for room, or takes it away."""
    found: Wait | None = None
    for cap in guards.caps:
        verdict = _under(cap, message, now, zone, uses)
        if isinstance(verdict, Never):
            return verdict
        found = _later(found, verdict)
    found = _later(found, _apart(guards, message, now, uses))
    if found and found.until >= message.useful_until:
        return Never(True, f"{found.reason}; no time left")
    return found


def _under(cap: Cap, message: Message, now: datetime, zone: ZoneInfo, uses: UsesSince) -> Wait | Never | None:
    value = message.counts.get(cap.per)
    if value is None:
        return None
    used = uses(cap.per, value, cap.period.begin(now, zone))
    if len(used) < cap.most:
        return None
    reason = f"{CAP} {cap.text}: used by {', '.join(use.text for use in used[-cap.most :][:3])}"
    if message.on_cap == SKIP:
        return Never(False, reason)
    if cap.period.rolling is not None:
        falls_out = used[len(used) - cap.most]  # with this one gone there is room for one more
        return Wait(cap.period.end(falls_out.at, zone), CAP, reason)
    day = cap.period.end(now, zone).astimezone(zone).date()
    return Wait(resolve(datetime.combine(day, message.clock), zone).instant, CAP, reason)


def _apart(guards: Guards, message: Message, now: datetime, uses: UsesSince) -> Wait | None:
    if guards.gap is None:
        return None
    length = guards.gap.length
    last = [use for use in uses("target", message.recipient, now - length) if use.at + length > now]
    if not last:
        return None
    return Wait(last[-1].at + length, GAP, f"{GAP} {duration_text(guards.gap)} after {last[-1].text}")


def _later(one: Wait | None, other: Wait | None) -> Wait | None:
    return max((wait for wait in (one, other) if wait is not None), key=lambda wait: wait.until, default=None)

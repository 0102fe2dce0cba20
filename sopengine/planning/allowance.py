"""Caps and gaps: may a message go now, and if not, when? One judgement for the dry run and for the engine.

A cap keeps room: what is planned to come in its window and has the larger priority counts as if it had gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sopengine.language.guards import Cap, Guards, Scope
from sopengine.timing.parse import duration_text
from sopengine.timing.zones import resolve

CAP, GAP = "cap", "gap"
DEFER, SKIP = "defer", "skip"
_SOON = timedelta(minutes=1)
"""So much later it is asked again where what it makes room for is due already."""


class Use(Protocol):
    """A message that has gone, or is about to."""

    @property
    def at(self) -> datetime: ...

    @property
    def text(self) -> str: ...


class Coming(NamedTuple):
    """A message that will surely be due `at`, as far as is known; `caps` are those that hold for it."""

    key: str
    at: datetime
    text: str
    caps: tuple[Cap, ...]


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
ComingUntil = Callable[[Scope, str, datetime], Sequence[Coming]]
"""What is to come for one scope and value before a moment and matters more than the message, soonest first."""


def nothing_coming(scope: Scope, value: str, until: datetime) -> Sequence[Coming]:
    return ()


def allowed(
    guards: Guards,
    message: Message,
    now: datetime,
    zone: ZoneInfo,
    uses: UsesSince,
    coming: ComingUntil = nothing_coming,
) -> Wait | Never | None:
    """None: it may go now. A gap only makes it wait; a cap makes it wait for room, or takes it away."""
    found: Wait | None = None
    for cap in guards.caps:
        verdict = _under(cap, message, now, zone, uses, coming)
        if isinstance(verdict, Never):
            return verdict
        found = _later(found, verdict)
    found = _later(found, _apart(guards, message, now, uses))
    if found and found.until >= message.useful_until:
        return Never(True, f"{found.reason}; no time left")
    return found


def _under(
    cap: Cap, message: Message, now: datetime, zone: ZoneInfo, uses: UsesSince, coming: ComingUntil
) -> Wait | Never | None:
    value = message.counts.get(cap.per)
    if value is None:
        return None
    used = uses(cap.per, value, cap.period.begin(now, zone))
    kept = [one for one in coming(cap.per, value, cap.period.end(now, zone)) if _same(cap, one.caps)]
    loses = _first_without_room(cap, used, kept, zone) if len(used) < cap.most else None
    if len(used) < cap.most and loses is None:
        return None
    reason = f"{CAP} {cap.text}: {_taken(used[-cap.most :], kept[: loses + 1] if loses is not None else ())}"
    if message.on_cap == SKIP:
        return Never(False, reason)
    if cap.period.rolling is None:
        day = cap.period.end(now, zone).astimezone(zone).date()
        return Wait(resolve(datetime.combine(day, message.clock), zone).instant, CAP, reason)
    if loses is not None:
        return Wait(max(kept[loses].at, now + _SOON), CAP, reason)
    falls_out = used[len(used) - cap.most]  # with this one gone there is room for one more
    return Wait(cap.period.end(falls_out.at, zone), CAP, reason)


def _first_without_room(cap: Cap, used: Sequence[Use], kept: Sequence[Coming], zone: ZoneInfo) -> int | None:
    """The first of what is kept room for that would find none if the message went now."""
    for number, one in enumerate(kept):
        begin = cap.period.begin(one.at, zone)
        before = sum(use.at >= begin for use in used) + sum(other.at >= begin for other in kept[:number])
        if before + 1 >= cap.most:
            return number
    return None


def _same(cap: Cap, caps: Sequence[Cap]) -> bool:
    return any((one.per, one.most, one.period) == (cap.per, cap.most, cap.period) for one in caps)


def _taken(used: Sequence[Use], kept: Sequence[Coming]) -> str:
    by, room = (", ".join(one.text for one in some[:3]) for some in (used, kept))
    return ", ".join(part for part in (by and f"used by {by}", room and f"kept for {room}") if part)


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

"""`spread: 20m`: which part of that time a target waits, the same each time, from its id and never from dice."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b

from sopengine.timing.words import Duration


def place(target: str, spread: Duration) -> int:
    """Where in the spread this target stands, in whole seconds, less than its length."""
    hashed = int.from_bytes(blake2b(target.encode(), digest_size=8, person=b"spread").digest(), "big")
    return hashed * _seconds(spread) >> 64


def after(place: int, spread: Duration, room: timedelta) -> timedelta:
    """How long after the slot that place is. `room` is what lies between the slot and the moment it must be before:
    where it is short the whole spread shrinks into it."""
    short = int(max(room, timedelta(0)).total_seconds())
    return timedelta(seconds=place if short >= _seconds(spread) else place * short // _seconds(spread))


def offset(target: str, spread: Duration, room: timedelta) -> timedelta:
    return after(place(target, spread), spread, room)


def _seconds(spread: Duration) -> int:
    return spread.days * 86_400 + spread.seconds

"""`spread: 20m`: which part of that time a target waits, the same each time, from its id and never from dice."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b


def place(target: str) -> float:
    """Where in the spread this target stands, in [0, 1)."""
    return int.from_bytes(blake2b(target.encode(), digest_size=6, person=b"spread").digest(), "big") / 2**48


def offset(target: str, spread: timedelta, room: timedelta) -> timedelta:
    """Whole seconds after the slot; `room` is what lies between the slot and the moment it must be before."""
    return timedelta(seconds=int(place(target) * max(min(spread, room), timedelta(0)).total_seconds()))

"""`spread`: fixed places by a hash of the target's id, even over the time, and never past what bounds it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sopengine.timing.spread import offset, place

TWENTY = timedelta(minutes=20)
WIDE = timedelta(days=1)


def test_known_places() -> None:
    """What was planned by an earlier version stays where it was."""
    assert {name: int(offset(name, TWENTY, WIDE).total_seconds()) for name in ("g-donghu-1", "east", "周女士")} == {
        "g-donghu-1": 905,
        "east": 596,
        "周女士": 89,
    }


@given(target=st.text(), spread=st.timedeltas(timedelta(0), timedelta(days=2)), room=st.timedeltas())
def test_inside_the_time_and_before_the_bound(target: str, spread: timedelta, room: timedelta) -> None:
    found = offset(target, spread, room)
    assert timedelta(0) <= found
    assert found == timedelta(0) or (found < spread and found < room)
    assert found == offset(target, spread, room)


def test_even_over_the_time() -> None:
    minutes = [int(place(f"group-{n}") * 20) for n in range(10_000)]
    counts = [minutes.count(minute) for minute in range(20)]
    assert min(counts) > 400
    assert max(counts) < 600

"""`spread`: fixed places by a hash of the target's id, even over the time, and never past what bounds it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sopengine.timing.spread import offset, place
from sopengine.timing.words import Duration

TWENTY = Duration(seconds=1200)
WIDE = timedelta(days=1)


def test_known_places() -> None:
    """What was planned by an earlier version stays where it was."""
    places = {"g-donghu-1": 801, "east": 977, "周女士": 1189}
    assert {name: place(name, TWENTY) for name in places} == places


@given(target=st.text(), seconds=st.integers(1, 200_000), room=st.timedeltas())
def test_inside_the_time_and_before_the_bound(target: str, seconds: int, room: timedelta) -> None:
    spread = Duration(seconds // 86_400, seconds % 86_400)
    found = offset(target, spread, room)
    assert timedelta(0) <= found < timedelta(seconds=seconds)
    assert found == timedelta(0) or found < room
    assert found == offset(target, spread, room)
    assert offset(target, spread, timedelta(days=9)) == timedelta(seconds=place(target, spread))


def test_a_short_room_keeps_the_order() -> None:
    names = [f"group-{n}" for n in range(100)]
    whole = sorted(names, key=lambda name: place(name, TWENTY))
    offsets = [offset(name, TWENTY, timedelta(minutes=5)) for name in whole]
    assert offsets == sorted(offsets)
    assert timedelta(minutes=4) < offsets[-1] < timedelta(minutes=5)


def test_even_over_the_time() -> None:
    minutes = [place(f"group-{n}", TWENTY) // 60 for n in range(10_000)]
    counts = [minutes.count(minute) for minute in range(20)]
    assert min(counts) > 400
    assert max(counts) < 600

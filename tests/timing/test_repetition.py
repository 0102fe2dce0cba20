"""`every … from … until …`: half-open, its ordinals, its bounds, and what a clock change does to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.timing.parse import parse_at, parse_on
from sopengine.timing.slots import Frame, Slot, ordinals, slots
from sopengine.timing.words import AnchorValue, AtAnchor, AtEvent, AtEvery, Duration, When
from sopengine.timing.workcalendar import work_calendar
from sopengine.timing.zones import zone

JUNE = date(2026, 6, 1), date(2026, 6, 30)
LIVE = {"live": datetime(2026, 6, 18, 12, tzinfo=UTC)}  # 20:00 in Shanghai


def found(
    *at: str,
    on: str = "day 1",
    anchors: dict[str, AnchorValue] | None = None,
    zone_name: str = "Asia/Shanghai",
    days: tuple[date, date] = JUNE,
    most: int | None = None,
) -> list[Slot]:
    frame = Frame(zone(zone_name), work_calendar(""), *days, anchors or {})
    when = When(tuple(map(parse_on, filter(None, [on]))), tuple(map(parse_at, at)), most=most)
    return list(slots(when, frame, date(2026, 1, 1), date(2027, 1, 1)))


def clocks(listed: list[Slot]) -> list[str]:
    return [f"{slot.local:%H:%M}" for slot in listed]


def test_the_end_does_not_count() -> None:
    assert clocks(found("every 1h from 10:00 until 13:00")) == ["10:00", "11:00", "12:00"]
    assert clocks(found("every 1h from 10:00 until 13:01")) == ["10:00", "11:00", "12:00", "13:00"]
    assert clocks(found("every 45m from 10:00 until 12:00")) == ["10:00", "10:45", "11:30"]
    assert clocks(found("every 2h from 22:00 until 02:00 +1d")) == ["22:00", "00:00"]
    assert len(found("every 1h from 00:00 until 00:00 +1d", on="daily")) == 30 * 24


def test_ordinals_tell_items_and_repetitions_apart() -> None:
    listed = found("09:00", "every 1h from 10:00 until 12:30", "18:00")
    assert [(slot.ordinal, f"{slot.local:%H:%M}") for slot in listed] == [
        (0, "09:00"), (1, "10:00"), (4, "11:00"), (7, "12:00"), (2, "18:00"),
    ]  # fmt: skip
    two = found("every 1h from 10:00 until 12:00", "every 1h from 10:30 until 12:00")
    assert sorted(slot.ordinal for slot in two) == [0, 1, 2, 3]
    assert all(
        slot.ordinal < ordinals(When(at=tuple(map(parse_at, ["every 1m from 00:00 until 23:59"])))) for slot in two
    )


def test_max_ends_it_earlier() -> None:
    assert clocks(found("every 1h from 10:00 until 22:00", most=3)) == ["10:00", "11:00", "12:00"]
    assert len(found("every 1h from 10:00 until 12:00", most=5)) == 2


def test_from_an_anchor_alone() -> None:
    closes = {**LIVE, "close": datetime(2026, 6, 18, 17, tzinfo=UTC)}  # 01:00 of the next day
    listed = found("every 2h from live until close", on="", anchors=closes)
    assert [f"{slot.local:%m-%d %H:%M}" for slot in listed] == ["06-18 20:00", "06-18 22:00", "06-19 00:00"]
    assert [(slot.day, slot.ordinal) for slot in listed] == [("", 0), ("", 1), ("", 2)]
    assert clocks(found("every 30m from live - 1h until 20:00", on="", anchors=closes)) == ["19:00", "19:30"]


def test_an_anchor_lends_its_clock_to_a_day() -> None:
    hours: dict[str, AnchorValue] = {"target.opens": time(9, 30), "target.closes": time(12)}
    assert clocks(found("every 1h from target.opens until target.closes", anchors=hours)) == ["09:30", "10:30", "11:30"]
    assert clocks(found("every 1h from target.opens + 10m until 12:00", anchors=hours)) == ["09:40", "10:40", "11:40"]
    assert found("every 1h from target.closes until target.opens", anchors=hours) == []


def test_until_an_event_it_goes_on_to_its_most() -> None:
    every = AtEvery(
        "x", Duration(seconds=900), AtAnchor("live", parse_at("live").anchor), AtEvent("live.ended", "live.ended")
    )
    frame = Frame(zone("Asia/Shanghai"), work_calendar(""), *JUNE, LIVE)
    assert clocks(list(slots(When(at=(every,), most=3), frame, *JUNE))) == ["20:00", "20:15", "20:30"]
    with pytest.raises(ValueError, match="has no end"):
        list(slots(When(at=(every,)), frame, *JUNE))


NEW_YORK = "America/New_York"


def test_a_clock_gap_draws_a_repetition_together_once() -> None:
    spring = date(2026, 3, 8), date(2026, 3, 8)
    listed = found("every 30m from 01:00 until 04:00", on="daily", zone_name=NEW_YORK, days=spring)
    assert [f"{slot.instant.astimezone(zone(NEW_YORK)):%H:%M}" for slot in listed] == [
        "01:00",
        "01:30",
        "03:00",
        "03:30",
    ]
    assert [(slot.ordinal, slot.note) for slot in listed] == [(0, ""), (1, ""), (4, ""), (5, "")]
    inside = found("every 10m from 02:10 until 02:50", on="daily", zone_name=NEW_YORK, days=spring)
    assert [(slot.ordinal, slot.note) for slot in inside] == [(3, "gap")]


def test_an_overlap_repeats_nothing_by_the_wall_and_goes_on_from_an_anchor() -> None:
    autumn = date(2026, 11, 1), date(2026, 11, 1)
    listed = found("every 30m from 00:30 until 02:30", on="daily", zone_name=NEW_YORK, days=autumn)
    assert clocks(listed) == ["00:30", "01:00", "01:30", "02:00"]
    assert len({slot.instant for slot in listed}) == 4
    begin = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
    live: dict[str, AnchorValue] = {"live": begin, "close": begin + timedelta(hours=2, minutes=30)}
    beats = found("every 30m from live until close", on="", anchors=live, zone_name=NEW_YORK, days=autumn)
    assert [slot.instant - begin for slot in beats] == [n * timedelta(minutes=30) for n in range(5)]


@given(
    begin=st.integers(0, 1439),
    length=st.integers(1, 1440),
    step=st.integers(1, 300),
    most=st.none() | st.integers(1, 50),
)
def test_equals_counting_minutes(begin: int, length: int, step: int, most: int | None) -> None:
    end = begin + length
    until = f"{end // 60 % 24:02}:{end % 60:02}" + (" +1d" if end >= 1440 else "")
    if end >= 2880:
        return
    listed = found(f"every {step}m from {begin // 60:02}:{begin % 60:02} until {until}", most=most)
    midnight = datetime(2026, 6, 1)
    expected = [midnight + timedelta(minutes=m) for m in range(begin, end, step)][:most]
    assert [slot.local for slot in listed] == expected
    assert [slot.ordinal for slot in listed] == list(range(len(expected)))

"""Slots of `on` and `at` in their frame: days, identity, order, shifts, bounds, clock changes; dependent moments."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from sopengine.timing.parse import parse_after, parse_anchor, parse_at, parse_on
from sopengine.timing.slots import AnchorMissing, Frame, Slot, after_moments, anchor_day, bound_instant, slots
from sopengine.timing.words import AnchorTime, AnchorValue, Duration, When
from sopengine.timing.workcalendar import work_calendar
from sopengine.timing.zones import zone

SHANGHAI = zone("Asia/Shanghai")
CN = work_calendar("CN")
OPENING = {"opening": date(2026, 6, 18), "live": datetime(2026, 6, 18, 12, tzinfo=UTC), "opens": time(9, 30)}


def frame(
    first: str = "2026-06-01",
    last: str | None = "2026-06-30",
    zone_name: str = "Asia/Shanghai",
    anchors: dict[str, AnchorValue] | None = None,
    calendar: str = "CN",
) -> Frame:
    end = None if last is None else date.fromisoformat(last)
    given = OPENING if anchors is None else anchors
    return Frame(zone(zone_name), work_calendar(calendar), date.fromisoformat(first), end, given)


def when(on: str = "", at: str = "10:00", except_: str = "", shift: str | None = None) -> When:
    return When(
        on=tuple(parse_on(item) for item in on.split(",") if item),
        at=tuple(parse_at(item) for item in at.split(",")),
        except_=tuple(parse_on(item) for item in except_.split(",") if item),
        shift=shift,
    )


def found(step: When, within: Frame | None = None, begin: str = "2026-01-01", end: str = "2027-01-01") -> list[Slot]:
    return list(slots(step, within or frame(), date.fromisoformat(begin), date.fromisoformat(end)))


def dates(step: When, within: Frame | None = None, **window: str) -> list[str]:
    return [slot.date.isoformat()[5:] for slot in found(step, within, **window)]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2026-06-18", "06-18"),
        ("opening - 7d", "06-11"),
        ("live + 4h", "06-19"),
        ("day 2", "06-02"),
        ("day -1", "06-30"),
        ("day 2..4", "06-02 06-03 06-04"),
        ("day -2..-1", "06-29 06-30"),
        ("day 29..-1", "06-29 06-30"),
        ("tue", "06-02 06-09 06-16 06-23 06-30"),
        ("mon,wed", "06-01 06-03 06-08 06-10 06-15 06-17 06-22 06-24 06-29"),
        ("every 2 weeks tue", "06-02 06-16 06-30"),
        ("every 2 weeks sun", "06-07 06-21"),
        ("weekends", "06-06 06-07 06-13 06-14 06-20 06-21 06-27 06-28"),
        ("holidays", "06-19 06-20 06-21"),
        ("monthly 22", "06-22"),
        ("monthly last", "06-30"),
        ("monthly 2nd tue", "06-09"),
        ("monthly last fri", "06-26"),
    ],
)
def test_days_of_june_2026(on: str, expected: str) -> None:
    assert dates(when(on)) == expected.split()


def test_daily_and_workdays_know_the_calendar() -> None:
    assert len(dates(when("daily"))) == 30
    workdays = dates(when("workdays"))
    assert len(workdays) == 21
    assert "06-19" not in workdays  # Dragon Boat Festival, a Friday
    february = frame("2026-02-01", "2026-02-28")
    assert "02-14" in dates(when("workdays"), february)  # a Saturday that is worked
    assert "02-14" not in dates(when("weekends"), february)


def test_months_go_over_the_year_and_weeks_count_from_the_first_week_of_the_flow() -> None:
    open_end = frame("2026-11-20", None)
    window = {"begin": "2026-11-01", "end": "2027-03-01"}
    assert dates(when("monthly last"), open_end, **window) == ["11-30", "12-31", "01-31", "02-28"]
    # the flow begins on a Friday; its first week is that of Monday 16 November
    assert dates(when("every 2 weeks mon"), open_end, begin="2026-11-01", end="2026-12-31") == [
        "11-30",
        "12-14",
        "12-28",
    ]
    assert dates(when("every 2 weeks sat"), open_end, begin="2026-12-10", end="2026-12-31") == ["12-19"]


def test_a_window_gives_what_the_whole_gives_inside_it() -> None:
    step = when("every 3 weeks thu,monthly 2nd tue,day 3,weekends", at="09:00,21:00")
    open_end = frame("2026-01-07", None)
    whole = found(step, open_end)
    pieces = [
        slot
        for day in range(365)
        for slot in slots(
            step, open_end, date(2026, 1, 1) + timedelta(days=day), date(2026, 1, 2) + timedelta(days=day)
        )
    ]
    assert pieces == whole
    assert len(whole) > 200


def test_identity_of_the_day() -> None:
    def identities(on: str, at: str = "10:00") -> list[tuple[str, int]]:
        return [(slot.day, slot.ordinal) for slot in found(when(on, at))]

    assert identities("day 1") == [("", 0)]
    assert identities("opening - 7d", "10:00,20:00") == [("", 0), ("", 1)]
    assert identities("day 1,opening - 7天") == [("day 1", 0), ("opening - 7d", 0)]
    assert identities("day 2..3") == [("day 2", 0), ("day 3", 0)]
    assert identities("day -2..-1") == [("day -2", 0), ("day -1", 0)]
    assert identities("monthly 22") == [("2026-06-22", 0)]
    assert identities("第一天,周一")[:2] == [("day 1", 0), ("2026-06-08", 0)]
    assert identities("", "live - 30m,live") == [("", 0), ("", 1)]


def test_items_on_one_day_give_one_slot_to_the_first_written() -> None:
    assert [slot.day for slot in found(when("2026-06-18,opening"))] == ["2026-06-18"]
    assert [slot.day for slot in found(when("opening,2026-06-18"))] == ["opening"]
    both = [slot.day for slot in found(when("thu,opening"))]
    assert both == ["2026-06-04", "2026-06-11", "2026-06-18", "2026-06-25"]


def test_time_order_with_ordinals_of_the_written_list() -> None:
    listed = found(when("day 1,day 2", at="20:00,10:00,00:30 +1d"))
    assert [(slot.date.day, slot.ordinal, slot.local.day, slot.local.hour) for slot in listed] == [
        (1, 1, 1, 10),
        (1, 0, 1, 20),
        (1, 2, 2, 0),
        (2, 1, 2, 10),
        (2, 0, 2, 20),
        (2, 2, 3, 0),
    ]


def test_except_takes_days_away() -> None:
    assert dates(when("daily", except_="workdays,weekends")) == ["06-19"]
    assert dates(when("day 1..5", except_="wed,day -30,2026-06-05")) == ["06-02", "06-04"]
    assert dates(when("daily", except_="daily")) == []
    assert dates(when("daily", except_="monthly last,opening - 1d,every 2 weeks mon"))[:2] == ["06-02", "06-03"]
    assert found(when("", at="live", except_="thu")) == []


def test_rules_keep_inside_the_flow_and_listed_days_do_not() -> None:
    short = frame("2026-06-10", "2026-06-12")
    assert dates(when("daily"), short) == ["06-10", "06-11", "06-12"]
    assert dates(when("tue,monthly 22"), short) == []
    assert dates(when("opening"), short) == ["06-18"]
    assert dates(when("day 5,2026-01-01"), short) == ["01-01", "06-14"]
    assert dates(when("day -1"), frame("2026-06-10", None)) == []


def test_workday_shift_keeps_the_nominal_day() -> None:
    (slot,) = found(when("opening + 1d", shift="next-workday"))
    assert (slot.date, slot.shifted_from, slot.local) == (
        date(2026, 6, 19),
        date(2026, 6, 19),
        datetime(2026, 6, 22, 10),
    )
    (slot,) = found(when("opening + 1d", shift="previous-workday"))
    assert (slot.local, slot.instant) == (datetime(2026, 6, 18, 10), datetime(2026, 6, 18, 2, tzinfo=UTC))
    (slot,) = found(when("opening", shift="next-workday"))
    assert slot.shifted_from is None
    # 9 May 2026 is a Saturday that is worked
    (slot,) = found(when("2026-05-09", shift="next-workday"))
    assert slot.local.date() == date(2026, 5, 9)
    (slot,) = found(when("", at="live + 1d", shift="next-workday"))
    assert (slot.date, slot.local, slot.shifted_from) == (
        date(2026, 6, 19), datetime(2026, 6, 22, 20), date(2026, 6, 19),
    )  # fmt: skip


def test_shifted_slots_come_in_time_order() -> None:
    listed = found(when("sat,sun,mon", shift="next-workday", at="10:00,09:00"), frame("2026-06-06", "2026-06-08"))
    assert [(slot.local.hour, slot.date.day) for slot in listed] == [(9, 6), (9, 7), (9, 8), (10, 6), (10, 7), (10, 8)]


def test_a_datetime_anchor_needs_no_day_and_a_time_anchor_lends_its_clock() -> None:
    (slot,) = found(when("", at="live - 30m"))
    assert (slot.date, slot.local) == (date(2026, 6, 18), datetime(2026, 6, 18, 19, 30))
    assert found(when("", at="live"), begin="2026-06-19") == []
    assert [slot.local for slot in found(when("day 1..2", at="opens + 10m"))] == [
        datetime(2026, 6, 1, 9, 40),
        datetime(2026, 6, 2, 9, 40),
    ]
    (slot,) = found(when("opening - 1d", at="live"))
    assert slot.local == datetime(2026, 6, 17, 20)


def test_an_anchor_that_is_not_there_or_of_the_wrong_kind_is_named() -> None:
    for step in (
        when("nowhere - 1d"),
        when("", at="nowhere"),
        when("", at="opening"),
        when("", at="opens"),
        when("opens"),
    ):
        with pytest.raises(AnchorMissing) as caught:
            found(step)
        assert caught.value.name in {"nowhere", "opening", "opens"}


def test_a_birthday_comes_every_year() -> None:
    def birthdays(born: str, on: str = "member.birthday", last: str = "2029-12-31") -> list[str]:
        flow = frame("2026-03-01", last, anchors={"member.birthday": date.fromisoformat(born)})
        listed = found(when(on), flow, end="2030-01-01")
        assert all(slot.day == slot.date.isoformat() for slot in listed)
        return [slot.day for slot in listed]

    assert birthdays("1990-05-20") == ["2026-05-20", "2027-05-20", "2028-05-20", "2029-05-20"]
    assert birthdays("1992-02-29") == ["2027-02-28", "2028-02-29", "2029-02-28"]
    assert birthdays("2031-12-31") == ["2026-12-31", "2027-12-31", "2028-12-31", "2029-12-31"]
    assert birthdays("1990-01-01", "member.birthday - 1d", "2027-12-31") == ["2026-12-31", "2027-12-31"]
    assert birthdays("1990-12-31", "member.birthday + 1d", "2027-12-31") == ["2027-01-01"]
    assert birthdays("1992-02-29", "member.birthday + 1d", "2028-12-31") == ["2026-03-01", "2027-03-01", "2028-03-01"]
    with_time = frame("2026-01-01", "2026-12-31", anchors={"target.birthday": datetime(1990, 5, 20, 17, tzinfo=UTC)})
    assert dates(when("target.birthday"), with_time) == ["05-21"]  # an hour past midnight in Shanghai
    with pytest.raises(AnchorMissing):
        found(when("target.birthday"), frame(anchors={}))


def test_a_birthday_can_be_taken_away() -> None:
    flow = frame("2026-05-19", "2026-05-21", anchors={"target.birthday": date(1990, 5, 20)})
    assert dates(when("daily", except_="target.birthday"), flow) == ["05-19", "05-21"]


@pytest.mark.parametrize("step", [when("", at="10:00"), When(on=when("daily").on), When(after=parse_after("10m"))])
def test_a_time_that_the_language_refuses_is_our_bug(step: When) -> None:
    with pytest.raises(ValueError, match="at"):
        found(step)


WEEK = [("mon", "09:00"), ("tue", "15:00,17:00"), ("fri", "19:00")]


@pytest.mark.parametrize("name", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"])
def test_the_tea_week_over_all_of_2026(name: str) -> None:
    """The wall clock of each place shows these weekdays and times in every week, both clock changes included."""
    here = zone(name)
    flow = frame("2026-01-01", "2026-12-31", name)
    seen: set[tuple[date, str]] = set()
    for on, at in WEEK:
        for slot in found(when(on, at), flow):
            wall = slot.instant.astimezone(here)
            assert slot.note == ""
            assert wall.replace(tzinfo=None) == slot.local
            assert f"{wall:%H:%M}" in at
            seen.add((wall.date(), f"{wall:%a %H:%M}".lower()))
    expected = set()
    for step in range(365):
        day = date(2026, 1, 1) + timedelta(days=step)
        expected |= {(day, f"{on} {clock}") for on, at in WEEK if f"{day:%a}".lower() == on for clock in at.split(",")}
    assert seen == expected
    assert len(seen) == 52 * 4


def test_the_missing_day_of_apia() -> None:
    """Friday 2011-12-30 does not exist there: no rule runs for it; a listed day runs when it would have begun."""
    flow = frame("2011-12-01", "2012-01-31", "Pacific/Apia")
    window = {"begin": "2011-12-26", "end": "2012-01-08"}
    assert dates(when("fri", "19:00"), flow, **window) == ["01-06"]
    assert dates(when("fri", "00:30 +1d"), flow, **window) == ["01-06"]
    assert dates(when("daily"), flow, begin="2011-12-29", end="2012-01-01") == ["12-29", "12-31"]
    (slot,) = found(when("2011-12-30"), flow, **window)
    assert (slot.instant, slot.note, slot.date) == (datetime(2011, 12, 30, 10, tzinfo=UTC), "gap", date(2011, 12, 30))


def test_slots_in_a_gap_run_at_its_end_in_written_order() -> None:
    flow = frame("2026-03-08", "2026-03-08", "America/New_York")
    listed = found(when("daily", at="03:00,02:30,02:15,01:59"), flow)
    assert [slot.ordinal for slot in listed] == [3, 0, 1, 2]
    assert [slot.note for slot in listed] == ["", "", "gap", "gap"]
    assert len({slot.instant for slot in listed[1:]}) == 1


@pytest.mark.parametrize("name", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("weekday", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
def test_the_weekday_is_that_of_the_local_date(name: str, weekday: str) -> None:
    flow = frame("2026-01-01", "2026-12-31", name)
    listed = found(when(weekday, at="00:05,23:55"), flow)
    assert len(listed) in {104, 106}
    assert {f"{slot.instant.astimezone(zone(name)):%a}".lower() for slot in listed} == {weekday}


def test_bounds() -> None:
    def bound(text: str) -> str:
        return bound_instant(parse_anchor(text), OPENING, SHANGHAI).isoformat()

    assert bound("2026-06-18") == "2026-06-17T16:00:00+00:00"
    assert bound("opening") == "2026-06-17T16:00:00+00:00"
    assert bound("opening - 14d") == "2026-06-03T16:00:00+00:00"
    assert bound("live - 30m") == "2026-06-18T11:30:00+00:00"
    assert bound("2026-06-18T20:00") == "2026-06-18T12:00:00+00:00"
    assert bound("2026-06-18T20:00Z") == "2026-06-18T20:00:00+00:00"
    with pytest.raises(AnchorMissing):
        bound("opens")


def test_a_day_whose_midnight_the_clock_leaps_over_moves_no_other_bound() -> None:
    """In Beirut the 29th of March 2026 begins at one o'clock; two days later the day begins at midnight."""
    beirut, anchors = zone("Asia/Beirut"), {"start": date(2026, 3, 29), "wall": datetime(2026, 3, 29, 0, 30)}

    def bound(text: str) -> str:
        return bound_instant(parse_anchor(text), anchors, beirut).astimezone(beirut).isoformat(timespec="minutes")

    assert bound("start") == "2026-03-29T01:00+03:00"
    assert bound("start + 2d") == "2026-03-31T00:00+03:00"
    assert bound("start - 1d") == "2026-03-28T00:00+02:00"
    assert bound("wall + 1d") == "2026-03-30T00:30+03:00"


def test_the_day_of_an_anchor() -> None:
    assert anchor_day(AnchorTime("opening", Duration(days=-7)), OPENING, SHANGHAI) == date(2026, 6, 11)
    assert anchor_day(AnchorTime("live", Duration(seconds=4 * 3600)), OPENING, SHANGHAI) == date(2026, 6, 19)
    naive = {"live": datetime(2026, 6, 18, 23)}
    assert anchor_day(AnchorTime("live"), naive, SHANGHAI) == date(2026, 6, 18)


def test_after() -> None:
    origin = datetime(2026, 6, 1, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai

    def due(after: str, *at: str, place: Frame | None = None) -> list[tuple[int, str]]:
        moments = tuple(parse_at(text) for text in at)
        found = after_moments(When(at=moments, after=parse_after(after)), origin, place or frame())
        return [(ordinal, instant.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")) for ordinal, instant in found]

    assert due("10s") == [(0, "06-01 23:30:10")]
    assert due("0s") == [(0, "06-01 23:30:00")]
    assert due("1h") == [(0, "06-02 00:30:00")]
    assert due("1d", "10:00") == [(0, "06-02 10:00:00")]
    assert due("3d", "19:30", "09:00") == [(1, "06-04 09:00:00"), (0, "06-04 19:30:00")]
    assert due("1h", "10:00") == [(0, "06-02 10:00:00")]
    assert due("1d", "opens + 10m") == [(0, "06-02 09:40:00")]
    assert due("1d", "09:00", "every 1h from 10:00 until 12:00") == [
        (0, "06-02 09:00:00"),
        (1, "06-02 10:00:00"),
        (3, "06-02 11:00:00"),
    ]
    # the same instant is still noon of 1 June in New York
    assert due("1d", "10:00", place=frame(zone_name="America/New_York")) == [(0, "06-02 22:00:00")]

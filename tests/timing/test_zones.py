"""Zone names, local times across clock changes, and arithmetic on local days, against known answers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sopengine.timing.mistake import TimeTextError
from sopengine.timing.words import Duration
from sopengine.timing.zones import add, day_exists, local_date, resolve, tzdata_version, zone

# zone, local time, instant in UTC, note. Written down from the rules of each country, not from this program.
KNOWN = [
    ("Asia/Shanghai", "2026-06-18T20:00", "2026-06-18T12:00", ""),
    ("Asia/Shanghai", "1991-04-14T02:30", "1991-04-13T18:00", "gap"),
    ("Asia/Shanghai", "1991-09-15T01:30", "1991-09-14T16:30", "overlap"),
    ("America/New_York", "2026-03-08T01:59", "2026-03-08T06:59", ""),
    ("America/New_York", "2026-03-08T02:00", "2026-03-08T07:00", "gap"),
    ("America/New_York", "2026-03-08T02:59", "2026-03-08T07:00", "gap"),
    ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00", ""),
    ("America/New_York", "2026-11-01T00:59", "2026-11-01T04:59", ""),
    ("America/New_York", "2026-11-01T01:00", "2026-11-01T05:00", "overlap"),
    ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00", ""),
    ("Europe/London", "2026-03-29T01:30", "2026-03-29T01:00", "gap"),
    ("Europe/Dublin", "2026-03-29T01:30", "2026-03-29T01:00", "gap"),
    ("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00", "gap"),
    ("Africa/Cairo", "2026-04-24T00:30", "2026-04-23T22:00", "gap"),
    ("America/Santiago", "2026-09-06T00:15", "2026-09-06T04:00", "gap"),
    ("America/Santiago", "2026-04-04T23:30", "2026-04-05T02:30", "overlap"),
    ("Asia/Beirut", "2026-03-29T00:00", "2026-03-28T22:00", "gap"),
    ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30", "gap"),
    ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03T15:30", ""),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "overlap"),
    ("Pacific/Apia", "2011-12-29T23:59", "2011-12-30T09:59", ""),
    ("Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00", "gap"),
    ("Pacific/Apia", "2011-12-30T23:59", "2011-12-30T10:00", "gap"),
    ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00", ""),
    ("Pacific/Kwajalein", "1993-08-21T12:00", "1993-08-21T12:00", "gap"),
]


@pytest.mark.parametrize(("name", "local", "instant", "note"), KNOWN)
def test_known_answers(name: str, local: str, instant: str, note: str) -> None:
    found = resolve(datetime.fromisoformat(local), zone(name))
    assert (found.instant.isoformat(timespec="minutes"), found.note) == (instant + "+00:00", note)


def test_a_gap_ends_on_the_exact_second_whatever_the_fraction_asked_for() -> None:
    asked = datetime(2026, 3, 8, 2, 17, 33, 250_000)
    assert resolve(asked, zone("America/New_York")).instant == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_a_local_time_is_naive() -> None:
    with pytest.raises(ValueError, match="not a local time"):
        resolve(datetime(2026, 6, 18, tzinfo=UTC), zone("Asia/Shanghai"))


def test_only_a_day_that_the_zone_leaps_over_does_not_exist() -> None:
    apia = zone("Pacific/Apia")
    days = [date(2011, 12, number) for number in range(28, 32)]
    assert [day_exists(day, apia) for day in days] == [True, True, False, True]
    assert day_exists(date(2026, 4, 24), zone("Africa/Cairo"))  # begins at 01:00
    assert day_exists(date(2011, 12, 30), zone("Asia/Shanghai"))


def test_days_go_by_the_wall_clock_and_seconds_as_they_pass() -> None:
    new_york = zone("America/New_York")
    saturday_ten = datetime(2026, 3, 7, 15, tzinfo=UTC)
    assert add(saturday_ten, Duration(days=1), new_york) == datetime(2026, 3, 8, 14, tzinfo=UTC)
    assert add(saturday_ten, Duration(seconds=86400), new_york) == datetime(2026, 3, 8, 15, tzinfo=UTC)
    assert add(saturday_ten, -Duration(days=7, seconds=60), new_york) == datetime(2026, 2, 28, 14, 59, tzinfo=UTC)
    assert add(saturday_ten, Duration(days=1, seconds=3600), new_york) == datetime(2026, 3, 8, 15, tzinfo=UTC)


def test_adding_nothing_keeps_an_instant_in_the_second_pass_of_an_overlap() -> None:
    second_half_past_one = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert add(second_half_past_one, Duration(), zone("America/New_York")) == second_half_past_one


def test_the_local_date_is_that_on_the_wall() -> None:
    assert local_date(datetime(2026, 6, 17, 16, tzinfo=UTC), zone("Asia/Shanghai")) == date(2026, 6, 18)
    assert local_date(datetime(2026, 6, 17, 16, tzinfo=UTC), zone("America/New_York")) == date(2026, 6, 17)


def test_zone_data_are_the_packages_not_the_hosts() -> None:
    import zoneinfo

    assert zoneinfo.TZPATH == ()
    assert tzdata_version()[:4].isdigit()


@pytest.mark.parametrize("name", ["Asia/Shanghai", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT-8"])
def test_a_zone_by_its_name(name: str) -> None:
    assert zone(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    ("name", "correct"),
    [
        *[(name, "Asia/Shanghai") for name in ("北京", "北京时间", "Asia/Beijing", "PRC", "CST")],
        *[(name, "Asia/Shanghai") for name in ("UTC+8", "GMT+08:00", "+8")],
        ("asia/shanghai", "Asia/Shanghai"),
        ("Asia/Shangai", "Asia/Shanghai"),
        ("Shanghai", "Asia/Shanghai"),
        ("New York", "America/New_York"),
        ("香港", "Asia/Hong_Kong"),
        ("Asia/Shanghai ", "Asia/Shanghai"),
        ("UTC-5", None),
        ("Asia", None),
        ("../../etc/passwd", None),
        ("\0", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_a_wrong_zone_names_the_right_one(name: str, correct: str | None) -> None:
    with pytest.raises(TimeTextError) as caught:
        zone(name)
    assert (caught.value.code, caught.value.correct) == ("SOP-S209", correct)
    assert caught.value.help is not None
    assert len(caught.value.message.zh) < 100


def test_every_other_zone_of_the_data_can_be_named() -> None:
    import zoneinfo

    for name in zoneinfo.available_timezones() - {"PRC"}:
        assert zone(name).key == name


def test_after_any_gap_of_any_zone_the_wall_shows_a_later_time() -> None:
    """Every change of 2026 in every zone: a time inside a gap is given the first instant past it."""
    import zoneinfo

    gaps = 0
    for name in zoneinfo.available_timezones() - {"PRC"}:
        here = zone(name)
        for day in range(365):
            noon = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
            if noon.astimezone(here).utcoffset() >= (noon + timedelta(days=1)).astimezone(here).utcoffset():
                continue
            for quarter in range(-60, 156):
                local = noon.replace(tzinfo=None) + timedelta(minutes=15 * quarter)
                instant, note = resolve(local, here)
                if note == "gap":
                    gaps += 1
                    wall = instant.astimezone(here).replace(tzinfo=None)
                    before = (instant - timedelta(seconds=1)).astimezone(here).replace(tzinfo=None)
                    assert before < local <= wall, (name, local)
    assert gaps > 300

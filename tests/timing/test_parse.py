"""What authors write about time: every accepted form with its canonical spelling, every mistake with its place."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sopengine.diagnostics import CODES
from sopengine.timing.parse import (
    TimeTextError,
    duration_text,
    parse_after,
    parse_anchor,
    parse_at,
    parse_clock,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_on,
)
from sopengine.timing.parse.numerals import number
from sopengine.timing.words import (
    After,
    AnchorTime,
    AtAnchor,
    AtClock,
    AtEvery,
    Duration,
    OnAnchor,
    OnCron,
    OnDate,
    OnLunar,
    OnMonthly,
    OnPhaseDay,
    OnRule,
    OnWeekday,
    OnYearly,
)

WEEK_BEFORE = AnchorTime("opening", Duration(days=-7))

ON = [
    *[
        (text, OnWeekday("tue", 1))
        for text in ("tue", "Tue", "TUESDAY", "tues", "周二", "星期二", "礼拜二", "每周二", " 周二 ")
    ],
    *[(text, OnWeekday("sun", 6)) for text in ("sun", "sunday", "周日", "周天", "星期天", "礼拜日", "每个星期天")],
    *[(text, OnRule("daily", "daily")) for text in ("daily", "Daily", "每天", "每日")],
    *[(text, OnRule("workdays", "workdays")) for text in ("workdays", "工作日", "每个工作日")],
    *[(text, OnRule("weekends", "weekends")) for text in ("weekends", "周末")],
    *[(text, OnRule("holidays", "holidays")) for text in ("holidays", "节假日", "法定节假日")],
    *[
        (text, OnMonthly("monthly 22", day=22))
        for text in ("monthly 22", "每月22日", "每月22号", "每个月22日", "每月二十二日")
    ],
    *[(text, OnMonthly("monthly last", day=-1)) for text in ("monthly last", "每月最后一天", "每月底", "月末")],
    *[
        (text, OnMonthly("monthly 2nd tue", nth=2, weekday=1))
        for text in ("monthly 2nd tue", "每月第二个周二", "每月第2个星期二")
    ],
    *[
        (text, OnMonthly("monthly last fri", nth=-1, weekday=4))
        for text in ("monthly last fri", "monthly last friday", "每月最后一个周五")
    ],
    *[
        (text, OnWeekday("every 2 weeks tue", 1, 2))
        for text in ("every 2 weeks tue", "every  2 weeks Tuesday", "每两周周二", "每2周的周二", "隔周周二", "隔周二")
    ],
    ("every 1 week tue", OnWeekday("tue", 1)),
    *[(text, OnPhaseDay("day 2", 2)) for text in ("day 2", "day  02", "第2天", "第二天", "day 2..2")],
    *[(text, OnPhaseDay("day -1", -1)) for text in ("day -1", "最后一天", "倒数第一天")],
    *[
        (text, OnPhaseDay("day 2..8", 2, 8))
        for text in ("day 2..8", "day 2 .. 8", "第2天到第8天", "第2-8天", "第二至第八天")
    ],
    ("day -3..-1", OnPhaseDay("day -3..-1", -3, -1)),
    ("day 2..-1", OnPhaseDay("day 2..-1", 2, -1)),
    *[(text, OnDate("2026-06-18", date(2026, 6, 18))) for text in ("2026-06-18", "2026年6月18日")],
    *[(text, OnAnchor("opening - 7d", WEEK_BEFORE)) for text in ("opening - 7d", "opening  -  7天", "opening - 07d")],
    ("opening", OnAnchor("opening", AnchorTime("opening"))),
    ("opening + 0d", OnAnchor("opening", AnchorTime("opening"))),
    ("event.expires - 1d", OnAnchor("event.expires - 1d", AnchorTime("event.expires", Duration(days=-1)))),
    ("wave-2", OnAnchor("wave-2", AnchorTime("wave-2"))),
    ("开业日 - 7d", OnAnchor("开业日 - 7d", AnchorTime("开业日", Duration(days=-7)))),
    ("member.birthday", OnYearly("member.birthday", AnchorTime("member.birthday"))),
    ("member.birthday - 3d", OnYearly("member.birthday - 3d", AnchorTime("member.birthday", Duration(days=-3)))),
    *[(text, OnLunar("lunar 8-15", 8, 15)) for text in ("lunar 8-15", "农历八月十五", "农历8月15日")],
    *[(text, OnLunar("lunar 1-1", 1, 1)) for text in ("lunar 1-1", "lunar 01-01", "农历正月初一")],
    ("农历腊月三十", OnLunar("lunar 12-30", 12, 30)),
    ("cron '0  9 * * 1-5'", OnCron('cron "0 9 * * 1-5"', "0 9 * * 1-5")),
]

AT = [
    *[(text, AtClock("09:30", time(9, 30))) for text in ("9:30", "09:30", "09:30:00", "09:30 +0d")],
    ("20:30:15", AtClock("20:30:15", time(20, 30, 15))),
    *[(text, AtClock("00:30 +1d", time(0, 30), 1)) for text in ("00:30 +1d", "0:30 + 1d", "00:30+1d", "00:30 +1天")],
    ("live", AtAnchor("live", AnchorTime("live"))),
    ("live - 90m", AtAnchor("live - 1h30m", AnchorTime("live", Duration(seconds=-5400)))),
    ("target.opens + 10m", AtAnchor("target.opens + 10m", AnchorTime("target.opens", Duration(seconds=600)))),
    (
        "every 1h from 10:00 until 22:00",
        AtEvery(
            "every 1h from 10:00 until 22:00",
            Duration(seconds=3600),
            AtClock("10:00", time(10)),
            AtClock("22:00", time(22)),
        ),
    ),
    (
        "every 15m from live until live.ended",
        AtEvery(
            "every 15m from live until live.ended",
            Duration(seconds=900),
            AtAnchor("live", AnchorTime("live")),
            AtAnchor("live.ended", AnchorTime("live.ended")),
        ),
    ),
]

AFTER = [
    ("10m", After("10m", Duration(seconds=600))),
    ("90s", After("1m30s", Duration(seconds=90))),
    ("0s", After("0s", Duration())),
    ("2小时", After("2h", Duration(seconds=7200))),
    ("1d", After("1d", Duration(days=1))),
    ("teaser + 2h", After("teaser + 2h", Duration(seconds=7200), "teaser", of_step=True)),
    ("good-morning + 1d", After("good-morning + 1d", Duration(days=1), "good-morning", of_step=True)),
    ("live.ended + 10m", After("live.ended + 10m", Duration(seconds=600), "live.ended")),
    ("teaser", After("teaser", Duration(), "teaser", of_step=True)),
]

ANCHOR = [
    ("opening", AnchorTime("opening")),
    ("opening - 7d", WEEK_BEFORE),
    ("opening + 1d12h", AnchorTime("opening", Duration(1, 43200))),
    ("2026-06-18", date(2026, 6, 18)),
    ("2026-06-18T20:00", datetime(2026, 6, 18, 20)),
    ("2026-06-18 20:00:05", datetime(2026, 6, 18, 20, 0, 5)),
    ("2026-06-18T20:00Z", datetime(2026, 6, 18, 20, tzinfo=UTC)),
    ("2026-06-18T20:00+08:00", datetime(2026, 6, 18, 20, tzinfo=timezone(timedelta(hours=8)))),
    ("2026-06-18T20:00-0330", datetime(2026, 6, 18, 20, tzinfo=timezone(-timedelta(hours=3, minutes=30)))),
]

DURATION = [
    ("10m", Duration(seconds=600)),
    ("1h30m", Duration(seconds=5400)),
    ("2d", Duration(days=2)),
    ("90s", Duration(seconds=90)),
    ("1d 2h", Duration(1, 7200)),
    ("1 d", Duration(days=1)),
    ("2天", Duration(days=2)),
    ("1小时30分钟", Duration(seconds=5400)),
    ("1个小时", Duration(seconds=3600)),
    ("0s", Duration()),
    ("3660d", Duration(days=3660)),
]

GOOD: list[tuple[Callable[[str], Any], str, Any]] = [
    *[(parse_on, text, value) for text, value in ON],
    *[(parse_at, text, value) for text, value in AT],
    *[(parse_after, text, value) for text, value in AFTER],
    *[(parse_anchor, text, value) for text, value in ANCHOR],
    *[(parse_duration, text, value) for text, value in DURATION],
]


@pytest.mark.parametrize(("parse", "text", "value"), GOOD)
def test_accepted(parse: Callable[[str], Any], text: str, value: Any) -> None:
    found = parse(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("parse", "text", "value"), [case for case in GOOD if hasattr(case[2], "text")])
def test_the_canonical_spelling_reads_as_itself(parse: Callable[[str], Any], text: str, value: Any) -> None:
    assert parse(value.text) == value


# parser, text, code, the stretch of text that is marked, the text as it should be written
BAD: list[tuple[Callable[[str], Any], str, str, str, str | None]] = [
    (parse_duration, "10min", "SOP-S210", "min", "10m"),
    (parse_duration, "2 hours", "SOP-S210", "hours", "2h"),
    (parse_duration, "1w", "SOP-S210", "w", "7d"),
    (parse_duration, "两天", "SOP-S210", "两天", None),
    (parse_duration, "3个月", "SOP-S210", "个月", None),
    (parse_duration, "5M", "SOP-S210", "M", "5m"),
    (parse_duration, "1.5h", "SOP-S210", "1.5", "1h30m"),
    (parse_duration, "0.5h", "SOP-S210", "0.5", "30m"),
    (parse_duration, "10", "SOP-S210", "10", None),
    (parse_duration, "30m1h", "SOP-S210", "h", None),
    (parse_duration, "1h1h", "SOP-S210", "h", None),
    (parse_duration, "-3d", "SOP-S210", "-3d", None),
    (parse_duration, "1h, 5m", "SOP-S210", ", 5m", None),
    (parse_duration, "3661d", "SOP-S210", "3661d", None),
    (parse_duration, "9" * 150 + "d", "SOP-S210", "9" * 150 + "d", None),
    (parse_duration, "", "SOP-S210", "", None),
    (parse_clock, "09：30", "SOP-S211", "：", "09:30"),
    (parse_clock, " ９:30", "SOP-S211", "９", " 9:30"),
    (parse_clock, "24:00", "SOP-S211", "24:00", None),
    (parse_clock, "25:00", "SOP-S211", "25:00", None),
    (parse_clock, "10:75", "SOP-S211", "75", None),
    (parse_clock, "10:00:75", "SOP-S211", "75", None),
    (parse_clock, "1030", "SOP-S211", "1030", "10:30"),
    (parse_clock, "10.30", "SOP-S211", "10.30", "10:30"),
    (parse_clock, "10", "SOP-S211", "10", None),
    (parse_clock, "10点", "SOP-S211", "10点", "10:00"),
    (parse_clock, "晚上八点半", "SOP-S211", "晚上八点半", "20:30"),
    (parse_clock, "下午3点15分", "SOP-S211", "下午3点15分", "15:15"),
    (parse_clock, "中午12点", "SOP-S211", "中午12点", "12:00"),
    (parse_clock, "晚上12点", "SOP-S211", "晚上12点", None),
    (parse_clock, "3pm", "SOP-S211", "3pm", "15:00"),
    (parse_clock, "12am", "SOP-S211", "12am", None),
    (parse_clock, "noon", "SOP-S211", "noon", None),
    (parse_date, "2026-02-30", "SOP-S212", "30", None),
    (parse_date, "2026-02-29", "SOP-S212", "29", None),
    (parse_date, "2026-13-01", "SOP-S212", "13", None),
    (parse_date, "2026-06-00", "SOP-S212", "00", None),
    (parse_date, "0026-06-18", "SOP-S212", "0026", None),
    (parse_date, "2026/6/18", "SOP-S212", "2026/6/18", "2026-06-18"),
    (parse_date, "2026-6-18", "SOP-S212", "2026-6-18", "2026-06-18"),
    (parse_date, "20260618", "SOP-S212", "20260618", "2026-06-18"),
    (parse_date, "2026－06－18", "SOP-S212", "－", "2026-06-18"),
    (parse_date, "6月18日", "SOP-S212", "6月18日", None),
    (parse_date, "tomorrow", "SOP-S212", "tomorrow", None),
    (parse_datetime, "2026-06-18", "SOP-S211", "2026-06-18", None),
    (parse_datetime, "2026-02-30T10:00", "SOP-S212", "30", None),
    (parse_datetime, "2026-06-18T25:00", "SOP-S211", "25:00", None),
    (parse_datetime, "2026-06-18T10:00+25:00", "SOP-S211", "+25:00", None),
    (parse_datetime, "2026/6/18 10:00", "SOP-S212", "2026/6/18", "2026-06-18 10:00"),
    (parse_on, "tuseday", "SOP-S203", "tuseday", "tuesday"),
    (parse_on, "holiday", "SOP-S203", "holiday", "holidays"),
    (parse_on, " 周八", "SOP-S203", "周八", None),
    (parse_on, "下周二", "SOP-S203", "下周二", " 周二".strip()),
    (parse_on, "monthly 31", "SOP-W506", "31", "monthly last"),
    (parse_on, "monthly 29", "SOP-W506", "29", "monthly last"),
    (parse_on, "每月30号", "SOP-W506", "30", "monthly last"),
    (parse_on, "monthly 32", "SOP-S207", "32", None),
    (parse_on, "monthly 0", "SOP-S207", "0", None),
    (parse_on, "monthly 5th fri", "SOP-W506", "5th", "monthly last fri"),
    (parse_on, "monthly 2nd tueday", "SOP-S203", "tueday", None),
    (parse_on, "monthly", "SOP-S207", "monthly", None),
    (parse_on, "every 2 weeks tueday", "SOP-S203", "tueday", None),
    (parse_on, "every 60 weeks tue", "SOP-S207", "60", None),
    (parse_on, "every 0 weeks tue", "SOP-S207", "0", None),
    (parse_on, "every tue", "SOP-S207", "every tue", "tue"),
    (parse_on, "every day", "SOP-S207", "every day", "daily"),
    (parse_on, "day 0", "SOP-S207", "0", None),
    (parse_on, "day 8..2", "SOP-S207", "8..2", None),
    (parse_on, "day -1..2", "SOP-S207", "-1..2", None),
    (parse_on, "day -1..-3", "SOP-S207", "-1..-3", None),
    (parse_on, "day2", "SOP-S207", "day2", "day 2"),
    (parse_on, "day 2-8", "SOP-S207", "day 2-8", "day 2..8"),
    (parse_on, "第0天", "SOP-S207", "第0天", None),
    (parse_on, "lunar 13-1", "SOP-S207", "13-1", None),
    (parse_on, "lunar 8-31", "SOP-S207", "8-31", None),
    (parse_on, "cron 0 9 * * *", "SOP-S207", "cron 0 9 * * *", 'cron "0 9 * * *"'),
    (parse_on, 'cron "0 9 * *"', "SOP-S207", "0 9 * *", None),
    (parse_on, "opening-7d", "SOP-S207", "-", "opening - 7d"),
    (parse_on, "opening -7d", "SOP-S207", "-", "opening - 7d"),
    (parse_on, "opening - 7w", "SOP-S210", "w", "opening - 49d"),
    (parse_on, "opening － 7d", "SOP-S207", "－", "opening - 7d"),
    (parse_on, "opening at ten", "SOP-S207", " at ten", None),
    (parse_on, "2026-02-30", "SOP-S212", "30", None),
    (parse_on, "2026-06-18T10:00", "SOP-S207", "2026-06-18T10:00", None),
    (parse_on, "10:00", "SOP-S207", "10:00", None),
    (parse_on, "", "SOP-S207", "", None),
    (parse_on, "x" * 201, "SOP-S207", "x" * 201, None),
    (parse_at, "10：00", "SOP-S211", "：", "10:00"),
    (parse_at, "24:00", "SOP-S211", "24:00", None),
    (parse_at, "10:00 +2h", "SOP-S211", "+2h", None),
    (parse_at, "10:00 -1d", "SOP-S211", "-1d", None),
    (parse_at, "10:00 +40d", "SOP-S211", "+40d", None),
    (parse_at, "9.30 +1d", "SOP-S211", "9.30", "09:30 +1d"),
    (parse_at, "10:00 +1day", "SOP-S210", "day", "10:00 +1d"),
    (parse_at, "下午3点", "SOP-S211", "下午3点", "15:00"),
    (parse_at, "十点半", "SOP-S211", "十点半", "10:30"),
    (parse_at, "次日00:30", "SOP-S211", "次日00:30", None),
    (parse_at, "2026-06-18T20:00", "SOP-S211", "2026-06-18T20:00", None),
    (parse_at, "live-30m", "SOP-S207", "-", "live - 30m"),
    (parse_at, "every 1h", "SOP-S211", "every 1h", None),
    (parse_at, "every 1d from 10:00 until 12:00", "SOP-S210", "1d", None),
    (parse_at, "every 0m from 10:00 until 12:00", "SOP-S210", "0m", None),
    (parse_at, "every 1h from 10:00 until 9:00", "SOP-S211", "9:00", None),
    (parse_at, "every 1h from 25:00 until 9:00", "SOP-S211", "25:00", None),
    (parse_at, "every 1hour from 8:00 until 9:00", "SOP-S210", "hour", "every 1h from 8:00 until 9:00"),
    (parse_after, "10", "SOP-S210", "10", None),
    (parse_after, "-10m", "SOP-S210", "-10m", None),
    (parse_after, "teaser - 2h", "SOP-S210", "-", None),
    (parse_after, "teaser+2h", "SOP-S207", "+", "teaser + 2h"),
    (parse_after, "10 minutes", "SOP-S210", "minutes", "10m"),
    (parse_anchor, "opening - 7", "SOP-S210", "7", None),
    (parse_anchor, "open ing", "SOP-S207", " ing", None),
    (parse_anchor, "2026-06-31", "SOP-S212", "31", None),
    (parse_anchor, "  2026-06-31", "SOP-S212", "31", None),
]


@pytest.mark.parametrize(("parse", "text", "code", "marked", "correct"), BAD)
def test_refused(parse: Callable[[str], Any], text: str, code: str, marked: str, correct: str | None) -> None:
    with pytest.raises(TimeTextError) as caught:
        parse(text)
    error = caught.value
    assert (error.code, text[error.offset : error.offset + error.length], error.correct) == (code, marked, correct)
    assert error.message.zh != error.message.en


@pytest.mark.parametrize(("parse", "text", "correct"), [(case[0], case[1], case[4]) for case in BAD if case[4]])
def test_what_is_suggested_is_accepted(parse: Callable[[str], Any], text: str, correct: str) -> None:
    parse(correct)


@pytest.mark.parametrize("name", ["start", "end", "launch", "live", "sale", "festival", "date", "preheat"])
def test_common_names_of_anchors_are_not_taken_for_slips(name: str) -> None:
    assert parse_on(name) == OnAnchor(name, AnchorTime(name))


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (parse_date, "2026-02-30", "February 2026 has 28 days"),
        (parse_date, "2024-02-30", "February 2024 has 29 days"),
        (parse_clock, "24:00", "In the night after that day it is `00:00 +1d`"),
        (parse_clock, "25:30", "In the night after that day it is `01:30 +1d`"),
        (parse_on, "monthly 31", "For the last day write `monthly last`"),
        (parse_on, "opening-7d", "Write `opening - 7d`"),
        (parse_duration, "10min", "Write `10m`"),
        (parse_on, "tuseday", "Did you mean `tuesday`? An anchor needs another name"),
    ],
)
def test_words_to_the_author(parse: Callable[[str], Any], text: str, said: str) -> None:
    with pytest.raises(TimeTextError) as caught:
        parse(text)
    help = caught.value.help
    assert said in {caught.value.message.en, help.en if help else ""}


PARSERS = (parse_on, parse_at, parse_after, parse_anchor, parse_duration, parse_clock, parse_date, parse_datetime)
PIECES = st.sampled_from(
    [
        *[
            "day",
            "monthly",
            "every",
            "lunar",
            "cron",
            "weeks",
            "last",
            "tue",
            "周",
            "每",
            "月",
            "第",
            "二",
            "天",
            "农历",
        ],
        *[
            "opening",
            "live",
            ".",
            "..",
            "-",
            "+",
            ":",
            "：",
            " ",
            "d",
            "h",
            "m",
            "s",
            "from",
            "until",
            "点",
            "半",
            "下午",
        ],
        *["0", "1", "9", "31", "2026", "-06-", "T", "Z", '"', "*", "　", "\n", "\0", "٣", "ſ", "K", "十", "birthday"],
    ]
)
ANY_TEXT = st.one_of(
    st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join), st.lists(PIECES, max_size=8).map(" ".join)
)


def check_place(error: TimeTextError, text: str) -> None:
    assert error.code in CODES
    assert error.offset >= 0
    assert error.length >= 1
    assert error.offset + error.length <= max(len(text), 1)
    assert error.message.zh
    assert error.message.en


@settings(max_examples=1500, deadline=None)
@given(text=ANY_TEXT)
@example("a" + " " * 100_000 + "b")
@example("1" * 100_000 + "d")
@example("周" * 100_000)
@example("9999-12-31T23:59+14:00")
def test_any_text_is_a_value_or_an_error_with_a_place(text: str) -> None:
    for parse in PARSERS:
        try:
            value = parse(text)
        except TimeTextError as error:
            check_place(error, text)
        else:
            if hasattr(value, "text"):
                assert parse(value.text) == value


@given(days=st.integers(0, 3000), seconds=st.integers(0, 86400 * 300))
def test_a_duration_reads_back(days: int, seconds: int) -> None:
    assert parse_duration(duration_text(Duration(days, seconds))) == Duration(days, seconds)


def test_chinese_numbers() -> None:
    tens = ["", "十", "二十", "三十"]
    ones = ["", *"一二三四五六七八九"]
    spelt = [ten + one for ten in tens for one in ones][1:]
    assert [number(text) for text in spelt] == list(range(1, 40))
    assert [number(text) for text in ("两", "12", "十十", "一二", "二三十", "", "千", "12345")] == [2, 12, *[None] * 6]

"""Days and times as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from sopengine.importing.days import Hints, read_day
from sopengine.importing.times import leading_time, read_times

HINTS = Hints(date(2026, 9, 1))


@pytest.mark.parametrize(
    ("text", "at", "minutes"),
    [
        ("09：00", ["09:00"], 0), ("9:00:00", ["09:00"], 0), ("晚8点", ["20:00"], 0), ("八点半", ["08:30"], 0),
        ("上午10点半", ["10:30"], 0), ("下午3点一刻", ["15:15"], 0), ("20点30分", ["20:30"], 0), ("8pm", ["20:00"], 0),
        ("中午12点", ["12:00"], 0), ("晚上12点", ["00:00 +1d"], 0), ("24:00", ["00:00 +1d"], 0),
        ("次日00:30", ["00:30 +1d"], 0), ("11:30-13:00", ["11:30"], 90), ("晚8点-9点半", ["20:00"], 90),
        ("23:00～01:00", ["23:00"], 120), ("20：00前", ["19:00"], 60), ("不晚于20:00", ["19:00"], 60),
        ("10:00、20:00", ["10:00", "20:00"], 0), ("①10:00②20:00", ["10:00", "20:00"], 0),
        ("10:00\n15:00", ["10:00", "15:00"], 0), ("0.375", ["09:00"], 0), ("20:00左右", ["20:00"], 0),
    ],
)  # fmt: skip
def test_time(text: str, at: list[str], minutes: int) -> None:
    times = read_times(text)
    assert times is not None
    assert (list(times.at), times.minutes) == (at, minutes)


@pytest.mark.parametrize(
    "text", ["待定", "全天", "睡前", "25:70", "31:00", "9:00起床", "上午20:00", "3人", "10:00 20", ""]
)
def test_no_time(text: str) -> None:
    assert read_times(text) is None


@pytest.mark.parametrize("text", ["0.375", "8", "2点", "20.30", "20:00左右", "11:30-13:00"])
def test_what_is_assumed_is_told(text: str) -> None:
    times = read_times(text)
    assert times is not None
    assert times.assumed is not None


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("10月1日", ["2026-10-01"]),
        ("１０月１日", ["2026-10-01"]), ("10.1", ["2026-10-01"]), ("46296", ["2026-10-01"]),
        ("2026年10月1日 周四", ["2026-10-01"]),
        ("7月1日", ["2027-07-01"]), ("8月20日", ["2026-08-20"]), ("周五 10月1日", ["2027-10-01"]),
        ("10月1-2日", ["2026-10-01", "2026-10-02"]), ("12月31日~1月1日", ["2026-12-31", "2027-01-01"]),
        ("周一", ["mon"]), ("星期天", ["sun"]), ("周一三五", ["mon", "wed", "fri"]), ("周六日", ["sat", "sun"]),
        ("周五至周一", ["fri", "sat", "sun", "mon"]),
        ("Monday", ["mon"]), ("每天", ["daily"]), ("每月22号", ["monthly 22"]),
        ("D-3", ["opening - 3d"]),
        ("D+1", ["opening + 1d"]), ("D-Day", ["opening"]), ("第三天", ["opening + 2d"]),
        ("活动前3天", ["opening - 3d"]), ("D-2~D-1", ["opening - 2d", "opening - 1d"]),
    ],
)  # fmt: skip
def test_day(text: str, on: list[str]) -> None:
    day = read_day(text, HINTS)
    assert day is not None
    assert (list(day.on), day.rest) == (on, "")


@pytest.mark.parametrize("text", ["9月31日", "第一周", "国庆后", "13.5", "早安", "每月31日", "第0天", ""])
def test_no_day(text: str) -> None:
    assert read_day(text, HINTS) is None


def test_a_weekday_that_does_not_fit_is_asked_about() -> None:
    day = read_day("10月1日（周五）", Hints(date(2026, 9, 1), 2026))
    assert day is not None
    assert day.question is not None
    assert day.on == ("2026-10-01",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10:00 早安", ("10:00", "早安")),
        ("晚8点：直播", ("晚8点", "直播")),
        ("早安", None),
        ("9元秒杀", None),
        ("3点经验", None),
    ],
)
def test_a_time_before_a_text(text: str, found: tuple[str, str] | None) -> None:
    assert leading_time(text) == found

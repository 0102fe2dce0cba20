from __future__ import annotations

from datetime import date

import pytest

from sopengine.language.checks.wording.dates import slips

AUTUMN = [date(2026, 10, 1)]  # a Thursday


def said(text: str, nears: list[date] = AUTUMN, today: date | None = None) -> list[str]:
    return [slip.message.zh for slip in slips(text, nears, today)]


@pytest.mark.parametrize(
    "text",
    [
        "周五 10月1日开门",
        "10月1日（周五）开门",
        "10月1日周五",
        "10 月 1 日，星期五",
        "10月1号 礼拜五",
        "2026年10月1日（周五）",
        "2026-10-01（周五）",
        "10.1（周五）",
        "10/1 周五",
    ],
)
def test_a_weekday_that_the_date_does_not_have(text: str) -> None:
    assert said(text) == ["2026 年 10 月 1 日是周四，不是周五"]


@pytest.mark.parametrize(
    "text",
    [
        "周四 10月1日开门",
        "10月1日（周四）",
        "10月4日星期日，10月11日星期天",
        "每周五 10月1日起恢复",
        "周一至周五 10月1日起延长营业",
        "10月1日-3日（周四至周六）",
        "10月1日10:00，周五还有一场",
        "周五见。10月1日开门",
        "2025年10月1日（周三）那次",
        "2.5（周五）折",
        "版本 1.10.1（周五）",
    ],
)
def test_what_is_right_or_says_nothing_of_that_date(text: str) -> None:
    assert said(text) == []


def test_the_year_is_the_one_that_brings_the_date_nearest() -> None:
    assert said("1月1日（周五）", [date(2026, 12, 20)]) == []  # 2027
    assert said("1月1日（周四）", [date(2026, 12, 20)]) == ["2027 年 1 月 1 日是周五，不是周四"]


def test_without_any_known_day_or_with_one_reading_that_fits_nothing_is_said() -> None:
    assert said("10月1日（周五）", []) == []
    assert said("10月1日（周五）", [date(2026, 9, 1), date(2027, 9, 1)]) == []  # right in 2027


@pytest.mark.parametrize("text", ["6月31日见", "2月30日", "13月1日"])
def test_days_that_do_not_exist(text: str) -> None:
    assert len(said(text)) == 1


TODAY = date(2026, 6, 17)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("明天（周四）十点开门", False),
        ("明天（周五）十点开门", True),
        ("今天周三，老规矩", False),
        ("今天是周二，老规矩", True),
        ("明早6月18日开抢", False),
        ("明早6月19日开抢", True),
        ("后天周五", False),
        ("昨天周二的那批", False),
        ("到明天", False),
    ],
)
def test_today_and_tomorrow_against_the_day_it_goes_out(text: str, wrong: bool) -> None:
    assert bool(said(text, [TODAY], TODAY)) is wrong
    assert said(text, [TODAY]) == [], "without that day nothing is known"

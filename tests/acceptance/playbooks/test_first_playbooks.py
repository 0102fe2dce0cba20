"""The member festival, the tea shop's week and the member day, by dates worked out from their words; that the engine
does what the dry run shows is in ../test_dry_run_equals_engine.py."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import Book, Item, When, days, each, local, whens

OPENING = date(2026, 6, 18)
# 端午节 2026: Friday 19 to Sunday 21 June; no day is made up for it.


def groups(book: Book, *tiers: str, size: int = 0) -> list[str]:
    rows = book.rows("groups")
    return [row["id"] for row in rows if row["tier"] in tiers and int(row["size"]) >= size]


def of(items: list[Item], step: str, target: str) -> list[str]:
    return [item.text for item in sorted(items, key=lambda item: item.at) if (item.step, item.target) == (step, target)]


def test_the_member_festival_by_days_from_its_opening(cli: Cli, workspace: Path) -> None:
    given = ("--set", f"opening={OPENING}")
    book = Book(cli, workspace, "summer-festival", "2026-06-01T08:00", "2026-07-01T00:00", given)
    members, core, stores = groups(book, "member"), groups(book, "core"), [row["id"] for row in book.rows("stores")]

    def on(step: str, targets: list[str], *moments: tuple[int, str]) -> set[When]:
        return each(step, targets, *(local(OPENING + timedelta(days=day), clock) for day, clock in moments))

    expected = {
        *on("teaser", members, (-14, "20:00")),
        *on("train", stores, (-13, "10:00")),
        *on("clue", members, (-13, "12:15"), (-11, "12:15"), (-7, "12:15")),
        *on("poll", members, (-12, "12:30")),
        *on("order-stock", stores, (-10, "10:00")),
        *on("reservation", members, (-9, "20:00")),
        *on("core-preview", core, (-7, "20:00")),
        *on("rules", members, (-5, "10:00")),
        *on("invite", stores, (-5, "10:30")),
        *on("decorate", stores, (-3, "09:30")),
        *on("highlight", members, (-3, "20:00")),
        *on("final-check", stores, (-1, "15:00")),
        *on("eve", [*members, *core], (-1, "20:30")),
        *on("open-doors", members, (0, "10:00")),
        *on("flash", members, *((day, clock) for day in range(3) for clock in ("12:00", "17:30"))),
        *on("report", stores, *((day, "21:10") for day in range(3))),
        *on("second-day", members, (1, "09:30")),
        *on("second-invite", stores, (1, "10:00")),
        *on("relay", groups(book, "member", size=100), (1, "19:30")),
        *on("last-morning", members, (2, "09:30")),
        *on("deadline", members, (2, "20:00")),
        *on("thanks", members, (3, "19:00")),
        *on("friend", members, (4, "12:00")),
        *on("review", ["area-lead"], (5, "10:00")),
        *on("leftover", members, (7, "19:00")),
        *on("result", members, (9, "12:00")),
    }
    items = book.dated()
    assert whens(items) == expected
    assert len(items) == len(expected)
    assert len(set(of(items, "flash", members[0]))) == 6
    assert len(set(of(items, "clue", members[0]))) == 3


def test_the_weeks_of_the_tea_shop(cli: Cli, workspace: Path) -> None:
    book = Book(cli, workspace, "tea-week", "2026-06-01T08:00", "2026-06-29T00:00")
    members = groups(book, "member")
    mondays = [date(2026, 6, 1) + timedelta(weeks=week) for week in range(4)]
    expected = set()
    for monday in mondays:
        tuesday, friday = monday + timedelta(days=1), monday + timedelta(days=4)
        expected |= each("good-morning", members, local(monday, "09:00"))
        expected |= each("coupon-preview", members, local(tuesday, "15:00"))
        expected |= each("coupon-open", members, local(tuesday, "17:00"))
        expected |= each("weekend-seckill", members, local(friday, "19:00"))
    items = book.dated()
    assert whens(items) == expected
    assert len(items) == len(expected)
    seckill = of(items, "weekend-seckill", members[0])
    assert len(set(seckill)) == 3  # three texts take turns
    assert seckill[3] == seckill[0]


def test_two_months_of_the_member_day(cli: Cli, workspace: Path) -> None:
    book = Book(cli, workspace, "member-day", "2026-06-01T08:00", "2026-08-01T00:00")
    members, stores = groups(book, "member"), [row["id"] for row in book.rows("stores")]
    ordinary = [day for day in days(date(2026, 6, 1), 61) if day.day != 22]
    member_days = [date(2026, 6, 22), date(2026, 7, 22)]
    expected = {
        *each("daily-seckill", members, *(local(day, "10:00") for day in ordinary)),
        *each("member-day-morning", members, *(local(day, "09:00") for day in member_days)),
        *each("member-day-evening", members, *(local(day, "19:30") for day in member_days)),
        # 20 June is a holiday, as the 19th is: Thursday is the working day before; 20 July is a Monday
        *each("stock-up", stores, local(date(2026, 6, 18), "10:00"), local(date(2026, 7, 20), "10:00")),
    }
    items = book.dated()
    assert whens(items) == expected
    assert len(items) == len(expected)

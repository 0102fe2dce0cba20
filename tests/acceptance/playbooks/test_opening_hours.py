"""Fifty-seven shops, each by its own doors."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import Book, When, days, local, whens

NOW, UNTIL = "2026-06-15T05:00", "2026-06-24T05:00"
FIRST, COUNT = date(2026, 6, 15), 9
# 端午节 2026: off from Friday 19 to Sunday 21 June; no day is made up for it.
WORKDAYS = {date(2026, 6, n) for n in (15, 16, 17, 18, 22, 23)}
MON, TUE, THU, SAT = 0, 1, 3, 5


@pytest.fixture
def book(cli: Cli, workspace: Path) -> Book:
    return Book(cli, workspace, "opening-hours", NOW, UNTIL)


def minutes(moment: datetime, number: int) -> datetime:
    return moment + timedelta(minutes=number)


def of_shop(row: dict[str, str], day: date) -> set[When]:
    shop, opens, closes = row["id"], local(day, row["opens"]), local(day, row["closes"])
    found = {
        When("opened", shop, minutes(opens, 10)),
        When("half-price", shop, minutes(closes, -60)),
        When("close-up", shop, minutes(closes, -20)),
    }
    if row["kind"] in ("地铁口", "学校旁") and day in WORKDAYS:
        found.add(When("commuters", shop, minutes(opens, 30)))
    if day.weekday() == MON:
        found.add(When("monday", shop, minutes(opens, 60)))
    if day.weekday() in (TUE, THU, SAT):
        found.add(When("second-batch", shop, minutes(opens, 180)))
    return found


def test_every_shop_keeps_its_own_hours(book: Book) -> None:
    shops = book.rows("shops")
    assert len(shops) == 57
    assert len({row["opens"] for row in shops}) >= 6
    items = book.dated()
    expected = set().union(*(of_shop(row, day) for row in shops for day in days(FIRST, COUNT)))
    assert whens(items) == expected
    assert len(items) == len(expected)
    names = {row["id"]: row for row in shops}
    for item in items:
        if item.step == "opened":
            row = names[item.target]
            assert item.text.startswith(f"{row['name']}开门了，{row['opens']} 到 {row['closes']} 都在。")


def test_the_engine_does_what_was_shown(book: Book) -> None:
    """Thursday to Monday, which have every step on working days and on days off."""
    few = replace(book, now="2026-06-18T05:00", until="2026-06-23T05:00")
    shown = few.dated()
    assert {item.step for item in shown} == {item.step for item in book.dated()}
    few.start()
    few.run(few.now, few.until)
    assert few.done() == shown

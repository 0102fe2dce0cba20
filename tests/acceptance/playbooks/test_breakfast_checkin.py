"""Seven breakfasts: the days of the groups, who is asked about yesterday, the one card, and the prize of the streak."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import Book, When, days, each, local, whens

BEGIN = date(2026, 6, 8)
NOW, UNTIL = "2026-06-04T09:00", "2026-06-22T00:00"
GROUPS = ("m-linjiang", "m-chunxi", "m-baiyang", "m-nanmen")
STATIONS = ("临江", "春溪", "白杨", "南门")


@pytest.fixture
def book(cli: Cli, workspace: Path) -> Book:
    return Book(cli, workspace, "breakfast-checkin", NOW, UNTIL, ("--set", f"begin={BEGIN}"))


def day(number: int) -> date:
    """Day 1 is the first of the seven."""
    return BEGIN + timedelta(days=number - 1)


EXPECTED = {
    *each("invite", GROUPS, local(day(-2), "18:30")),
    *each("list", STATIONS, local(day(0), "09:00")),
    *each("rules", GROUPS, local(day(0), "19:30")),
    *each("morning", GROUPS, *(local(d, "07:00") for d in days(BEGIN, 7))),
    *each("evening", GROUPS, *(local(d, "20:30") for d in days(BEGIN, 7))),
    *each("closing", GROUPS, local(day(8), "10:00")),
    *each("hand-out", STATIONS, local(day(8), "11:00")),
    *each("habit", GROUPS, local(day(11), "07:30")),
    *each("review", ("area-lead",), local(day(12), "10:00")),
}


def test_every_item_stands_on_its_day(book: Book) -> None:
    items = book.dated()
    assert whens(items) == EXPECTED
    assert len(items) == len(EXPECTED)
    assert len({item.text for item in items if item.step == "morning"}) == 7


def test_the_engine_does_what_was_shown(book: Book) -> None:
    shown = book.dated()
    book.start()
    book.run(NOW, UNTIL)
    assert book.done() == shown


POSTING = timedelta(minutes=10)
"""What goes to a member is posted by a person, ten minutes after it is due here."""


class Story(NamedTuple):
    """One member's days: those with a post at 08:00 and with a make-up card asked for at 12:00, and what follows."""

    posts: Sequence[int]
    asks: Sequence[int]
    follows: Sequence[tuple[str, datetime]]


STORIES = {
    # all seven days
    "p-101": Story(range(1, 8), [], [("won", local(day(7), "08:00")), ("bring", local(day(7), "08:10"))]),
    # a missed day is asked about, and the card keeps the streak
    "p-202": Story(
        [1, 2, 4, 5, 6, 7],
        [4],
        [
            ("missed", local(day(4), "09:30")),
            ("made-up", local(day(4), "12:00")),
            ("won", local(day(7), "08:00")),
            ("bring", local(day(7), "08:10")),
        ],
    ),
    # without the card the streak is broken
    "p-301": Story([1, 2, 4, 5, 6, 7], [], [("missed", local(day(4), "09:30"))]),
    # there is one card each
    "p-401": Story(
        [1, 3, 5, 6, 7],
        [3, 5],
        [
            ("missed", local(day(3), "09:30")),
            ("made-up", local(day(3), "12:00")),
            ("no-card", local(day(5), "12:00")),
        ],
    ),
}
"""The others never post, and are left in peace."""


def happenings() -> list[tuple[datetime, str, str]]:
    found = []
    for who, story in STORIES.items():
        found += [(local(day(n), "08:00"), "checkin.posted", who) for n in story.posts]
        found += [(local(day(n), "12:00"), "makeup.asked", who) for n in story.asks]
    return sorted(found)


def minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def test_each_member_gets_what_their_days_deserve(book: Book) -> None:
    book.start()
    begin = NOW
    for at, together in groupby(happenings(), key=itemgetter(0)):
        book.run(begin, at.isoformat())
        for _, name, who in together:
            book.event(name, at.isoformat(), who, **({"photo": "粥和鸡蛋"} if name == "checkin.posted" else {}))
        posted = at + POSTING
        book.run(at.isoformat(), posted.isoformat())
        for step in ("won", "made-up", "no-card", "missed"):
            book.finish(step, posted)
        begin = posted.isoformat()
    book.run(begin, UNTIL)
    done = book.done()
    assert whens(done) >= EXPECTED
    found: dict[str, list[tuple[str, datetime]]] = {}
    for step, target, at, _ in sorted(done, key=lambda item: item.at):
        if When(step, target, at) not in EXPECTED:
            found.setdefault(target, []).append((step, minute(at)))
    assert found == {who: list(story.follows) for who, story in STORIES.items()}
    made_up = {item.target: item.text for item in done if item.step == "made-up"}
    assert {who: text.split("。")[0] for who, text in made_up.items()} == {
        "p-202": f"{name_of(book, 'p-202')}，补签卡用掉了，昨天那格已经补上，现在连着 4 天",
        "p-401": f"{name_of(book, 'p-401')}，补签卡用掉了，昨天那格已经补上，现在连着 3 天",
    }


def name_of(book: Book, member: str) -> str:
    return next(row["name"] for row in book.rows("milk-members") if row["id"] == member)

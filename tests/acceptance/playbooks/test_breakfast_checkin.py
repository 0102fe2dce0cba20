"""Seven breakfasts: the days of the groups, who is asked about yesterday, the one card, and the prize of the streak."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import SHANGHAI, Book, When, days, each, local, whens

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


def play(book: Book, posts: dict[str, Sequence[int]], asks: dict[str, Sequence[int]]) -> list[When]:
    """Posts at 08:00 on these days, make-up cards asked for at 12:00; returns all but the dated items."""
    happened = [(local(day(n), "08:00"), "checkin.posted", who) for who, ns in posts.items() for n in ns]
    happened += [(local(day(n), "12:00"), "makeup.asked", who) for who, ns in asks.items() for n in ns]
    book.start()
    begin = datetime.fromisoformat(NOW).replace(tzinfo=SHANGHAI)
    for at, name, who in sorted(happened):
        if at > begin:
            book.run(begin.isoformat(), at.isoformat())
        data = {"photo": "粥和鸡蛋"} if name == "checkin.posted" else {}
        book.event(name, at.isoformat(), who, **data)
        book.run(at.isoformat(), (at + POSTING).isoformat())
        for step in ("won", "made-up", "no-card", "missed"):
            book.finish(step, at + POSTING)
        begin = at + POSTING
    book.run(begin.isoformat(), UNTIL)
    return sorted(whens(book.done()) - EXPECTED)


POSTING = timedelta(minutes=10)
"""What goes to a member is posted by a person, ten minutes after it is due here."""


def minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def test_all_seven_days_win(book: Book) -> None:
    extra = play(book, {"p-101": range(1, 8)}, {})
    won = local(day(7), "08:00")
    assert [(step, target, minute(at)) for step, target, at in extra] == [
        ("bring", "p-101", won + POSTING),
        ("won", "p-101", won),
    ]


def test_a_missed_day_is_asked_about_and_the_card_keeps_the_streak(book: Book) -> None:
    extra = play(book, {"p-202": [1, 2, 4, 5, 6, 7]}, {"p-202": [4]})
    assert [(step, target, minute(at)) for step, target, at in sorted(extra, key=lambda w: (w.at, w.step))] == [
        ("missed", "p-202", local(day(4), "09:30")),
        ("made-up", "p-202", local(day(4), "12:00")),
        ("won", "p-202", local(day(7), "08:00")),
        ("bring", "p-202", local(day(7), "08:10")),
    ]


def test_without_a_card_the_streak_is_broken(book: Book) -> None:
    extra = play(book, {"p-301": [1, 2, 4, 5, 6, 7]}, {})
    assert [(step, at) for step, _, at in extra] == [("missed", local(day(4), "09:30"))]


def test_there_is_one_card_each(book: Book) -> None:
    extra = play(book, {"p-401": [1, 3, 5, 6, 7]}, {"p-401": [3, 5]})
    assert [(step, minute(at)) for step, _, at in sorted(extra, key=lambda w: w.at)] == [
        ("missed", local(day(3), "09:30")),
        ("made-up", local(day(3), "12:00")),
        ("no-card", local(day(5), "12:00")),
    ]


def test_who_never_posted_is_left_in_peace(book: Book) -> None:
    assert play(book, {}, {}) == []

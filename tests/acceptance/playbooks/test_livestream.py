"""The livestream: reminders by the hour it was announced for, everything else by the hour at which it really starts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import SHANGHAI, Book, Item, When, each, local, whens

LIVE = datetime(2026, 6, 12, 20, 0, tzinfo=SHANGHAI)
NOW, UNTIL = "2026-06-08T09:00", "2026-06-22T00:00"
ENDED = LIVE + timedelta(hours=2, minutes=5)
STARTED, OVER, PUT_OFF = "live.started", "live.ended", "live.put-off"


@pytest.fixture
def book(cli: Cli, workspace: Path) -> Book:
    return Book(cli, workspace, "livestream", NOW, UNTIL, ("--set", "live=2026-06-12T20:00"))


def plus(moment: datetime, minutes: int) -> datetime:
    return moment + timedelta(minutes=minutes)


def days_after(moment: datetime, days: int, clock: str) -> datetime:
    return local(moment.date() + timedelta(days=days), clock)


def people(book: Book) -> dict[str, list[str]]:
    groups = {tier: [row["id"] for row in book.rows("groups") if row["tier"] == tier] for tier in ("member", "core")}
    return {**groups, "stores": [row["id"] for row in book.rows("stores")]}


def before(book: Book) -> set[When]:
    """Counted from the announced hour."""
    who = people(book)
    return {
        *each("room", ["controller"], days_after(LIVE, -3, "10:00")),
        *each("invite", who["member"], days_after(LIVE, -3, "19:00")),
        *each("stock", who["stores"], days_after(LIVE, -2, "10:00")),
        *each("rehearsal", ["presenter"], days_after(LIVE, -1, "15:00")),
        *each("eve", who["core"], days_after(LIVE, -1, "20:00")),
        *each("set-up", ["controller"], plus(LIVE, -120)),
        *each("soon", who["member"], plus(LIVE, -30)),
    }


def on_air(book: Book, start: datetime, beats: int) -> set[When]:
    """Counted from the hour at which it is on."""
    who = people(book)
    return {
        *each("start", who["member"], start),
        *each("beat", who["member"], *(plus(start, 20 * n) for n in range(1, beats + 1))),
        *each("pulse", ["controller"], plus(start, 60)),
        *each("replay", who["member"], days_after(start, 1, "10:00")),
        *each("review", ["area-lead"], days_after(start, 3, "10:00")),
        *each("complaints", who["stores"], days_after(start, 8, "10:00")),
    }


def off_air(book: Book, end: datetime) -> set[When]:
    who = people(book)
    return {*each("bye", who["member"], plus(end, 10)), *each("parcels", who["stores"], plus(end, 30))}


def run(book: Book, begin: datetime | str, until: datetime | str) -> None:
    book.run(*(one if isinstance(one, str) else one.isoformat() for one in (begin, until)))


def tell(book: Book, event: str, at: datetime) -> None:
    book.event(event, at.isoformat(), book.name)


def stream(book: Book, start: datetime, end: datetime, orders: int | None = None) -> list[Item]:
    """The whole campaign with these two events; five minutes after the controller was asked the orders are told."""
    book.start()
    run(book, NOW, start)
    tell(book, STARTED, start)
    asked = plus(start, 65)
    run(book, start, asked)
    if orders is not None:
        book.finish("pulse", asked, orders=str(orders))
    run(book, asked, end)
    tell(book, OVER, end)
    run(book, end, UNTIL)
    return book.done()


def texts(items: Iterable[Item], step: str) -> set[str]:
    return {item.text for item in items if item.step == step}


def test_every_item_stands_where_the_announced_hour_puts_it(book: Book) -> None:
    shown = [item for item in book.shown() if "at" in item]
    by_state: dict[str, set[When]] = {}
    for item in shown:
        one = When(item["id"], item["target"], datetime.fromisoformat(item["at"]))
        by_state.setdefault(item["state"], set()).add(one)
    assert by_state["planned"] == before(book)
    assert by_state["held"] == on_air(book, LIVE, beats=6)
    who = people(book)
    assert by_state["depends"] == {
        *each("patience", who["member"], plus(LIVE, 10)),
        *each("wait-or-not", ["area-lead"], plus(LIVE, 40)),
        *each("push", ["area-lead", *who["core"], ""], plus(LIVE, 70)),
    }
    assert set(by_state) == {"planned", "held", "depends"}
    said = {item["id"]: item["text"] for item in shown}
    assert "比平时省 20 元" in said["start"]
    assert "6月12日 周五晚上 20:00" in said["invite"]
    assert {item["after"] for item in book.shown() if item["id"] in ("bye", "parcels", "put-off", "call-you")} == {
        "live.ended + 10m",
        "live.ended + 30m",
        "live.put-off + 1m",
        "live - 10m",
    }


def test_on_the_minute_the_engine_does_what_was_shown(book: Book) -> None:
    shown = sorted(
        Item(i["id"], i["target"], datetime.fromisoformat(i["at"]), i["text"])
        for i in book.shown()
        if "at" in i and i["state"] in ("planned", "held")
    )
    done = stream(book, LIVE, ENDED, orders=120)
    ended = off_air(book, ENDED)
    assert [item for item in done if When(*item[:3]) not in ended] == shown
    assert whens(done) == {*whens(shown), *ended}


def test_a_late_start_moves_what_follows_and_not_what_went_before(book: Book) -> None:
    start, end = plus(LIVE, 47), plus(LIVE, 122)
    done = stream(book, start, end, orders=80)
    who = people(book)
    assert whens(done) == {
        *before(book),
        *each("patience", who["member"], plus(LIVE, 10)),
        *each("wait-or-not", ["area-lead"], plus(LIVE, 40)),
        *on_air(book, start, beats=3),  # the fourth, 80 minutes on, is after the end
        *each("push", who["core"], plus(start, 70)),
        *off_air(book, end),
    }
    assert all("20:00 开播" in text for text in texts(done, "soon"))
    assert all(text.startswith("开播了，20:47，") for text in texts(done, "start"))
    assert len(texts(done, "beat")) == 3


def test_an_early_start_needs_no_patience_and_silence_of_the_controller_is_asked_about(book: Book) -> None:
    start, end = plus(LIVE, -10), plus(LIVE, 115)
    done = stream(book, start, end)
    assert whens(done) == {
        *before(book),
        *on_air(book, start, beats=6),
        *each("push", ["area-lead"], plus(start, 70)),
        *off_air(book, end),
    }
    assert texts(done, "push") == {"场控还没报下单数，打个电话问一声"}


def test_put_off_it_leaves_nothing_but_the_word_of_it(book: Book) -> None:
    put_off = plus(LIVE, 33)
    book.start()
    run(book, NOW, plus(LIVE, -600))
    book.event("live.reserved", plus(LIVE, -600).isoformat(), "v-1001")
    run(book, plus(LIVE, -600), plus(LIVE, -590))
    book.finish("noted", plus(LIVE, -590))
    run(book, plus(LIVE, -590), put_off)
    tell(book, PUT_OFF, put_off)
    run(book, put_off, UNTIL)
    who = people(book)
    assert whens(book.done()) == {
        *before(book),
        *each("noted", ["v-1001"], plus(LIVE, -600)),
        *each("call-you", ["v-1001"], plus(LIVE, -10)),
        *each("patience", who["member"], plus(LIVE, 10)),
        *each("put-off", who["member"], plus(put_off, 1)),
        *each("new-date", ["area-lead"], plus(put_off, 5)),
    }


def test_who_reserved_is_called_and_who_did_not_come_is_asked_the_day_after_the_real_start(book: Book) -> None:
    reserved, start = days_after(LIVE, -1, "12:00"), plus(LIVE, 25)
    ordered = plus(start, 30)
    book.start()
    run(book, NOW, reserved)
    for member in ("v-1001", "v-1002"):
        book.event("live.reserved", reserved.isoformat(), member)
    run(book, reserved, plus(reserved, 5))
    book.finish("noted", plus(reserved, 5))
    called = plus(LIVE, -10)
    run(book, plus(reserved, 5), plus(called, 2))
    book.finish("call-you", plus(called, 2))
    run(book, plus(called, 2), start)
    tell(book, STARTED, start)
    run(book, start, ordered)
    book.event("order.paid", ordered.isoformat(), "v-1001", order_id="o-1", amount="68", room="live")
    book.event("order.paid", ordered.isoformat(), "v-1003", order_id="o-2", amount="30", room="counter")
    run(book, ordered, UNTIL)
    personal = {item for item in book.done() if item.target.startswith("v-")}
    assert whens(personal) == {
        *each("noted", ["v-1001", "v-1002"], reserved),
        *each("call-you", ["v-1001", "v-1002"], called),
        *each("missed-you", ["v-1002"], days_after(start, 1, "11:00")),
        *each("arrived", ["v-1001"], days_after(ordered, 4, "19:00")),
    }

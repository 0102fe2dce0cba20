"""The flash group: every time is counted from the hour it opens; 48 hours later it is gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import SHANGHAI, Book, each, local, whens

OPEN = datetime(2026, 6, 12, 20, 0, tzinfo=SHANGHAI)
FLASH = ("f-east", "f-north", "f-south")
MEMBERS = (
    "g-donghu-1",
    "g-donghu-2",
    "g-xizhi-1",
    "g-nanyuan-1",
    "g-nanyuan-2",
    "g-beimen-1",
    "g-qiaotou-1",
    "g-heping-1",
)


@pytest.fixture
def book(cli: Cli, workspace: Path) -> Book:
    return Book(
        cli, workspace, "flash-group", "2026-06-10T09:00", "2026-06-20T00:00", ("--set", "open=2026-06-12T20:00")
    )


def after(hours: float) -> datetime:
    return OPEN + timedelta(hours=hours)


EXPECTED = {
    *each("build", FLASH, after(-36)),
    *each("call", MEMBERS, after(-24)),
    *each("call-again", MEMBERS, after(-3)),
    *each("check-group", FLASH, after(-1)),
    *each("opening", FLASH, after(0)),
    *each("goods", FLASH, *(after(h) for h in (0.5, 14, 16.5, 24, 38, 40))),
    *each("count", FLASH, after(15), after(39)),
    *each("last-call", FLASH, after(46)),
    *each("closing", FLASH, after(47.5)),
    *each("farewell", FLASH, after(48)),
    *each("dissolve", FLASH, after(49)),
    *each("review", ("area-lead",), local((OPEN + timedelta(days=3)).date(), "10:00")),
}


def test_every_item_stands_where_the_opening_hour_puts_it(book: Book) -> None:
    items = book.dated()
    assert whens(items) == EXPECTED
    assert len(items) == len(EXPECTED)
    texts = {item.step: item.text for item in items if item.target in ("f-east", "area-lead")}
    assert "一箱五斤 39.90 元，两箱 75.00 元，省 4.8 元" in texts["opening"]
    assert "到望山" not in texts["farewell"]
    assert "到东湖店门口取" in texts["farewell"]
    assert len({item.text for item in items if item.step == "goods"}) == 6


def test_the_engine_does_what_was_shown(book: Book) -> None:
    shown = book.dated()
    book.start()
    book.run(book.now, book.until)
    assert book.done() == shown


def test_joiners_are_welcomed_once_for_all_and_only_in_the_flash_groups(book: Book) -> None:
    book.start()
    for second, name in (("00", "小林"), ("20", "阿宝"), ("45", "麦子")):
        book.event("member.joined", f"2026-06-12T19:10:{second}", "f-east", member=f"m-{second}", name=name)
    book.event("member.joined", "2026-06-12T19:10:05", "g-donghu-1", member="m-9", name="路人")
    book.run("2026-06-12T19:10", "2026-06-12T19:30")
    done = [item for item in book.done() if item.step in ("hello", "rules")]
    assert [(item.step, item.target) for item in done] == [("hello", "f-east"), ("rules", "f-east")]
    hello, rules = done
    assert hello.text.startswith("欢迎进来的 3 位，这里是望山快闪一群（东片）")
    closed = datetime(2026, 6, 12, 19, 11, tzinfo=SHANGHAI)  # the window is open for a minute
    assert (hello.at, rules.at) == (closed, closed + timedelta(seconds=10))


def test_a_group_that_is_sold_out_hears_no_more_of_the_sale_and_still_its_farewell(book: Book) -> None:
    shown = book.dated()
    gone = after(20)
    book.start()
    book.run(book.now, gone.isoformat())
    book.event("stock.gone", gone.isoformat(), "f-north")
    book.run(gone.isoformat(), book.until)
    sale = {"goods", "count", "last-call", "closing"}
    left_out = {i for i in shown if i.target == "f-north" and i.at > gone and i.step in sale}
    assert len(left_out) == 3 + 1 + 1 + 1
    assert book.done() == [item for item in shown if item not in left_out]

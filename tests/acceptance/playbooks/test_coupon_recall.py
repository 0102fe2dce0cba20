"""The unused coupon: three days, a reminder, two days of waiting, a call; and out of it the moment it is used."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import SHANGHAI, Book, When, local, whens

NOW, UNTIL = "2026-06-01T08:00", "2026-06-20T00:00"
ISSUED = datetime(2026, 6, 1, 11, 20, tzinfo=SHANGHAI)
REMINDED = local(ISSUED.date() + timedelta(days=3), "19:30")
POSTED = REMINDED + timedelta(minutes=15)
"""The reminder goes through a person's own account: the wait begins when that person has posted it."""
CALLED = POSTED + timedelta(hours=48)


@pytest.fixture
def book(cli: Cli, workspace: Path) -> Book:
    return Book(cli, workspace, "coupon-recall", NOW, UNTIL)


def issue(book: Book, member: str, coupon: str, at: datetime = ISSUED) -> None:
    book.event("coupon.issued", at.isoformat(), member, coupon_id=coupon, expires="2026-06-20")


def until_posted(book: Book) -> None:
    run(book, ISSUED, POSTED)
    book.finish("remind", POSTED)


def run(book: Book, begin: datetime, until: datetime | str) -> None:
    book.run(begin.isoformat(), until if isinstance(until, str) else until.isoformat())


def test_the_dry_run_shows_the_way_of_one_coupon(book: Book) -> None:
    shown = book.shown()
    assert [item for item in shown if "at" in item] == []
    texts = {item["id"]: item["text"] for item in shown}
    assert {"remind", "call", "thank", "thanks"} <= set(texts)
    assert "20 元的券还没用" in texts["remind"]


def test_nothing_used_nothing_bought_ends_in_a_call(book: Book) -> None:
    book.start()
    issue(book, "v-1001", "c-1")
    until_posted(book)
    run(book, POSTED, UNTIL)
    done = book.done()
    assert whens(done) == {When("remind", "v-1001", REMINDED), When("call", "v-1001", CALLED)}
    remind, call = sorted(done, key=lambda item: item.at)
    assert remind.text.startswith("周女士，你那张 20 元的券还没用，6月20日到期。")
    assert call.text == "给周女士打个电话：券 6月20日到期，问问是忘了、不合口味，还是有别的事"
    (task,) = [t for t in book.cli("task", "list", "--all", "--json").json()["tasks"] if t["step"] == "call"]
    assert task["person"] == "周敏"  # who runs the store in the member's column `store`
    assert datetime.fromisoformat(task["due_at"]) == local(CALLED.date() + timedelta(days=1), "21:00")


def test_an_order_in_the_two_days_ends_it_without_a_call(book: Book) -> None:
    book.start()
    issue(book, "v-1002", "c-2")
    bought = POSTED + timedelta(hours=47)
    until_posted(book)
    run(book, POSTED, bought)
    book.event("order.paid", bought.isoformat(), "v-1002", order_id="o-1", amount="58")
    run(book, bought, UNTIL)
    assert whens(book.done()) == {When("remind", "v-1002", REMINDED)}


def test_only_the_coupon_that_is_used_is_out(book: Book) -> None:
    book.start()
    issue(book, "v-1003", "c-3")
    issue(book, "v-1003", "c-4", ISSUED + timedelta(minutes=1))
    used = ISSUED + timedelta(days=1)
    run(book, ISSUED, used)
    book.event("coupon.used", used.isoformat(), "v-1003", coupon_id="c-3", amount="20")
    run(book, used, POSTED)
    book.finish("remind", POSTED)
    run(book, POSTED, UNTIL)
    thanked = local(used.date() + timedelta(days=1), "10:00")
    assert whens(book.done()) == {
        When("thanks", "v-1003", thanked),
        When("remind", "v-1003", REMINDED),
        When("call", "v-1003", CALLED),
    }


def test_who_comes_back_after_the_call_is_thanked_once(book: Book) -> None:
    book.start()
    issue(book, "v-1004", "c-5")
    called = CALLED + timedelta(hours=2)
    until_posted(book)
    run(book, POSTED, called)
    book.finish("call", called, said="忘了")
    run(book, called, called + timedelta(minutes=5))
    came = called + timedelta(days=1)
    for number, at in enumerate((came, came + timedelta(days=2))):
        book.event("order.paid", at.isoformat(), "v-1004", order_id=f"o-{number}", amount="88")
        run(book, at, at + timedelta(hours=3))
    thanked = [item for item in book.done() if item.step == "thank"]
    assert [(item.target, item.at) for item in thanked] == [("v-1004", came + timedelta(hours=2))]
    assert thanked[0].text.startswith("阿宝，看到你来下单了。")

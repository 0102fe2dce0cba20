"""The unused coupon: three days, a reminder, two days of waiting, a call; and out of it the moment it is used. Whoever
stays away is asked after, and birthdays are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import SHANGHAI, Book, Item, When, local, whens

NOW, UNTIL = "2026-06-01T08:00", "2026-06-20T00:00"
ISSUED = datetime(2026, 6, 1, 11, 20, tzinfo=SHANGHAI)
REMINDED = local(ISSUED.date() + timedelta(days=3), "19:30")
POSTED = REMINDED + timedelta(minutes=15)
"""The reminder goes through a person's own account: the wait begins when that person has posted it."""
CALLED = POSTED + timedelta(hours=48)
SPOKEN = CALLED + timedelta(hours=2)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def book(cli: Cli, workspace: Path) -> Book:
    return Book(cli, workspace, "coupon-recall", NOW, UNTIL)


def test_the_dry_run_shows_birthdays_and_the_way_of_one_coupon(book: Book) -> None:
    far = replace(book, until="2027-06-01T00:00")  # in a whole year each has one birthday
    assert whens(far.dated()) == {
        When("birthday", "v-1001", local(date(2027, 3, 14), "09:30")),
        When("birthday", "v-1002", local(date(2026, 6, 19), "09:30")),
        When("birthday", "v-1003", local(date(2026, 11, 2), "09:30")),
        When("birthday", "v-1004", local(date(2027, 2, 28), "09:30")),  # born on 29 February
        When("birthday", "v-1005", local(date(2026, 9, 30), "09:30")),
        When("birthday", "v-1006", local(date(2026, 6, 12), "09:30")),
    }
    texts = {item["id"]: item["text"] for item in book.shown() if "after" in item}
    assert {"remind", "call", "thank", "thanks", "ask-after"} <= set(texts)
    assert "20 元的券还没用" in texts["remind"]


def test_the_engine_keeps_the_birthdays_that_were_shown(book: Book) -> None:
    few = replace(book, now="2026-06-12T08:00", until="2026-06-12T20:00")
    shown = few.dated()
    assert [item.target for item in shown] == ["v-1006"]
    few.start()
    few.run(few.now, few.until)
    assert few.done() == shown


class Story:
    """The engine runs as far as the next thing that happens. Days on which nothing is due are left out: a condition
    is asked every quarter of an hour."""

    def __init__(self, book: Book) -> None:
        self.book, self.now = book, datetime.fromisoformat(NOW).replace(tzinfo=SHANGHAI)
        self.orders = 0
        book.start()

    def at(self, moment: datetime) -> None:
        self.book.run(self.now.isoformat(), moment.isoformat())
        self.now = moment

    def later(self, moment: datetime) -> None:
        """Nothing runs until then."""
        self.now = moment

    def issue(self, member: str, coupon: str) -> None:
        self.book.event("coupon.issued", self.now.isoformat(), member, coupon_id=coupon, expires="2026-06-20")

    def use(self, member: str, coupon: str) -> None:
        self.book.event("coupon.used", self.now.isoformat(), member, coupon_id=coupon, amount="20")

    def buy(self, member: str) -> None:
        self.orders += 1
        self.book.event("order.paid", self.now.isoformat(), member, order_id=f"o-{self.orders}", amount="58")

    def finish(self, step: str, whose: str = "", /, **fields: str) -> None:
        self.book.finish(step, self.now, whose, **fields)

    def items(self) -> dict[str, list[Item]]:
        """What was done for each member, in order of time; birthdays have a test of their own."""
        found: dict[str, list[Item]] = {}
        for item in sorted(self.book.done(), key=lambda item: item.at):
            if item.step != "birthday":
                found.setdefault(item.target, []).append(item)
        return found


def test_each_member_gets_what_became_of_the_coupon(book: Book) -> None:
    """v-1001 does nothing, v-1002 orders in the two days, v-1003 uses one coupon of two, v-1004 comes back."""
    story = Story(book)
    story.at(ISSUED)
    for number, member in enumerate(("v-1001", "v-1002", "v-1003", "v-1004")):
        story.issue(member, f"c-{number}")
    story.at(ISSUED + timedelta(minutes=1))
    story.issue("v-1003", "c-9")
    used = ISSUED + timedelta(days=1)
    story.at(ISSUED + timedelta(minutes=2))
    story.later(used)
    story.use("v-1003", "c-2")
    thanked = local(used.date() + timedelta(days=1), "10:00")
    story.at(used + timedelta(minutes=1))
    story.later(thanked - AN_HOUR)
    story.at(thanked + AN_HOUR)
    story.later(REMINDED - AN_HOUR)
    story.at(POSTED)
    story.finish("remind")
    story.at(POSTED + AN_HOUR)
    story.later(POSTED + timedelta(hours=47))
    story.buy("v-1002")
    story.at(SPOKEN)
    (task,) = [t for t in book.cli("task", "list", "--json").ok().json()["tasks"] if t["target"] == "v-1001"]
    assert task["person"] == "周敏"  # who runs the store in the member's column `store`
    assert datetime.fromisoformat(task["due_at"]) == local(CALLED.date() + timedelta(days=1), "21:00")
    story.finish("call", "v-1004", said="忘了")
    story.at(SPOKEN + AN_HOUR)
    came = SPOKEN + timedelta(hours=20)
    story.later(came)
    story.buy("v-1004")
    again = came + timedelta(hours=3)
    story.at(again)
    story.buy("v-1004")
    story.at(again + timedelta(hours=3))

    remind, call = ("remind", REMINDED), ("call", CALLED)
    items = story.items()
    assert {member: [(item.step, item.at) for item in of_member] for member, of_member in items.items()} == {
        "v-1001": [remind, call],
        "v-1002": [remind],
        "v-1003": [("thanks", thanked), remind, call],
        "v-1004": [remind, call, ("thank", came + timedelta(hours=2))],
    }
    first, second = items["v-1001"]
    assert first.text.startswith("周女士，你那张 20 元的券还没用，6月20日到期。")
    assert second.text == "给周女士打个电话：券 6月20日到期，问问是忘了、不合口味，还是有别的事"
    assert items["v-1004"][-1].text.startswith("阿宝，看到你来下单了。")


def test_who_stays_away_is_asked_after_by_the_way_they_bear_and_asleep_two_weeks_later(book: Book) -> None:
    """v-1002 stays away, v-1004 comes in time, v-1005 has asked not to be called; the others never bought anything."""
    story = Story(book)
    story.at(ISSUED)
    story.issue("v-1005", "c-1")
    story.at(ISSUED + timedelta(minutes=1))
    story.later(REMINDED)
    story.at(POSTED)
    story.finish("remind")
    story.at(POSTED + timedelta(minutes=1))
    story.later(CALLED)
    story.at(SPOKEN)
    story.finish("call", said="别再打电话")
    for member in ("v-1002", "v-1004", "v-1005"):
        story.buy(member)
    story.at(SPOKEN + timedelta(hours=3))

    story.later(SPOKEN + timedelta(days=44))
    story.buy("v-1004")
    story.at(story.now + timedelta(minutes=1))
    story.later(SPOKEN + timedelta(days=45) - AN_HOUR)
    asked = local((SPOKEN + timedelta(days=45)).date() + timedelta(days=1), "19:00")
    spoken = asked + timedelta(hours=1)
    story.at(spoken)
    story.finish("ask-after")
    found = {member: all_[-1] for member, all_ in story.items().items() if all_[-1].at > SPOKEN + timedelta(days=1)}
    assert {member: (item.step, item.at) for member, item in found.items()} == {
        "v-1002": ("ask-after", asked),
        "v-1005": ("ask-after", asked),
    }
    assert found["v-1002"].text == "给小林打个电话：四十五天没来了，问问近况，不推销"
    assert found["v-1005"].text.startswith("沈阿姨，有一阵没见你了。")

    story.at(spoken + timedelta(minutes=1))
    story.later(spoken + timedelta(days=3))
    story.buy("v-1005")
    story.at(story.now + timedelta(minutes=1))
    story.later(spoken + timedelta(days=14, minutes=-1))
    story.at(story.now + timedelta(minutes=30))
    log = [json.loads(line) for line in book.cli("log", "--jsonl").ok().out.splitlines()]
    asleep = [(entry["target"], entry["to"]) for entry in log if entry["step"] == "asleep" and entry["target"]]
    assert asleep == [("v-1002", "done")]

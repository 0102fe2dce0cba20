"""Collisions, caps and addresses counted once more by the simplest arithmetic there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.language.guards import Cap
from sopengine.planning.forecast import nothing_before
from sopengine.review.across.collisions import collisions
from sopengine.review.across.counting import quotas
from sopengine.review.across.posts import Post
from sopengine.timing.periods import Period, parse_period

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 5, 30, 12, tzinfo=ZONE)
MINUTE = timedelta(minutes=1)


def post(campaign: str, minute: int, recipient: str = "a", step: str = "s", slot: str = "") -> Post:
    at = BEGIN + minute * MINUTE
    return Post(at, campaign, step, slot or f"{campaign}/{step}/{minute}", recipient, "c", "c/", False, "", "", False)


def kinds(mine: Post, theirs: Post, one: str = "", other: str = "") -> list[str]:
    texts = {(mine.campaign, mine.slot): one, (theirs.campaign, theirs.slot): other}
    return [found.kind for found in collisions([mine], [theirs], texts, {"other": "running"})]


@pytest.mark.parametrize(
    ("apart", "found"), [(0, ["close"]), (10, ["close"]), (-10, ["close"]), (11, []), (-11, []), (7 * 24 * 60, [])]
)
def test_ten_minutes_are_close(apart: int, found: list[str]) -> None:
    assert kinds(post("mine", 0), post("other", apart)) == found
    assert kinds(post("mine", 0), post("other", apart, "b")) == []


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("今晚八点，新到的面包和茶，前一百名有礼", "今晚八点，新到的面包和茶，前五十名有礼", ["alike"]),
        ("今晚八点，新到的面包和茶，前一百名有礼", "今晚八点， 新到的面包和茶，\n前一百名有礼", ["alike"]),
        ("今晚八点，新到的面包和茶，前一百名有礼", "明天结束了，还没来的抓紧，最后一天的价", []),
        ("今晚八点，新到的面包和茶", "今晚八点，新到的面包和茶，明天换成咖啡和饼干，后天是水果，都有礼", []),
        ("好的，收到", "好的，收到", []),
    ],
)
def test_much_the_same_words(one: str, other: str, found: list[str]) -> None:
    week = 7 * 24 * 60
    assert kinds(post("mine", 0), post("other", week), one, other) == found
    assert kinds(post("mine", 0), post("other", week + 1), one, other) == []


moments = st.lists(st.tuples(st.integers(0, 120), st.sampled_from("ab"), st.sampled_from("st")), max_size=12)


@settings(max_examples=60, deadline=None)
@given(mine=moments, theirs=moments)
def test_every_pair_is_found_and_no_other(mine: list[tuple[int, str, str]], theirs: list[tuple[int, str, str]]) -> None:
    ours = [post("mine", at, who, step) for at, who, step in mine]
    others = [post("other", at, who, step) for at, who, step in theirs]
    expected: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for (at, who, step), (their_at, their_who, their_step) in product(mine, theirs):
        if who == their_who and abs(at - their_at) <= 10:
            expected.setdefault((step, their_step), set()).add((at, their_at))
    found = collisions(ours, others, {}, {"other": "planned"})
    assert {(one.step, one.their_step): one.times for one in found} == {k: len(v) for k, v in expected.items()}
    for one in found:
        pairs = expected[one.step, one.their_step]
        assert abs(one.at - one.their_at) == min(abs(a - b) for a, b in pairs) * MINUTE


@settings(max_examples=60, deadline=None)
@given(
    mine=st.lists(st.integers(0, 100 * 60), min_size=1, max_size=12),
    theirs=st.lists(st.integers(0, 100 * 60), max_size=12),
    period=st.sampled_from(["calendar-day", "calendar-week", "calendar-month", "rolling 1d", "rolling 5h"]),
)
def test_the_fullest_window_of_each_month(mine: list[int], theirs: list[int], period: str) -> None:
    cap = Cap("target", 3, parse_period(period))
    ours, others = [post("mine", at) for at in mine], [post("other", at) for at in theirs]
    rows = quotas(ours, others, {"s": [cap]}, nothing_before)
    fullest: dict[str, int] = {}
    for one in ours:
        both = sum(_in_window(cap.period, one.at, other.at) for other in [*ours, *others])
        fullest[f"{one.at:%Y-%m}"] = max(fullest.get(f"{one.at:%Y-%m}", 0), both)
    assert {row.month: row.planned + row.others for row in rows} == fullest


def _in_window(period: Period, moment: datetime, other: datetime) -> bool:
    if period.rolling:
        return moment - period.rolling < other <= moment
    one, two = moment.date(), other.date()
    if period.text == "calendar-month":
        return (one.year, one.month) == (two.year, two.month)
    return one == two if period.text == "calendar-day" else one.isocalendar()[:2] == two.isocalendar()[:2]


def test_used_before_counts_in_the_window_of_today() -> None:
    class Use:
        at, text = datetime(2026, 5, 1, tzinfo=UTC), "earlier/s"

    cap = Cap("target", 3, parse_period("calendar-month"))
    asked: list[datetime] = []

    def used(scope: str, value: str, since: datetime) -> list[Use]:
        asked.append(since)
        return [one for one in [Use()] if one.at >= since]

    rows = quotas([post("mine", 0), post("mine", 3 * 24 * 60)], [], {"s": [cap]}, used)
    assert [(row.month, row.used, row.planned, row.left) for row in rows] == [
        ("2026-05", 1, 1, 1),
        ("2026-06", 0, 1, 2),
    ]

"""What conditions ask of the past: known answers, windows across zones, weeks and clock changes, one query for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.language.expressions.conditions import evaluate, parse_condition
from sopengine.language.expressions.history import Window
from sopengine.language.expressions.syntax import Problem
from sopengine.planning.ledger import Happened, PlainLedger
from sopengine.planning.past import Past, streak_to
from sopengine.planning.windows import interval
from tests.planning.books import SHANGHAI, local, targets

BOOK = """
playbook: fair
timezone: Asia/Shanghai
inputs:
  opening: {type: date}
audiences:
  groups: {source: groups}
  members: {source: members}
roles:
  manager: {source: stores, person: manager, match: store}
events:
  checkin.posted: {photo: text, points: integer}
metrics:
  gmv: {sum: chase.gmv, per: store}
  takings: {sum: order.paid.amount}
  joined: {count: member.joined, per: store}
  mood: {last: chase.mood}
  churn: {source: boards}
  stock: {source: boards, per: store}
goals:
  gmv: {metric: gmv, target: 1000, weights: {2026-03-11: 3}}
phases:
  peak:
    from: opening
    until: opening + 4d
    steps:
      - {id: chase, on: daily, at: 12:00, to: manager, task: T, form: {gmv: money, mood: text}}
"""
SOURCES = {
    "groups": [{"id": "g1", "store": "s1"}, {"id": "g2", "store": "s2"}, {"id": "g3", "store": ""}],
    "members": [{"id": "m1", "name": "小林"}],
    "stores": [{"id": "s1", "name": "东湖店", "manager": "王"}, {"id": "s2", "name": "西塘店", "manager": "李"}],
    "boards": [
        {"id": "1", "date": "2026-03-09", "churn": "6%", "stock": "", "store": ""},
        {"id": "2", "date": "2026-03-08", "churn": "0.04", "stock": "1,200", "store": "s1"},
        {"id": "3", "date": "2026-03-30", "churn": "0.5", "stock": "5", "store": "s2"},
    ],
}
NOW = local("2026-03-11T12:00")  # a Wednesday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TARGETS = targets(BOOK, sources=SOURCES, opening="2026-03-10")


def past(ledger: Any, now: datetime = NOW, zone: ZoneInfo = SHANGHAI) -> Past:
    return Past(TARGETS, ledger, now, zone)


def answer(text: str, ledger: Any, subject: str = "m1", now: datetime = NOW, zone: ZoneInfo = SHANGHAI) -> Any:
    """Of a condition, asked for the row with this id; a plain expression is compared with itself to be taken."""
    row, of = _row(subject)
    history = past(ledger, now, zone).history(*[(of, row)] if row else [])
    parsed = parse_condition(text)
    assert not isinstance(parsed, Problem), parsed
    return evaluate(parsed, {"input": TARGETS.campaign.inputs}, history)


def _row(subject: str) -> tuple[Mapping[str, Any] | None, str]:
    for to in ("groups", "members", "manager"):
        if (row := TARGETS.row(to, subject)) is not None:
            return row, to
    return ({"id": subject}, "") if subject else (None, "")


def paid(*moments: datetime, subject: str = "m1", **data: Any) -> list[Happened]:
    return [Happened("order.paid", subject, at, data) for at in moments]


ORDERS = PlainLedger(
    paid(
        NOW,
        NOW + HOUR,
        NOW - 1 * HOUR,
        local("2026-03-11T00:00"),
        local("2026-03-10T23:59:59"),
        local("2026-03-09T00:00"),
        local("2026-03-08T23:59:59"),
        local("2026-03-04T12:00"),
        local("2026-03-04T11:59:59"),
    )
    + paid(NOW - DAY, subject="m2", amount=Decimal("30.50"))
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("count('order.paid')", 8),
        ("count(order.paid)", 8),
        ("count('order.paid').today", 3),  # what happens at this very moment counts, an hour later does not
        ("count('order.paid').yesterday", 1),
        ("count('order.paid').week", 5),  # from Monday
        ("count('order.paid').within('7d')", 7),
        ("count('order.paid').within('1h')", 2),
        ("count('order.paid').since(opening)", 4),
        ("count('order.paid').since('opening - 1d')", 5),
        ("count('order.paid').since('2026-03-11')", 3),
        ("count('order.paid').since(input.opening)", 4),
        ("count('coupon.used')", 0),
        ("count('coupon.used').today", 0),
    ],
)
def test_counts_in_windows(text: str, number: int) -> None:
    assert answer(f"{text} == {number}", ORDERS) is True


def test_a_window_whose_anchor_has_no_value_is_unknown() -> None:
    assert answer("count('order.paid').since(target.opens) is unknown", ORDERS) is True
    assert answer("count('order.paid').since(opening) is unknown", ORDERS, "") is True  # no subject, no history


def test_nothing_is_known_without_a_history() -> None:
    for text in ("count('order.paid')", "streak('order.paid')", "metric.gmv", "goal.gmv", "total(metric.gmv)"):
        assert evaluate(f"{text} is unknown", {}, None) is True


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("m2", "last('order.paid').amount == 30.5"),
        ("m2", "last('order.paid').yesterday.amount > 30"),
        ("m2", "last('order.paid').today is unknown"),
        ("m2", "last('order.paid').since(opening).amount == 30.5"),
        ("m2", "last('order.paid').since('2026-03-11') is unknown"),
        ("m2", "last('order.paid').nothing is unknown"),
        ("m1", "last('order.paid') is known"),
        ("m1", "last('order.paid').amount is unknown"),
        ("m2", "last('order.paid').at == last('order.paid').yesterday.at"),
        ("m3", "last('order.paid') is unknown"),
    ],
)
def test_the_newest_event_and_its_fields(subject: str, text: str) -> None:
    assert answer(text, ORDERS, subject) is True


def test_a_day_begins_and_ends_with_the_clock_of_the_targets_zone() -> None:
    ledger = PlainLedger(paid(datetime(2026, 3, 10, 16, tzinfo=UTC)))  # midnight in Shanghai, 11:00 in New York
    assert answer("count('order.paid').today == 1", ledger) is True
    new_york = ZoneInfo("America/New_York")
    now = datetime(2026, 3, 11, 3, 59, tzinfo=UTC)  # 23:59 on the 10th there
    assert answer("count('order.paid').today == 1", ledger, now=now, zone=new_york) is True
    assert answer("count('order.paid').today == 1", ledger, now=now + timedelta(minutes=1), zone=new_york) is False
    assert answer("count('order.paid').yesterday == 1", ledger, now=now + timedelta(minutes=1), zone=new_york) is True


def test_a_day_of_a_clock_change_has_23_hours_and_a_week_of_days_keeps_the_clock() -> None:
    new_york = ZoneInfo("America/New_York")
    now = datetime(2026, 3, 8, 12, tzinfo=new_york)  # the clock was put forward at two
    begin, until = interval(Window("today"), now, new_york)
    assert begin is not None
    assert (until - begin) == 11 * HOUR + timedelta(microseconds=1)
    begin, until = interval(Window("yesterday"), now + DAY, new_york)
    assert begin is not None
    assert until - begin == 23 * HOUR
    condition = parse_condition("count('order.paid').within('7d') == 1")
    assert not isinstance(condition, Problem)
    window = condition.asks[0].window
    week_before = datetime(2026, 3, 2, 12, tzinfo=new_york)
    assert interval(window, now + DAY, new_york).begin == week_before.astimezone(UTC)


# --- streaks


def check_ins(*days: str) -> PlainLedger:
    return PlainLedger([Happened("checkin.posted", "m1", local(f"{day}T09:00")) for day in days])


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ((), "streak('checkin.posted') == 0"),
        (("2026-03-11",), "streak('checkin.posted') == 1"),
        (("2026-03-09", "2026-03-10", "2026-03-11"), "streak('checkin.posted') == 3"),
        (("2026-03-09", "2026-03-10"), "streak('checkin.posted') == 2"),  # today may still come
        (("2026-03-08", "2026-03-09"), "streak('checkin.posted') == 0"),
        (("2026-03-08", "2026-03-10", "2026-03-10", "2026-03-11"), "streak('checkin.posted') == 2"),
        (("2026-03-07", "2026-03-08", "2026-03-09", "2026-03-10"), "streak('checkin.posted').week == 2"),
        (("2026-03-09", "2026-03-10", "2026-03-11"), "streak('checkin.posted').since(opening) == 2"),
        (("2026-03-09", "2026-03-10", "2026-03-11"), "streak('checkin.posted').yesterday == 1"),
        (("2026-03-09", "2026-03-11"), "streak('checkin.posted').yesterday == 0"),
        (("2026-03-11", "2026-03-12"), "streak('checkin.posted') == 1"),
    ],
)
def test_streaks(days: tuple[str, ...], text: str) -> None:
    assert answer(text, check_ins(*days)) is True


@given(st.sets(st.integers(0, 30)), st.integers(0, 30))
def test_a_streak_is_the_longest_unbroken_run_to_today_or_yesterday(offsets: set[int], today: int) -> None:
    first = date(2026, 2, 14)
    days = {first + timedelta(days=n) for n in offsets}

    def unbroken(end: int) -> int:
        return next(n for n in range(40) if end - n not in offsets)

    expected = unbroken(today) or unbroken(today - 1)
    assert streak_to(first + timedelta(days=today), days) == expected


ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Apia", "Europe/London", "Asia/Kathmandu"])
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 5)).map(lambda naive: naive.replace(tzinfo=UTC))


@given(st.lists(MOMENTS, max_size=30), MOMENTS, ZONES)
def test_windows_agree_with_the_calendar_on_the_wall(moments: list[datetime], now: datetime, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    ledger = PlainLedger(paid(*moments))
    today = now.astimezone(zone).date()
    days = [at.astimezone(zone).date() for at in moments if at <= now]
    monday = today - timedelta(days=today.weekday())
    expected = {
        "": len(days),
        ".today": days.count(today),
        ".yesterday": days.count(today - DAY),
        ".week": sum(day >= monday for day in days),
        ".since('2026-03-20')": sum(day >= date(2026, 3, 20) for day in days),
        ".within('36h')": sum(now - 36 * HOUR <= at <= now for at in moments),
    }
    for window, number in expected.items():
        assert answer(f"count('order.paid'){window} == {number}", ledger, now=now, zone=zone) is True
    run = 0
    while today - run * DAY in days or (run == 0 and today not in days):
        run += 1
        if run > 40 or (run == 1 and today not in days and today - DAY not in days):
            break
    steps = sum(1 for n in range(run) if today - n * DAY in days)
    assert answer(f"streak('order.paid') == {steps}", ledger, now=now, zone=zone) is True


# --- metrics

REPORTED = PlainLedger(
    events=[
        Happened("member.joined", "g1", NOW - HOUR, {"member": "m1", "name": "小林"}),
        Happened("member.joined", "g1", NOW - DAY, {"member": "m7", "name": "小周"}),
        Happened("member.joined", "g2", NOW - HOUR, {"member": "m8"}),
        Happened("member.joined", "g3", NOW - HOUR, {"member": "m9"}),  # a group without a store
        Happened("member.joined", "g1", NOW - 30 * DAY, {"member": "m5"}),  # before the campaign's first day
        *paid(NOW - HOUR, subject="m7", amount=Decimal("20.10")),
        *paid(NOW - DAY, subject="m7", amount=Decimal("9.90")),
    ],
    forms={
        ("fair", "chase"): [
            ("s1", NOW - DAY, {"gmv": Decimal(80), "mood": "好"}),
            ("s1", NOW - HOUR, {"gmv": Decimal("120.50"), "mood": "平"}),
            ("s2", NOW - HOUR - HOUR, {"gmv": Decimal(30)}),
            ("s2", NOW + HOUR, {"gmv": Decimal(9999)}),
        ]
    },
    readings={"churn": [("", NOW - HOUR, Decimal("0.07"))], "stock": [("s2", NOW - DAY, 7), ("s1", NOW - 9 * DAY, 1)]},
)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        # a form's field, for the store the subject belongs to: a group by its column, a store as itself, a member
        # by the group it is in
        ("g1", "metric.gmv == 200.5"),
        ("s1", "metric.gmv == 200.5"),
        ("m1", "metric.gmv == 200.5"),
        ("s1", "metric.gmv.today == 120.5"),
        ("s1", "metric.gmv.yesterday == 80"),
        ("s2", "metric.gmv.yesterday is unknown"),  # nobody has reported: not the same as zero
        ("g3", "metric.gmv is unknown"),
        ("", "metric.gmv is unknown"),
        ("", "total(metric.gmv) == 230.5"),
        ("", "total(metric.gmv.today) == 150.5"),
        ("", "total(metric.gmv).today == 150.5"),
        ("g1", "rank('gmv') == 1"),
        ("g2", "rank('gmv') == 2"),
        ("g2", "rank('gmv.today') == 2"),
        ("g1", "rank('gmv').yesterday == 1"),
        ("g2", "rank('gmv').yesterday is unknown"),
        ("g3", "rank('gmv') is unknown"),
        # an event's field
        ("", "metric.takings == 30"),
        ("g1", "metric.takings.today == 20.1"),
        ("", "metric.takings.since('2026-03-12') is unknown"),
        # events counted since the campaign's first day; a count of nothing is zero
        ("g1", "metric.joined == 2"),
        ("g1", "metric.joined.within('60d') == 3"),
        ("s2", "metric.joined.today == 1"),
        ("s2", "metric.joined.yesterday == 0"),
        ("", "total(metric.joined) == 4"),
        ("", "total(metric.joined.yesterday) == 1"),
        # the newest
        ("", "metric.mood == '平'"),
        ("", "metric.mood.yesterday == '好'"),
        ("", "metric.mood.since('2026-03-12') is unknown"),
        # a board of the workspace, and what was set by hand; the newer counts
        ("", "metric.churn == 0.07"),
        ("", "metric.churn.yesterday is unknown"),
        ("s1", "metric.stock == 1200"),
        ("g2", "metric.stock == 7"),
        ("", "total(metric.stock) == 1207"),
    ],
)
def test_metrics(subject: str, text: str) -> None:
    assert answer(text, REPORTED, subject) is True


def test_before_anything_is_reported() -> None:
    nothing = PlainLedger()
    assert answer("metric.gmv.today is unknown", nothing, "s1") is True
    assert answer("metric.joined.today == 0", nothing, "s1") is True
    assert answer("metric.churn == 0.06", nothing, "s1") is True  # the board of the 9th; the 30th has not come
    assert answer("total(metric.gmv) is unknown", nothing) is True


def test_a_ranking_with_ties_and_unknown_last() -> None:
    ledger = PlainLedger(forms={("fair", "chase"): [("s2", NOW - HOUR, {"gmv": Decimal(30)})]})
    rows = past(ledger).history().ranking("manager", "gmv", Window("today"))
    assert rows == [
        {"rank": 1, "name": "西塘店", "value": 30, "id": "s2"},
        {"rank": None, "name": "东湖店", "value": None, "id": "s1"},
    ]
    tied = past(PlainLedger()).history().ranking("stores", "joined", Window())
    assert tied is not None
    assert [(row["rank"], row["value"], row["id"]) for row in tied] == [(1, 0, "s1"), (1, 0, "s2")]
    assert past(ledger).history().ranking("stores", "churn", Window()) is None


@given(st.lists(st.integers(0, 5), min_size=2, max_size=2))
def test_ranks_are_one_more_than_the_number_of_larger_ones(values: list[int]) -> None:
    forms = [(store, NOW - HOUR, {"gmv": value}) for store, value in zip(("s1", "s2"), values, strict=True)]
    ledger = PlainLedger(forms={("fair", "chase"): forms})
    for store, value in zip(("s1", "s2"), values, strict=True):
        rank = 1 + sum(other > value for other in values)
        assert answer(f"rank('gmv') == {rank}", ledger, store) is True


def test_goals_stand_beside_their_metrics() -> None:
    assert answer("goal.gmv == 1000", REPORTED) is True
    assert answer("goal.gmv.today == 500", REPORTED) is True  # weight 3 of 1 + 3 + 1 + 1
    assert answer("goal.gmv.yesterday < metric.gmv", REPORTED, "s1") is True
    assert answer("goal.nothing is unknown", REPORTED) is True


# --- one question for all


class Counting:
    """A ledger that counts what it is asked."""

    def __init__(self, ledger: PlainLedger) -> None:
        self._ledger, self.asked = ledger, list[tuple[str, Any]]()

    def __getattr__(self, name: str) -> Any:
        def ask(*arguments: Any) -> Any:
            self.asked.append((name, arguments))
            return getattr(self._ledger, name)(*arguments)

        return ask


def test_the_ledger_is_asked_once_for_all_targets() -> None:
    ledger = Counting(ORDERS)
    known = past(ledger)
    rows: Sequence[Mapping[str, Any]] = [{"id": f"m{n}", "opens": date(2026, 3, 1 + n % 9)} for n in range(100)]
    known.expect(str(row["id"]) for row in rows)
    text = "count('order.paid').today > 1 or count('order.paid').since(target.opens) > 90 or metric.takings == 1"
    found = [evaluate(text, {"target": row}, known.history(("", row))) for row in rows]
    assert found[:3] == [False, True, False]
    assert [name for name, _ in ledger.asked] == ["event_counts", "event_moments", "event_values"]
    assert len(ledger.asked[0][1][1]) == 100

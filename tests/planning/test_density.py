"""What comes too often is told before it is planned, however far it would go; what comes often enough is planned."""

from __future__ import annotations

from datetime import timedelta
from time import process_time

import pytest

from sopengine.diagnostics import Diagnostic
from sopengine.language.load import load
from sopengine.planning.density import IN_ALL, MOST, too_often
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from tests.planning.books import campaign, local

BOOK = """
playbook: often
timezone: Asia/Shanghai
inputs:
  opening: {type: datetime, default: 2026-06-01T10:00}
  close: {type: datetime, default: 2026-06-03T10:00}
audiences: {groups: {source: groups, columns: {opens: time}, sample: {name: Some group, opens: 09:00}}}
messages: {hello: Hello}
"""
LONG = "runs: {from: 2026-06-01, until: 2036-06-01}\n"
YEAR = "runs: {from: 2026-06-01, until: 2027-06-01}\n"


def weekly(*times: str, runs: str = "") -> str:
    lines = [f"    - {{id: s{n}, {time}, to: groups, send: hello}}" for n, time in enumerate(times)]
    return runs + "weekly:\n  steps:\n" + "\n".join(lines) + "\n"


def found(flows: str) -> list[Diagnostic]:
    loaded = load((BOOK + flows).encode(), "book.yaml", lambda name: None)
    assert loaded.document is not None
    one = campaign(BOOK + flows, start="2026-05-20T12:00", sources={})
    return list(too_often(one, Targets(one), loaded.document))


DENSE = [
    weekly("on: 'cron \"* * * * *\"'", runs=LONG),
    weekly("on: 'cron \"* * * * *\"'"),
    weekly("on: daily, at: every 1m from 00:00 until 23:59", runs=LONG),
    weekly("on: daily, at: every 10m from target.opens until 22:00", runs=YEAR),
    weekly("at: every 1m from opening until close", "after: s0 + 1d, at: every 1m from 00:00 until 23:59"),
    "journeys:\n  j:\n    on_event: coupon.issued\n    steps:\n      - {id: s0, on: daily, "
    "at: every 1m from 00:00 until 23:59, send: hello}\n",
]


@pytest.mark.parametrize("flows", DENSE)
def test_told_at_its_line_without_planning_it(flows: str) -> None:
    begin = process_time()
    (one,) = found(flows)
    assert process_time() - begin < 3
    assert one.code == "SOP-W531"
    assert str(MOST) in one.message.en
    assert one.place.line == 1 + (BOOK + flows)[: (BOOK + flows).rindex("{id: s")].count("\n")


SPARSE = [
    weekly("on: 'cron \"*/45 9-18 * * 1-5\"'", runs=YEAR),
    weekly("on: daily, at: every 45m from 00:00 until 23:59", runs=YEAR),  # 32 a day, 11,680 a year
    weekly("at: every 15m from opening until close"),
    weekly("on: [mon, thu], at: 09:00"),
    weekly("on: 'cron \"* * 1 1 *\"'", runs=YEAR),  # every minute of one day: too often only at first sight
    "journeys:\n  j:\n    on_event: coupon.issued\n    steps:\n      - {id: s0, on: event.expires - 3d, "
    "at: 10:00, send: hello}\n",
]


@pytest.mark.parametrize("flows", SPARSE)
def test_what_is_meant_is_left_alone(flows: str) -> None:
    assert found(flows) == []


def test_many_steps_together() -> None:
    time = "on: daily, at: every 45m from 00:00 until 23:59"
    assert found(weekly(*[time] * 3, runs=YEAR)) == []
    (one,) = found(weekly(*[time] * 4, runs=YEAR))
    assert str(IN_ALL) in one.message.en
    assert str(4 * 32 * 365) in one.message.en


def test_a_count_is_what_the_plan_has() -> None:
    """Just under the limit the plan has what was counted, and is made in a moment."""
    one = campaign(
        BOOK + weekly("on: daily, at: every 45m from 00:00 until 23:59", runs=YEAR), start="2026-05-20T12:00"
    )
    begin = local("2026-05-01T00:00")
    assert len(plan(one, Targets(one), begin, begin + timedelta(days=800))) == 32 * 365 <= MOST

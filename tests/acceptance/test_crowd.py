"""500 groups at nine o'clock on ten robots of 20 messages a minute: nobody is forgotten, and no robot is overrun."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sopengine.channels.base import Outcome, Outgoing, Receipt
from sopengine.channels.wecom_robot import PLATFORM
from tests.engine.channels import Memory
from tests.support.house import House

ROBOTS, GROUPS = 10, 500
MINUTE = timedelta(seconds=60)
TOML = """
database = "sqlite:///sop.db"
default_channel = "robot"
[channels.robot]
kind = "wecom-robot"
[sources.groups]
path = "groups.csv"
"""
BOOK = """
playbook: nine
title: Nine
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
runs: {from: 2026-03-02, until: 2026-03-03}
messages: {hello: 'Hello {{ target.name }}', more: 'More {{ target.name }}'}
weekly:
  to: groups
  steps:
    - {id: hello, on: mon, at: 09:00, late_ok: 3m, send: hello}
    - {id: more, on: mon, at: 09:01, late_ok: 3m, send: more}
"""
ROWS = [(f"g{number:03}", f"ROBOT{number % ROBOTS}") for number in range(GROUPS)]
ADDRESS = dict(ROWS)


class Strict(Memory):
    """Robots that take 20 messages in any 60 s and turn the next ones away; `overrun` counts those."""

    overrun: int = 0

    def send(self, message: Outgoing) -> Receipt:
        now = self.clock.now()
        lately = [at for at, other in self.arrived if other.address == message.address and now - at < MINUTE]
        if len(lately) >= 20:
            self.overrun += 1
            return Receipt(Outcome.RATE_LIMITED, "45009", retry_after=MINUTE)
        return super().send(message)


def crowd(path: Path) -> tuple[House, Strict]:
    made = House(path, BOOK, TOML, "id,name,secret\n" + "".join(f"{g},{g},{robot}\n" for g, robot in ROWS))
    channel = Strict(made.clock, limits=PLATFORM, local=True, kind="wecom-robot")
    made.channels["robot"] = channel
    made.start("2026-03-02T08:00")
    return made, channel


def busiest(channel: Memory) -> int:
    """The most messages of one robot in any 60 seconds."""
    by_robot: Mapping[str, list[datetime]] = defaultdict(list)
    for at, message in channel.arrived:
        by_robot[message.address].append(at)
    assert len(by_robot) == ROBOTS
    return max(sum(begin <= at < begin + MINUTE for at in times) for times in by_robot.values() for begin in times)


def held(made: House, channel: Strict) -> None:
    """What has to be true when it is over, however the passes came."""
    assert busiest(channel) <= 20
    assert channel.overrun == 0
    ends = Counter((step, state) for step, _, _, state in made.ends())
    assert ends == {("hello", "sent"): GROUPS, ("more", "sent"): GROUPS}
    assert {message.target for _, message in channel.arrived} == ADDRESS.keys()


def test_the_daemon_wakes_for_each_turn(tmp_path: Path) -> None:
    made, channel = crowd(tmp_path)
    made.run(until="2026-03-02T12:00")
    held(made, channel)
    first = {m.target: at for at, m in reversed(channel.arrived) if m.step == "hello"}
    last = max(first.values()) - made.at("2026-03-02T09:00")
    assert last <= timedelta(minutes=3, seconds=1), "burst 5, then 15 a minute: 50 groups take three minutes"
    in_order = [m.step for _, m in channel.arrived if m.target == "g000"]
    assert in_order == ["hello", "more"]


@pytest.mark.parametrize("seconds", [7, 60, 150])
def test_passes_at_any_pace(tmp_path: Path, seconds: int) -> None:
    """Cron calls each minute, or less often than the tokens come back. The clock stands still in a pass."""
    made, channel = crowd(tmp_path)
    made.tick_every(timedelta(seconds=seconds), "2026-03-02T08:59:59", "2026-03-02T10:00")
    held(made, channel)


def test_one_robot_that_is_shut_for_a_while_holds_up_nobody_else(tmp_path: Path) -> None:
    made, channel = crowd(tmp_path)
    opens = made.at("2026-03-02T09:20")
    made.at("2026-03-02T08:00")

    def answer(message: Outgoing) -> Receipt:
        if message.address == "ROBOT3" and made.clock.now() < opens:
            return Receipt(Outcome.RATE_LIMITED, "45009", retry_after=timedelta(minutes=5))
        return Receipt(Outcome.SENT)

    channel.answer = answer
    made.run(until="2026-03-02T12:00")
    assert busiest(channel) <= 20
    assert Counter(state for *_, state in made.ends()) == {"sent": 2 * GROUPS}
    others = [at for at, m in channel.arrived if m.address != "ROBOT3"]
    assert max(others) - made.at("2026-03-02T09:00") < timedelta(minutes=8)
    shut = [at for at, m in channel.arrived if m.address == "ROBOT3" and at < opens]
    assert len(shut) <= 30, "it is asked now and then, not by each of its hundred messages"

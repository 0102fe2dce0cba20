"""Digests of trouble: what is told, how often, and that neither a crash nor a refusal loses or multiplies it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sopengine.channels.base import ChannelSettings, Outcome, Outgoing, Receipt
from sopengine.channels.file import File
from sopengine.channels.secrets import Secrets
from sopengine.cli.workplace import alerting_for
from sopengine.engine import alerting
from sopengine.store.rows import State
from tests.support.house import TOML, House

BOOK = """
playbook: shop
title: Shop
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {a: 'A {{ target.name }}'}
runs: {from: 2026-03-02, until: 2026-03-09}
weekly: {to: groups, steps: [{id: a, on: daily, at: 10:00, send: a, via: robot, late_ok: 10m, useful_until: 1h}]}
"""
ALERTS = '[channels.robot]\nkind = "file"\npath = "robot.jsonl"\n[alerts]\nvia = "file"\nsilent = "36h"\n'


class Answers(File):
    """A file channel that gives the scripted outcomes first."""

    def __init__(self, path: Path, *outcomes: Outcome) -> None:
        super().__init__(ChannelSettings("answers", "file", {"path": path}), Secrets(path.parent, {}))
        self.outcomes, self.asked = list(outcomes), 0

    def send(self, message: Outgoing) -> Receipt:
        self.asked += 1
        if self.outcomes and (outcome := self.outcomes.pop(0)) is not Outcome.SENT:
            return Receipt(outcome, outcome.value)
        return super().send(message)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    import sopengine.cli.workplace as workplace

    monkeypatch.setattr(workplace, "language", lambda: "en")


def opened(tmp_path: Path, more: str = "", **channels: object) -> House:
    house = House(tmp_path, BOOK, TOML + ALERTS + more)
    house.channels = {"robot": Answers(tmp_path / "robot.jsonl"), **channels}  # type: ignore[dict-item]
    house.alerting = lambda channels: alerting_for(house.workspace, house.store, channels)
    return house


def told(house: House) -> list[str]:
    return [line["text"] for line in house.outbox() if line["key"].startswith("alert/")]


def refusing(house: House, count: int) -> None:
    house.channels["robot"] = Answers(house.root / "robot.jsonl", *[Outcome.REFUSED] * count)


def test_what_failed_is_told_once(tmp_path: Path) -> None:
    house = opened(tmp_path)
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    refusing(house, 2)
    house.tick("2026-03-02T10:00")
    assert told(house) == [
        f"[{tmp_path.name}] needs a look:\n- failed, 2: shop/a\nsee sopengine resolve, sopengine status"
    ]
    for minute in range(1, 30):
        house.tick(f"2026-03-02T10:{minute:02}")
    assert len(told(house)) == 1


def test_one_digest_in_ten_minutes_holds_everything(tmp_path: Path) -> None:
    house = opened(tmp_path)
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    refusing(house, 1)
    house.tick("2026-03-02T10:00")
    assert len(told(house)) == 1
    house.store.pause("channel", "robot", house.at("2026-03-02T10:01"), "lin")
    assert house.tick("2026-03-02T10:01").next_due == house.at("2026-03-02T10:10"), "and the daemon wakes for it"
    house.tick("2026-03-02T10:09")
    assert len(told(house)) == 1
    house.tick("2026-03-02T10:10")
    assert len(told(house)) == 2
    assert "paused: robot" in told(house)[1]
    assert "failed" not in told(house)[1]


def test_missed_and_unknown_are_told_and_what_was_settled_is_not(tmp_path: Path) -> None:
    house = opened(tmp_path)
    house.start("2026-03-01T08:00")
    house.tick("2026-03-02T09:59")
    house.channels["robot"] = Answers(tmp_path / "robot.jsonl", Outcome.UNKNOWN, Outcome.UNKNOWN)
    with house.engine() as engine:
        house.at("2026-03-02T10:00")
        engine._alerting = None  # a pass that ends before it tells
        engine.tick()
    first = next(row for row in house.store.deliveries("shop") if row.state is State.UNKNOWN)
    house.store.resolve(first.id, "sent", house.clock.now(), "lin", "seen in the group")
    house.tick("2026-03-02T10:05")
    assert "- unknown, 1: shop/a" in told(house)[0]
    house.tick("2026-03-03T10:30")
    assert "- missed, 2: shop/a" in told(house)[1]


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.SENT])
def test_a_digest_that_does_not_arrive_is_told_later_and_is_no_trouble_itself(tmp_path: Path, outcome: Outcome) -> None:
    """Not with every pass either, and with everything that came meanwhile."""
    house = opened(tmp_path)
    answers = Answers(tmp_path / "outbox.jsonl", outcome, outcome)
    house.channels["file"] = answers
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    refusing(house, 2)
    house.tick("2026-03-02T10:00")
    for minute in range(1, 25):
        house.tick(f"2026-03-02T10:{minute:02}")
    assert answers.asked == 3
    assert len(told(house)) == 1
    assert "- failed, 2: shop/a" in told(house)[0]
    assert {row.state for row in house.store.deliveries("shop")} == {State.FAILED}, "no row of its own"


def test_a_mistake_in_the_channel_of_alerts_ends_no_pass(tmp_path: Path) -> None:
    class Wrong(Answers):
        def send(self, message: Outgoing) -> Receipt:
            raise KeyError(message.key)

    house = opened(tmp_path, file=Wrong(tmp_path / "lost.jsonl"))
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    refusing(house, 2)
    house.tick("2026-03-02T10:00")
    del house.channels["file"]
    house.tick("2026-03-02T10:10")
    assert len(told(house)) == 1, "it is told once it can be"


def test_a_crash_between_begin_and_end_loses_nothing(tmp_path: Path) -> None:
    class Crash(BaseException):
        """The end of the process, not a mistake in a channel."""

    class Crashing(Answers):
        def send(self, message: Outgoing) -> Receipt:
            super().send(message)
            raise Crash

    house = opened(tmp_path, file=Crashing(tmp_path / "lost.jsonl"))
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    refusing(house, 2)
    with pytest.raises(Crash):
        house.tick("2026-03-02T10:00")
    del house.channels["file"]
    house.tick("2026-03-02T10:05")
    assert told(house) == [], "no storm by a process that is started again and again"
    house.tick("2026-03-02T10:10")
    assert len(told(house)) == 1


def test_what_was_before_alerts_began_is_not_told(tmp_path: Path) -> None:
    house = opened(tmp_path)
    house.alerting = lambda channels: None
    house.start("2026-03-01T08:00")
    refusing(house, 2)
    house.tick("2026-03-02T10:00")
    house.alerting = lambda channels: alerting_for(house.workspace, house.store, channels)
    house.tick("2026-03-02T10:30")
    assert told(house) == []


def test_a_time_without_passes_is_told_by_the_next_one(tmp_path: Path) -> None:
    house = opened(tmp_path)
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    house.tick("2026-03-02T10:00")
    house.tick("2026-03-05T11:30")
    [text] = told(house)
    assert "missed, 4: shop/a" in text
    assert "nothing was carried out: 2026-03-02 02:00 - 2026-03-05 03:30 UTC" in text
    assert [t.after for t in house.log("ledger")] == ["silent"]


def test_only_what_is_asked_for(tmp_path: Path) -> None:
    house = opened(tmp_path, 'on = ["missed"]\n')
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    refusing(house, 2)
    house.tick("2026-03-02T10:00")
    assert told(house) == []


def test_everybody_of_a_list_is_told_and_a_list_that_cannot_be_read_waits(tmp_path: Path) -> None:
    house = opened(tmp_path, 'to = "duty"\n[sources.duty]\npath = "duty.csv"\n')
    (tmp_path / "duty.csv").write_text("id,address\nann,A1\nben,B1\n", "utf-8")
    house.start("2026-03-01T08:00")
    house.tick("2026-03-01T08:00")
    refusing(house, 2)
    (tmp_path / "duty.csv").rename(tmp_path / "away.csv")
    house.tick("2026-03-02T10:00")
    assert told(house) == []
    (tmp_path / "away.csv").rename(tmp_path / "duty.csv")
    house.tick("2026-03-02T10:11")
    addresses = [line["address"] for line in house.outbox() if line["key"].startswith("alert/")]
    assert addresses == ["A1", "B1"]


def test_two_processes_tell_it_once(tmp_path: Path) -> None:
    """They look at the same moment; the number of a digest is taken by one of them."""
    house = opened(tmp_path)
    house.start("2026-03-01T08:00")
    now = house.at("2026-03-01T08:00")
    house.store.begin_alerts(now)
    assert house.store.begin_alert(2, 5, now, "x")
    assert not house.store.begin_alert(2, 5, now, "x")


def test_a_long_digest_fits_every_channel(tmp_path: Path) -> None:
    from sopengine.store.alerts import Trouble

    house = opened(tmp_path)
    alerts = alerting_for(house.workspace, house.store, {"file": Answers(tmp_path / "x")})
    assert alerts is not None
    many = [Trouble("missed", "活动" * 60, f"步骤{n}" * 40, 1_000_000) for n in range(50)]
    text = alerting.digest(many, alerts._whom)
    assert len(text.encode()) < 2048
    assert "42" in text
    assert timedelta(minutes=10) == alerting.EVERY

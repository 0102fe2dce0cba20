"""`unknown` is settled by a person, by a late answer, or as its author wrote; what hangs on it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sopengine.channels.base import Outcome, Outgoing, Receipt
from sopengine.errors import SopError, UsageError
from sopengine.store.delivery_rows import Intent, Result
from sopengine.store.rows import EventRow, State
from tests.engine.channels import Memory, always
from tests.support.house import House
from tests.support.robot_server import RobotServer, cut, errcode, status
from tests.support.robots import robot_house, serving, shown

BOOK = """
playbook: posts
title: Posts
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
runs: {from: 2026-03-02, until: 2026-03-04}
messages: {hello: 'Hello {{ target.name }}'}
weekly:
  to: groups
  steps:
    - {id: hello, on: mon, at: 09:00, send: hello, useful_until: 6h%s}
"""
NINE = "2026-03-02T09:00"


@pytest.fixture
def server() -> Iterator[RobotServer]:
    yield from serving()


def ends(made: House) -> dict[str, str]:
    return {target: state for _, target, _, state in made.ends()}


def in_doubt(path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch, step: str = "") -> House:
    """East's robot took the message and its answer was lost; west's answered."""
    made = robot_house(path, server, BOOK % step, monkeypatch)
    server.script("key-east-0123456789", [cut()])
    made.start("2026-03-01T12:00")
    made.tick(NINE)
    return made


def test_an_unknown_delivery_is_listed_with_all_its_evidence(
    tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = robot_house(tmp_path, server, BOOK % "", monkeypatch)
    server.script("key-east-0123456789", [errcode(45009), status(502)])
    server.script("key-west-0123456789", [errcode(93000, "invalid webhook url")])
    made.start("2026-03-01T12:00")
    made.run(until="2026-03-02T10:00")
    east, west = made.store.needs()
    assert (east.target, east.state, west.target, west.state) == ("east", State.UNKNOWN, "west", State.FAILED)
    assert [(a.outcome, a.status) for a in east.attempts] == [("planned", 200), ("unknown", 502)]
    assert "gateway" in east.attempts[1].excerpt
    assert east.attempts[0].started_at == made.at(NINE)
    assert east.attempts[1].started_at - east.attempts[0].started_at >= timedelta(seconds=60)
    assert "93000" in west.reason
    assert east.text == "Hello East"
    assert made.store.deliveries_named(str(east.id)) == made.store.deliveries_named(east.key[:8]) == [east]
    assert made.store.counts("posts").needs == 2


@pytest.mark.parametrize(("verdict", "state"), [("sent", "sent"), ("not-sent", "failed")])
def test_a_person_says_how_it_was_and_nothing_is_sent(
    tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch, verdict: str, state: str
) -> None:
    made = in_doubt(tmp_path, server, monkeypatch)
    (need,) = made.store.needs()
    resolved = made.store.resolve(need.id, verdict, made.at("2026-03-02T09:30"), "wang", "looked")  # type: ignore[arg-type]
    assert resolved.done
    made.run(until="2026-03-02T20:00")
    assert ends(made) == {"east": state, "west": "sent"}
    assert (shown(server, "east"), shown(server, "west")) == (1, 1)
    (line,) = [t for t in made.log() if t.actor == "wang"]
    assert (line.before, line.after, line.reason) == ("unknown", state, f"{verdict}: looked")
    again = made.store.resolve(need.id, "resend", made.at("2026-03-02T20:00"), "li", "me too")
    assert (again.done, again.by, again.state) == (False, "wang", State[state.upper()])


def test_a_resend_goes_out_once_more_and_never_ends_as_unsent(
    tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = in_doubt(tmp_path, server, monkeypatch, ", on_unknown: resend")
    made.run(until="2026-03-02T10:00")
    assert ends(made)["east"] == "sent", "its author said so"
    assert shown(server, "east") == 2

    server.script("key-west-0123456789", [cut(), errcode(93000)])
    made = robot_house(tmp_path / "held", server, BOOK % "", monkeypatch)
    made.start("2026-03-01T12:00")
    made.tick(NINE)
    (need,) = made.store.needs()
    assert need.target == "west"
    made.store.resolve(need.id, "resend", made.at("2026-03-02T09:20"), "wang", "they say they have nothing")
    made.run(until="2026-03-02T11:00")
    assert ends(made)["west"] == "unknown", "a refusal now says nothing of the first attempt"
    (need,) = made.store.needs()
    made.store.resolve(need.id, "resend", made.at("2026-03-02T11:20"), "wang", "again")
    made.run(until="2026-03-02T12:00")
    assert ends(made)["west"] == "sent"


def test_nothing_is_resent_after_it_is_of_no_use(
    tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = in_doubt(tmp_path, server, monkeypatch)
    (need,) = made.store.needs()
    with pytest.raises(SopError, match=r"2026-03-02T15:00\+08:00"):
        made.store.resolve(need.id, "resend", made.at("2026-03-02T15:00"), "wang", "late")
    with pytest.raises(UsageError):
        made.store.resolve(4711, "sent", made.at("2026-03-02T15:00"), "wang", "who?")
    assert ends(made)["east"] == "unknown"
    assert made.store.resolve(need.id, "resend", made.at("2026-03-02T14:59"), "wang", "in time").done


def test_a_finished_campaign_still_sends_what_a_person_sets_going(
    tmp_path: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = (BOOK % "").replace("until: 2026-03-04", "until: 2026-03-03").replace("6h", "3d")
    made = robot_house(tmp_path, server, book, monkeypatch)
    server.script("key-east-0123456789", [cut()])
    made.start("2026-03-01T12:00")
    made.run(until="2026-03-04T00:00")
    assert made.store.campaigns()[0].state == "finished"
    (need,) = made.store.needs()
    made.store.resolve(need.id, "resend", made.at("2026-03-04T09:00"), "wang", "they have nothing")
    assert made.tick().claimed == 1
    assert ends(made)["east"] == "sent"


def test_a_late_answer_with_the_same_fence_settles_it_and_a_persons_word_stands(tmp_path: Path) -> None:
    made = House(tmp_path, BOOK % "")
    made.start("2026-03-01T12:00")
    with made.engine() as engine:  # fans out, and sends nothing: its channel is paused
        made.store.pause("channel", "file", made.at(NINE), "test")
        engine.tick()
    made.store.resume("channel", "file", made.clock.now(), "test")
    claimed = made.store.claim(made.at(NINE), "frozen", timedelta(minutes=2))
    made.store.intend([Intent(c.id, c.fence, "Hello") for c in claimed], made.clock.now())
    assert made.store.reap(made.at("2026-03-02T09:02")).unknown == 2
    east, west = claimed
    made.store.resolve(west.id, "not-sent", made.clock.now(), "wang", "looked")
    late = [Result(c.id, c.fence, State.SENT, "ok") for c in claimed]
    assert made.store.record(late, made.at("2026-03-02T09:03")) == {east.id}
    assert ends(made) == {"east": "sent", "west": "failed"}


@pytest.mark.parametrize(("policy", "state", "times", "needs"), [("hold", "unknown", 1, 2), ("skip", "unknown", 1, 0)])
def test_on_unknown_decides_who_has_to_look(tmp_path: Path, policy: str, state: str, times: int, needs: int) -> None:
    made = House(tmp_path, BOOK % f", on_unknown: {policy}")
    memory = Memory(made.clock, always(Outcome.UNKNOWN, "cut"))
    made.channels["file"] = memory
    made.start("2026-03-01T12:00")
    made.run()
    assert ends(made) == {"east": state, "west": state}
    assert len(memory.arrived) == 2 * times
    assert made.store.counts("posts").needs == needs
    assert len(made.store.needs()) == needs


@pytest.mark.parametrize(
    ("policy", "after", "needs"), [("hold", "unknown", 2), ("skip", "unknown", 0), ("resend", "sent", 0)]
)
def test_a_process_that_died_between_sending_and_recording_follows_on_unknown(
    tmp_path: Path, policy: str, after: str, needs: int
) -> None:
    made = House(tmp_path, BOOK % f", on_unknown: {policy}")
    made.start("2026-03-01T12:00")

    def die(message: Outgoing) -> Receipt:
        raise KeyboardInterrupt

    made.channels["file"] = Memory(made.clock, die, local=True)
    with pytest.raises(KeyboardInterrupt):
        made.tick(NINE)
    made.channels["file"] = memory = Memory(made.clock)
    made.run(until="2026-03-02T12:00")
    assert set(ends(made).values()) == {after}
    assert len(memory.arrived) == (2 if policy == "resend" else 0)
    assert made.store.counts("posts").needs == needs


FLOW = """
playbook: door
title: Door
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {hello: 'Hello', rules: 'The rules'}
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: hello, required: true, late_ok: 2h%s}
    - {id: rules, after: 10m, send: rules, late_ok: 1d}
"""


def joined(path: Path, step: str = "") -> tuple[House, Memory]:
    made = House(path, FLOW % step)
    answers = {"Hello": Receipt(Outcome.UNKNOWN, "cut")}
    memory = Memory(made.clock, lambda message: answers.pop(message.text, Receipt(Outcome.SENT)))
    made.channels["file"] = memory
    made.start("2026-03-02T08:00")
    made.store.add_event(EventRow("member.joined", "east", {"member": "m1"}, made.at(NINE)))
    made.run(until="2026-03-02T12:00")
    return made, memory


def test_a_flow_held_by_a_required_step_goes_on_when_a_person_says_it_was_sent(tmp_path: Path) -> None:
    made, memory = joined(tmp_path)
    assert [m.step for _, m in memory.arrived] == ["hello"]
    (held,) = made.store.held_flows()
    assert (held.flow, held.subject, held.step) == ("welcome", "east", "hello")
    assert made.store.counts("door").needs == 2, "the delivery, and the flow behind it"
    (need,) = made.store.needs()
    made.store.resolve(need.id, "sent", made.at("2026-03-02T12:00"), "wang", "seen in the group")
    made.run(until="2026-03-02T13:00")
    assert [m.step for _, m in memory.arrived] == ["hello", "rules"]
    assert made.store.held_flows() == []


def test_a_flow_does_not_wait_for_what_its_author_left_to_chance(tmp_path: Path) -> None:
    made, memory = joined(tmp_path, ", on_unknown: skip")
    assert [m.step for _, m in memory.arrived] == ["hello", "rules"]
    assert made.store.counts("door").needs == 0

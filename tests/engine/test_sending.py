"""What becomes of a delivery whatever its channel does: broken code, no answer, refusals, limits of a platform."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from sopengine.channels.base import Limits, Outcome, Outgoing, Receipt
from tests.engine.channels import Memory, always
from tests.support.house import House

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
    - {id: hello, on: mon, at: 09:00, send: hello%s}
"""


def house(path: Path, answer: object = always(Outcome.SENT), step: str = "", **channel: object) -> tuple[House, Memory]:
    made = House(path, BOOK % step)
    memory = Memory(made.clock, answer, **channel)  # type: ignore[arg-type]
    made.channels["file"] = memory
    made.start("2026-03-01T12:00")
    return made, memory


def ends(made: House) -> dict[str, str]:
    return {target: state for _, target, _, state in made.ends()}


@pytest.mark.parametrize("local", [True, False])
def test_a_channel_that_breaks_leaves_its_own_delivery_unknown_and_all_others_recorded(
    tmp_path: Path, local: bool
) -> None:
    def answer(message: Outgoing) -> Receipt:
        if message.target == "east":
            raise RuntimeError("https://secret.example/key=1")
        return Receipt(Outcome.SENT)

    made, memory = house(tmp_path, answer, local=local)
    made.tick("2026-03-02T09:00")
    assert ends(made) == {"east": "unknown", "west": "sent"}
    (reason,) = {t.reason for t in made.log() if t.after == "unknown"}
    assert "RuntimeError" in reason
    assert "secret" not in reason
    made.tick("2026-03-02T09:10")
    assert len(memory.arrived) == 2, "nothing is sent again by itself"


def test_a_channel_that_breaks_before_the_intent_fails_only_its_own(tmp_path: Path) -> None:
    made, memory = house(tmp_path)

    def problem(message: Outgoing) -> str:
        if message.target == "east":
            raise ValueError
        return ""

    memory.problem = problem  # type: ignore[method-assign]
    made.tick("2026-03-02T09:00")
    assert ends(made) == {"east": "failed", "west": "sent"}
    assert [m.target for _, m in memory.arrived] == ["west"]


def test_no_answer_where_keys_count_is_asked_again_and_never_ends_as_unsent(tmp_path: Path) -> None:
    made, memory = house(
        tmp_path, always(Outcome.UNKNOWN, "cut"), ", useful_until: 2h", deduplicates=timedelta(hours=1)
    )
    made.run(until="2026-03-02T12:00")
    assert ends(made) == {"east": "unknown", "west": "unknown"}
    times = [at for at, m in memory.arrived if m.target == "east"]
    assert len(times) > 2
    assert times[-1] - times[0] < timedelta(hours=1), "the platform's memory of keys is over"
    assert len({m.key for _, m in memory.arrived if m.target == "east"}) == 1


@pytest.mark.parametrize("second", [Outcome.UNKNOWN, Outcome.NOT_NOW, Outcome.RATE_LIMITED])
def test_nobody_asks_again_after_the_platform_has_forgotten_the_key(tmp_path: Path, second: Outcome) -> None:
    """The first request may have been taken; then others are turned away, or nothing runs for an hour."""
    answers = {"east": [Outcome.UNKNOWN], "west": [Outcome.UNKNOWN]}

    def answer(message: Outgoing) -> Receipt:
        left = answers[message.target]
        return Receipt(left.pop() if left else second, "busy")

    made, memory = house(tmp_path, answer, deduplicates=timedelta(hours=1))
    made.tick("2026-03-02T09:00")
    made.tick("2026-03-02T09:05")
    assert len(memory.arrived) == 4
    made.tick("2026-03-02T10:01")
    made.run(until="2026-03-02T18:00")
    assert len(memory.arrived) == 4
    assert ends(made) == {"east": "unknown", "west": "unknown"}


@pytest.mark.parametrize("second", [Outcome.NOT_NOW, Outcome.REFUSED])
def test_after_a_doubtful_attempt_no_refusal_makes_it_unsent(tmp_path: Path, second: Outcome) -> None:
    answers = {"east": [Outcome.UNKNOWN], "west": [Outcome.UNKNOWN]}

    def answer(message: Outgoing) -> Receipt:
        left = answers[message.target]
        return Receipt(left.pop() if left else second, "busy")

    made, _ = house(tmp_path, answer, ", on_unknown: resend, useful_until: 1h")
    made.run(until="2026-03-02T12:00")
    assert ends(made) == {"east": "unknown", "west": "unknown"}


def test_resend_sends_once_more_and_not_until_the_end_of_the_day(tmp_path: Path) -> None:
    made, memory = house(tmp_path, always(Outcome.UNKNOWN, "cut"), ", on_unknown: resend")
    made.run()
    assert ends(made) == {"east": "unknown", "west": "unknown"}
    assert len(memory.arrived) == 4


def test_nothing_is_begun_when_the_lease_is_nearly_over(tmp_path: Path) -> None:
    """The first request takes so long that the second would end after its lease."""
    made, memory = house(tmp_path, local=True)

    def answer(message: Outgoing) -> Receipt:
        made.clock.move_to(made.clock.now() + timedelta(seconds=101))
        return Receipt(Outcome.SENT)

    memory.answer = answer
    made.tick("2026-03-02T09:00")
    begun = {m.target for _, m in memory.arrived}
    assert len(begun) == 1
    assert sorted(ends(made).values()) == ["planned", "sent"]
    made.run(until="2026-03-02T10:00")
    assert ends(made) == {"east": "sent", "west": "sent"}
    assert len(memory.arrived) == 2


def test_a_stop_is_obeyed_between_two_groups(tmp_path: Path) -> None:
    groups = "id,name\n" + "".join(f"g{n},G{n}\n" for n in range(150))
    made = House(tmp_path, BOOK % "", groups=groups)
    memory = Memory(made.clock)
    made.channels["file"] = memory
    made.start("2026-03-01T12:00")
    made.at("2026-03-02T09:00")
    with made.engine() as engine:
        engine.tick(stopping=lambda: bool(memory.arrived))
    assert len(memory.arrived) == 100
    states = list(ends(made).values())
    assert states.count("sent") == len(states) == 100, "the group in hand is finished, the next one is not claimed"
    made.tick()
    assert len(memory.arrived) == 150


ONE_AFTER_THE_OTHER = """
playbook: posts
title: Posts
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
runs: {from: 2026-03-02, until: 2026-03-04}
messages: {hello: 'Hello'}
weekly:
  to: groups
  steps:
    - {id: by-hand, on: mon, at: 08:00, send: hello, via: manual}
    - {id: follows, after: by-hand + 1m, send: hello}
    - {id: between, on: mon, at: 08:50, send: hello}
"""


def test_messages_of_one_target_start_in_the_order_of_their_times(tmp_path: Path) -> None:
    """What was planned earlier came later: a person took until 08:54."""
    made = House(tmp_path, ONE_AFTER_THE_OTHER, groups="id,name\neast,East\n")
    memory = Memory(made.clock, local=True)
    made.channels["file"] = memory
    made.start("2026-03-01T12:00")
    made.tick("2026-03-02T08:00")
    made.store.complete_task(made.store.tasks()[0].id, made.at("2026-03-02T08:54"), "Ann")
    made.tick("2026-03-02T09:00")
    assert [m.step for _, m in memory.arrived] == ["between", "follows"]


def test_robots_shared_by_many_groups_stay_within_their_rate_and_miss_nothing(tmp_path: Path) -> None:
    """500 groups on 10 robots, 20 a minute each; one robot answers 45009 at its fifth message."""
    groups = "id,name,address\n" + "".join(f"g{n},G{n},R{n % 10}\n" for n in range(500))
    made = House(tmp_path, BOOK % "", groups=groups)
    asked = {"R3": 0}

    def answer(message: Outgoing) -> Receipt:
        if message.address == "R3":
            asked["R3"] += 1
            if asked["R3"] == 5:
                return Receipt(Outcome.RATE_LIMITED, "45009", retry_after=timedelta(seconds=60))
        return Receipt(Outcome.SENT)

    memory = Memory(made.clock, answer, Limits(rate=20, per=60, burst=1), local=True)
    made.channels["file"] = memory
    made.start("2026-03-01T12:00")
    made.run()
    assert set(ends(made).values()) == {"sent"}
    assert len(ends(made)) == 500
    for robot in {m.address for _, m in memory.arrived}:
        times = [at for at, m in memory.arrived if m.address == robot]
        assert len(times) == (51 if robot == "R3" else 50)
        for first, twentieth in zip(times, times[20:], strict=False):
            assert twentieth - first >= timedelta(seconds=60), "more than 20 inside a minute"
    parked = sorted(at for at, m in memory.arrived if m.address == "R3")
    assert max(b - a for a, b in pairwise(parked)) >= timedelta(seconds=60)

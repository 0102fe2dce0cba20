"""Where a channel can be asked afterwards, what is unknown settles itself; parked addresses are released by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sopengine.channels.base import Limits, LooksUp, Outcome, Outgoing, Receipt
from tests.engine.channels import Memory, always
from tests.engine.test_resolve import BOOK, NINE, ends
from tests.support.house import House


@dataclass
class Asked(Memory):
    """Every answer is lost; `found` says what a look gives."""

    found: Callable[[str], Outcome] = lambda key: Outcome.UNKNOWN
    looks: list[tuple[datetime, str]] = field(default_factory=list)

    def lookup(self, key: str, address: str) -> Receipt:
        self.looks.append((self.clock.now(), key))
        return Receipt(self.found(key), "the platform says so")


def asked(path: Path, found: Callable[[str], Outcome], step: str = "") -> tuple[House, Asked]:
    made = House(path, BOOK % step)
    channel = Asked(made.clock, always(Outcome.UNKNOWN, "cut"))
    channel.found = found
    made.channels["file"] = channel
    made.start("2026-03-01T12:00")
    return made, channel


def test_a_platform_that_has_the_message_makes_it_sent(tmp_path: Path) -> None:
    made, channel = asked(tmp_path, lambda key: Outcome.SENT)
    made.run(until="2026-03-02T12:00")
    assert ends(made) == {"east": "sent", "west": "sent"}
    assert len(channel.arrived) == 2
    assert {at - made.at(NINE) for at, _ in channel.looks} == {timedelta(minutes=1)}
    assert {t.reason for t in made.log() if t.after == "sent"} == {"looked up: the platform says so"}
    assert made.store.counts("posts").needs == 0


def test_a_platform_that_has_it_not_gets_it_once_more(tmp_path: Path) -> None:
    made, channel = asked(tmp_path, lambda key: Outcome.NOT_NOW)

    def answer(message: Outgoing) -> Receipt:
        first = [m for _, m in channel.arrived].count(message) == 1
        return Receipt(Outcome.UNKNOWN if first else Outcome.SENT)

    channel.answer = answer
    made.run(until="2026-03-02T12:00")
    assert ends(made) == {"east": "sent", "west": "sent"}
    assert len(channel.arrived) == 4


def test_a_message_that_is_not_there_and_of_no_use_any_more_failed(tmp_path: Path) -> None:
    made, channel = asked(tmp_path, lambda key: Outcome.NOT_NOW)
    made.tick(NINE)
    made.tick("2026-03-02T15:00")
    assert ends(made) == {"east": "failed", "west": "failed"}
    assert len(channel.arrived) == 2
    assert len({t.reason for t in made.log() if t.after == "failed" and "no time left" in t.reason}) == 1


def test_a_platform_that_does_not_know_is_asked_with_doubling_waits_for_a_day(tmp_path: Path) -> None:
    made, channel = asked(tmp_path, lambda key: Outcome.UNKNOWN)
    made.run()
    assert ends(made) == {"east": "unknown", "west": "unknown"}
    times = sorted({at - made.at(NINE) for at, _ in channel.looks})
    assert times == [timedelta(minutes=2**n) for n in range(11)]
    assert made.store.counts("posts").needs == 2
    (need, _) = made.store.needs()
    assert need.attempts[-1].outcome == "unknown", "a look is no attempt and leaves the evidence alone"


@pytest.mark.parametrize("written", [True, False])
def test_a_process_killed_while_it_wrote_the_file_is_found_out_by_the_file(tmp_path: Path, written: bool) -> None:
    made = House(tmp_path, BOOK % "")
    made.start("2026-03-01T12:00")

    class Dies(Memory):
        def send(self, message: Outgoing) -> Receipt:
            if written:
                inner.send(message)
            raise KeyboardInterrupt

    with made.engine() as engine:
        inner = engine._channels["file"]
        assert isinstance(inner, LooksUp)
    made.channels["file"] = Dies(made.clock, local=True)
    with pytest.raises(KeyboardInterrupt):
        made.tick(NINE)
    made.channels.clear()
    made.run(until="2026-03-02T12:00")
    # a file may have been moved away: what is not in it may have been there
    assert ends(made) == {"east": "sent" if written else "unknown", "west": "unknown"}
    assert [m["target"] for m in made.outbox()] == (["east"] if written else []), "nothing is written a second time"


def test_a_channel_that_was_another_one_when_it_sent_resends_nothing(tmp_path: Path) -> None:
    """Sent through a robot whose answer was lost; then the operator redirects the channel to a file."""
    made = House(tmp_path, BOOK % "")
    made.channels["file"] = robot = Memory(made.clock, always(Outcome.UNKNOWN, "cut"))
    made.start("2026-03-01T12:00")
    made.tick(NINE)
    made.channels.clear()
    made.run(until="2026-03-02T15:00")
    assert ends(made) == {"east": "unknown", "west": "unknown"}
    assert made.outbox() == []
    assert len(robot.arrived) == 2


def test_a_look_does_not_undo_what_a_person_has_said_meanwhile(tmp_path: Path) -> None:
    made, channel = asked(tmp_path, lambda key: Outcome.NOT_NOW)
    made.tick(NINE)
    east, west = made.store.needs()

    def found(key: str) -> Outcome:
        if key == east.key:
            made.store.resolve(east.id, "sent", made.clock.now(), "wang", "seen")
        return Outcome.NOT_NOW

    channel.found = found
    channel.answer = always(Outcome.SENT)
    made.tick("2026-03-02T09:01")
    assert ends(made) == {"east": "sent", "west": "sent"}
    assert [m.target for _, m in channel.arrived].count("east") == 1
    assert west.target == "west"


def test_a_parked_address_is_told_and_released_by_hand(tmp_path: Path) -> None:
    made = House(tmp_path, BOOK % "", groups="id,name,address\neast,East,R1\nwest,West,R1\n")
    limited = [Receipt(Outcome.RATE_LIMITED, "45009", retry_after=timedelta(hours=2))]
    memory = Memory(
        made.clock,
        lambda message: limited.pop() if limited else Receipt(Outcome.SENT),
        Limits(rate=20, per=60, burst=1),
        local=True,
    )
    made.channels["file"] = memory
    made.start("2026-03-01T12:00")
    made.tick(NINE)
    (parked,) = made.store.parked(made.clock.now())
    assert (parked.name, parked.reason) == ("file/R1", "45009")
    assert parked.until == made.at("2026-03-02T11:00")
    made.tick("2026-03-02T09:20")
    assert len(memory.arrived) == 1
    assert made.store.release("file/R1", made.clock.now(), "wang", "the platform let it go")
    assert not made.store.release("file/R1", made.clock.now(), "li", "")
    assert not made.store.release("file/R2", made.clock.now(), "li", "")
    made.run(until="2026-03-02T10:00")
    assert ends(made) == {"east": "sent", "west": "sent"}
    times = [at for at, _ in memory.arrived[1:]]
    assert times[0] == made.at("2026-03-02T09:20")
    assert times[1] - times[0] >= timedelta(seconds=3), "at its own rate"
    (line,) = [t for t in made.log("bucket") if t.actor == "wang"]
    assert (line.before, line.reason) == ("parked", "the platform let it go")

"""The database goes away while messages are sent: nothing is sent without its row, and no answer is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sopengine.channels.base import Outcome, Outgoing, Receipt
from sopengine.diagnostics import Text
from sopengine.engine.daemon import AlarmClock, Daemon
from sopengine.engine.lease import LEASE
from sopengine.engine.outage import Outage
from sopengine.engine.systemd import Notifier
from sopengine.engine.tick import Pass
from sopengine.store.errors import StoreAway, StoreTrouble
from sopengine.store.store import open_store
from tests.engine.channels import Memory
from tests.engine.test_workers import BOOK, NINE, SECOND, states
from tests.support import postgres
from tests.support.house import TOML, House


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    made = postgres.Server()
    yield made
    made.remove()


@pytest.fixture
def house(tmp_path: Path, server: postgres.Server) -> Iterator[tuple[House, Memory]]:
    address = server.address(server.new_database())
    made = House(tmp_path, BOOK % "", toml=TOML.replace("sqlite:///sop.db", address))
    made.channels["file"] = memory = Memory(made.clock)
    made.start("2026-03-01T12:00")
    yield made, memory
    made.store.close()


def crashing(server: postgres.Server, memory: Memory) -> Callable[[Outgoing], Receipt]:
    """The server crashes under the first request, and the message arrives all the same."""

    def answer(_: Outgoing) -> Receipt:
        if len(memory.arrived) == 1:
            server.crash()
        return Receipt(Outcome.SENT)

    return answer


def test_an_answer_that_came_while_the_server_was_away_is_written_when_it_is_back(
    house: tuple[House, Memory], server: postgres.Server
) -> None:
    made, memory = house
    memory.answer = crashing(server, memory)
    made.at(NINE)
    with made.engine() as engine:
        for _ in range(2):
            with pytest.raises(StoreAway):
                engine.tick()
        server.start()
        assert states(made) == {"sending"}
        engine.tick()
        assert states(made) == {"sent"}
    assert len(memory.arrived) == 2


def test_an_answer_that_another_took_for_lost_settles_the_doubt(
    house: tuple[House, Memory], server: postgres.Server
) -> None:
    made, memory = house
    memory.answer = crashing(server, memory)
    made.at(NINE)
    with made.engine() as engine:
        with pytest.raises(StoreAway):
            engine.tick()
        server.start()
        made.clock.move_to(made.clock.now() + LEASE + SECOND)
        with open_store(made.workspace.database) as door, made.engine(door) as other:
            other.tick()
        assert states(made) == {"unknown"}
        engine.tick()
    assert states(made) == {"sent"}
    assert len(memory.arrived) == 2


def test_who_is_told_to_end_while_the_server_is_away_leaves_it_to_the_lease(
    house: tuple[House, Memory], server: postgres.Server, caplog: pytest.LogCaptureFixture
) -> None:
    made, memory = house
    memory.answer = crashing(server, memory)
    made.at(NINE)
    with made.engine() as engine, pytest.raises(StoreAway):
        engine.tick()
    assert "2 answers could not be written" in caplog.text
    server.start()
    made.clock.move_to(made.clock.now() + LEASE + SECOND)
    made.tick()
    assert states(made) == {"unknown"}
    assert len(memory.arrived) == 2


def test_the_daemon_waits_for_the_server_and_says_so(
    house: tuple[House, Memory], server: postgres.Server, caplog: pytest.LogCaptureFixture
) -> None:
    made, memory = house
    made.at(NINE)
    told: list[str] = []
    alarm = AlarmClock(0.2)  # rings like the watchdog's: the tries follow each other faster than a back-off asks

    class Systemd(Notifier):
        def _send(self, message: str) -> None:
            told.append(message)
            if told.count("WATCHDOG=1") == 3:
                server.start()

    server.crash()
    with made.engine() as engine:
        daemon = Daemon(engine, made.clock, alarm, Systemd({}))

        def finished(done: Pass) -> None:
            if done.claimed:
                daemon.stop()

        daemon.run(finished)
    alarm.close()
    assert states(made) == {"sent"}
    assert len(memory.arrived) == 2
    assert told[1] == "READY=1"
    assert told[0].startswith("STATUS=waiting for the database: cannot reach the database")
    assert told.count("WATCHDOG=1") >= 3
    assert "nothing is sent until it works again" in caplog.text
    assert "the database works again after" in caplog.text


def test_tries_grow_apart_and_begin_anew_after_each_outage() -> None:
    away, outage, now = StoreTrouble(Text("不在", "away")), Outage(), datetime(2026, 3, 2, tzinfo=UTC)
    assert [(outage.next_try(away, now) - now) / SECOND for _ in range(6)] == [1, 2, 4, 8, 15, 15]
    outage.over(now)
    assert (outage.next_try(away, now) - now) / SECOND == 1

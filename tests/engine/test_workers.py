"""Several workers on one PostgreSQL: whoever dies is followed by another, whoever is late is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sopengine import failpoints
from sopengine.channels.base import Outcome, Outgoing, Receipt
from sopengine.clock import ManualClock, SystemClock
from sopengine.engine.daemon import FALLBACK_SECONDS
from sopengine.engine.lease import LEASE, LONGEST
from sopengine.engine.tick import Engine
from sopengine.store.database import database_at
from sopengine.store.postgres import Postgres
from sopengine.store.store import Store, open_store
from tests.engine.channels import Memory
from tests.support import postgres
from tests.support.house import TOML, House

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
POLL = timedelta(seconds=FALLBACK_SECONDS)
SECOND = timedelta(seconds=1)
NINE = "2026-03-02T09:00"


class Died(BaseException):
    """The process is gone: nothing of it writes any more."""


@contextmanager
def dying_at(place: str) -> Iterator[None]:
    def listener(reached: str) -> None:
        if reached == place:
            raise Died

    failpoints.listen(listener)
    try:
        with pytest.raises(Died):
            yield
    finally:
        failpoints.listen(None)


Open = Callable[..., tuple[House, Memory]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Open]:
    opened = []

    def open_(groups: int = 2, *, local: bool = False, step: str = "") -> tuple[House, Memory]:
        rows = "id,name\n" + "".join(f"g{n},Group {n}\n" for n in range(groups))
        made = House(tmp_path, BOOK % step, toml=TOML.replace("sqlite:///sop.db", postgres.fresh()), groups=rows)
        opened.append(made)
        made.channels["file"] = memory = Memory(made.clock, local=local)
        made.start("2026-03-01T12:00")
        return made, memory

    yield open_
    for made in opened:
        made.store.close()


@contextmanager
def elsewhere(made: House, ahead: timedelta) -> Iterator[tuple[Engine, ManualClock]]:
    """A worker on a host whose clock is that much ahead, and always was."""

    class Host:
        def now(self) -> datetime:
            return SystemClock().now() + ahead

    database = database_at(made.workspace.database)
    assert isinstance(database, Postgres)
    there = database._replace(host=Host())
    clock = ManualClock(made.clock.now() + ahead)
    with Store(there, there.open(read_only=False, create=False), False) as door, made.engine(door, clock) as engine:
        yield engine, clock


def states(made: House) -> set[str]:
    return {state for _, _, _, state in made.ends()}


def passes_like_a_daemon(made: House, engine: Engine, seconds: int) -> Iterator[datetime]:
    """Yields after each pass, until so much of the clock has passed."""
    begin = made.clock.now()
    while made.clock.now() <= begin + timedelta(seconds=seconds):
        done = engine.tick()
        yield made.clock.now()
        fallback = made.clock.now() + POLL
        made.clock.move_to(min(done.next_due or fallback, fallback))


@pytest.mark.parametrize(("place", "end"), [("after_claim", "sent"), ("before_send", "unknown")])
def test_another_takes_over_within_sixty_seconds(house: Open, place: str, end: str) -> None:
    made, memory = house()
    with made.engine() as other:
        made.at(NINE)
        made.clock.move_to(made.clock.now() - SECOND)
        other.tick()  # and sleeps: it knows nothing of the claim that follows
        made.at(NINE)
        with dying_at(place):
            made.tick()
        died = made.clock.now()
        taken_over = next(at for at in passes_like_a_daemon(made, other, 600) if states(made) == {end})
        assert taken_over - died <= timedelta(seconds=60)
    assert len(memory.arrived) == (2 if end == "sent" else 0)


def test_who_works_for_longer_than_a_lease_keeps_it(house: Open) -> None:
    """Each request takes five seconds, one after the other; meanwhile another passes."""
    made, memory = house(groups=16, local=True)
    with open_store(made.workspace.database) as door, made.engine(door) as other:

        def slow(message: Outgoing) -> Receipt:
            made.clock.move_to(made.clock.now() + 5 * SECOND)
            other.tick()
            return Receipt(Outcome.SENT)

        memory.answer = slow
        made.tick(NINE)
    assert 16 * 5 * SECOND > LEASE
    assert states(made) == {"sent"}
    assert len(memory.arrived) == 16


def test_who_hangs_is_followed_and_begins_nothing_more(house: Open) -> None:
    """Requests of fourteen seconds: what has not begun when no lease may be renewed any more goes back."""
    made, memory = house(groups=12, local=True)

    def slow(message: Outgoing) -> Receipt:
        made.clock.move_to(made.clock.now() + 14 * SECOND)
        return Receipt(Outcome.SENT)

    memory.answer = slow
    begin = made.at(NINE)
    with made.engine() as engine:
        engine.tick(lambda: len(memory.arrived) > 0)
    assert 0 < len(memory.arrived) < 12
    assert max(at for at, _ in memory.arrived) <= begin + LONGEST
    assert states(made) == {"sent", "planned"}


def test_who_lost_its_lease_meanwhile_begins_nothing_more(house: Open) -> None:
    """Stopped past its lease between two requests: the other calls what was in hand unknown. What had not begun was
    surely not sent, says its worker, and it goes a little later."""
    made, memory = house(groups=5, local=True)
    with open_store(made.workspace.database) as door, made.engine(door) as other:

        def stopped(message: Outgoing) -> Receipt:
            if len(memory.arrived) == 2:
                made.clock.move_to(made.clock.now() + LEASE + SECOND)
                other.tick()
            return Receipt(Outcome.SENT)

        memory.answer = stopped
        made.tick(NINE)
        assert len(memory.arrived) == 2
        assert [t.after for t in made.log() if t.before == "sending"].count("unknown") == 5
        assert sorted(state for *_, state in made.ends()) == ["planned"] * 3 + ["sent"] * 2
        made.tick("2026-03-02T09:05")
    assert states(made) == {"sent"}
    assert len({message.target for _, message in memory.arrived}) == len(memory.arrived) == 5


@pytest.mark.parametrize("ahead", [timedelta(minutes=-5), timedelta(minutes=5)], ids=["slow", "fast"])
def test_hosts_whose_clocks_differ_send_nothing_twice(house: Open, ahead: timedelta) -> None:
    """The lease of a worker on a slow host is not over for the others before it has begun. What they took for lost
    would be sent once more: its author asks for that."""
    made, memory = house(local=True, step=", on_unknown: resend")
    made.at("2026-03-02T09:10")
    with open_store(made.workspace.database) as door, made.engine(door) as here, elsewhere(made, ahead) as (there, _):

        def meanwhile(message: Outgoing) -> Receipt:
            before = len(memory.arrived)
            here.tick()
            assert len(memory.arrived) == before
            return Receipt(Outcome.SENT)

        memory.answer = meanwhile
        there.tick()
    assert states(made) == {"sent"}
    assert len(memory.arrived) == 2


@pytest.mark.parametrize("ahead", [timedelta(minutes=-5), timedelta(minutes=5)], ids=["slow", "fast"])
def test_what_a_host_with_another_clock_held_is_taken_over_in_time(house: Open, ahead: timedelta) -> None:
    made, memory = house()
    made.at("2026-03-02T09:10")
    with made.engine() as here:
        with elsewhere(made, ahead) as (there, _), dying_at("after_claim"):
            there.tick()
        died = made.clock.now()
        taken_over = next(at for at in passes_like_a_daemon(made, here, 600) if states(made) == {"sent"})
        assert LEASE - SECOND <= taken_over - died <= timedelta(seconds=60)
    assert len(memory.arrived) == 2

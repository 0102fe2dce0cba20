"""Several `sopengine run` on one PostgreSQL share what is due: each delivery is sent once, whoever dies or sleeps.

`everything`: all due at once on a channel without limits. `robots`: 60 messages on each robot, of which it takes 20 a
minute, on a clock that is moved when nothing more can be done at its time; meanwhile one worker is killed, and another
is stopped between its claim and its intent until its lease is over, then goes on.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sopengine import failpoints
from sopengine.channels.base import Outcome, Outgoing, Receipt
from tests.rig import launch, ledger
from tests.rig.clock import SharedClock
from tests.rig.invariants import breaches
from tests.rig.judge import Judge, Received, healthy, read
from tests.rig.kill import MEMORY, OVER
from tests.rig.launch import nothing
from tests.rig.shop import FIRST, Shop
from tests.support.postgres import Server

WORKERS = 4
LIMIT, WINDOW = 20, timedelta(seconds=60)
SECONDS = 1800
"""After which a run that does not end is given up."""


@dataclass
class Shared:
    seconds: float = 0
    claims: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, int] = field(default_factory=dict)
    received: int = 0
    most_in_window: int = 0
    killed: int = 0  # deliveries that the killed worker held
    refused: int = 0  # deliveries that the stopped worker had claimed, and another sent
    breaches: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Crowd(Shop):
    """One message to each of many groups; those of a robot share its key."""

    secrets: Mapping[str, str] = field(default_factory=dict)

    def open(self) -> None:
        super().open()
        rows = [f"{target},{channel},{self._secret(target)}" for target, channel in self.groups.items()]
        (self.root / "groups.csv").write_text("\n".join(["id,channel,secret", *rows, ""]))
        book = (self.root / "rig.yaml").read_text()
        (self.root / "rig.yaml").write_text(book.split("    - {id: again")[0].replace("late_ok: 1h", "late_ok: 12h"))

    def _secret(self, target: str) -> str:
        """Whoever has no robot has no address: all share the channel's own."""
        robot, between, _ = target.partition("-")
        return robot.upper() if between else ""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **self.secrets}

    def promised(self) -> dict[tuple[str, str, str], str]:
        return {("hold", target, f"{FIRST:%Y-%m-%d %H:%M}"): channel for target, channel in self.groups.items()}


class Scene:
    """One ledger, one judge, and workers on them."""

    def __init__(self, folder: Path, groups: Mapping[str, str], secrets: Mapping[str, str], server: Server) -> None:
        self.clock = SharedClock(FIRST - timedelta(minutes=5))
        self.judge = Judge(folder / "judge.jsonl", self.clock, healthy)
        address = server.address(server.new_database())
        self.shop = Crowd(
            folder / "shop", self.judge.url, 1, timeout=10, groups=groups, server=address, secrets=secrets
        )
        self.pids: list[int] = []
        self.told = Shared()

    def begin(self, workers: int, prepare: Callable[[], None] = nothing) -> None:
        self.shop.open()
        self.shop.start()
        self.clock.advance(FIRST - self.clock.now())
        self.pids = [self.worker(prepare) for _ in range(workers)]

    def worker(self, prepare: Callable[[], None] = nothing) -> int:
        return launch.fork(self.shop, self.clock, prepare=prepare)

    def end(self) -> Shared:
        for pid in self.pids:
            os.kill(pid, signal.SIGTERM)
        codes = [launch.ended(pid) for pid in self.pids]
        if any(codes):
            self.told.breaches.append(f"the workers ended with {codes}")
        rows, received = ledger.deliveries(self.shop.database), read(self.judge.path)
        self.told.claims, self.told.received = ledger.claims(self.shop.database), len(received)
        self.told.states = Counter(row.state for row in rows)
        if received:
            self.told.breaches += breaches(self.shop.promised(), rows, ledger.turns(self.shop.database), received)
        printed = (self.shop.root / "printed.log").read_text("utf-8", "replace")
        if "Traceback" in printed:
            self.told.breaches.append("a traceback was printed: " + printed[printed.index("Traceback") :][-400:])
        return self.told

    def until(self, done: Callable[[], bool], pause: float = 0.05) -> None:
        until = time.monotonic() + SECONDS
        while not done():
            if time.monotonic() > until:
                raise TimeoutError(f"{ledger.claims(self.shop.database)}")
            time.sleep(pause)


def taken_at_once() -> None:
    """In a worker: its channel takes everything and forgets it."""
    from sopengine.channels.webhook import Webhook

    def send(_: Webhook, message: Outgoing) -> Receipt:
        return Receipt(Outcome.SENT)

    Webhook.send = send  # type: ignore[method-assign]


def everything(deliveries: int, workers: int = WORKERS, *, null: bool = False, **settings: str) -> Shared:
    """`null`: without the loopback server, which is slower than all workers. `settings`: of the database server."""
    groups = {f"g{number}": "plain" for number in range(deliveries)}
    server = Server(None if settings else MEMORY, **settings)
    try:
        with TemporaryDirectory(prefix="rig-", dir=MEMORY) as folder:
            scene = Scene(Path(folder), groups, {}, server)
            with scene.judge:
                scene.begin(workers, taken_at_once if null else nothing)
                scene.until(lambda: bool(ledger.claims(scene.shop.database)))
                begin = time.monotonic()
                scene.until(lambda: ledger.count(scene.shop.database, "sent") == deliveries, pause=0.2)
                scene.told.seconds = time.monotonic() - begin
                told = scene.end()
    finally:
        server.remove()
    if told.states != {"sent": deliveries}:
        told.breaches.append(f"not all sent: {told.states}")
    if not null and told.received != deliveries:
        told.breaches.append(f"{told.received} requests for {deliveries} deliveries")
    if sum(told.claims.values()) != deliveries:
        told.breaches.append(f"claimed more than once: {told.claims}")
    if len(told.claims) != workers:
        told.breaches.append(f"only {len(told.claims)} of {workers} workers took part")
    return told


def ending_itself(database: Path | str, place: str, number: signal.Signals) -> Callable[[], None]:
    """Prepares a worker: it sends itself this signal at the place, once it holds something."""

    def listener(reached: str) -> None:
        if reached == place and ledger.in_hand(database, [os.getpid()]):
            failpoints.listen(None)
            os.kill(os.getpid(), number)

    return lambda: failpoints.listen(listener)


def robots(count: int = 100, each: int = 60) -> Shared:
    groups = {f"r{robot}-{number}": "robot" for robot in range(count) for number in range(each)}
    secrets = {f"SOPENGINE_SECRET_R{robot}": f"key-of-robot-{robot}-0123456789" for robot in range(count)}
    server = Server(MEMORY)
    begin = time.monotonic()
    try:
        with TemporaryDirectory(prefix="rig-", dir=MEMORY) as folder:
            scene = Robots(Path(folder), groups, secrets, server)
            with scene.judge:
                told = scene.play()
                received = read(scene.judge.path)
    finally:
        server.remove()
    told.seconds = time.monotonic() - begin
    told.most_in_window = most_in_window(received)
    if told.most_in_window > LIMIT:
        told.breaches.append(f"{told.most_in_window} messages of one robot in {WINDOW}")
    if set(told.states) - {"sent", "unknown"} or told.states["unknown"] > told.killed:
        told.breaches.append(f"the killed worker held {told.killed}, but {told.states}")
    if not told.refused:
        told.breaches.append("nobody took over what the stopped worker had claimed")
    return told


class Robots(Scene):
    def play(self) -> Shared:
        self.begin(0)
        database = self.shop.database
        sleeper = self.worker(ending_itself(database, "after_claim", signal.SIGSTOP))
        victim = self.worker(ending_itself(database, "before_send", signal.SIGKILL))
        self._move_until(lambda: state_of(sleeper) == "T" and state_of(victim) == "Z")
        launch.ended(victim)
        held = ledger.held_by(database, sleeper)
        self.told.killed = ledger.in_hand(database, [victim])
        self.pids = [self.worker() for _ in range(WORKERS - 1)]
        self.clock.advance(OVER)
        self._move_until(lambda: ledger.past_fence(database, held) == len(held))
        os.kill(sleeper, signal.SIGCONT)
        self.pids.append(sleeper)
        self._move_until(lambda: not ledger.open_at_all(database))
        attempts = ledger.attempts(database, held)
        self.told.refused = len(held)
        self.told.breaches += [f"the late worker began {pair}" for pair in attempts if held[pair[0]] == pair[1]]
        return self.end()

    def _move_until(self, done: Callable[[], bool]) -> None:
        """The clock jumps to the next moment whenever the living workers have nothing left to do at this one."""

        def step() -> bool:
            if done():
                return True
            now = micros(self.clock.now())
            idle = not ledger.due(self.shop.database, now) and not ledger.in_hand(self.shop.database, self.pids)
            moment = ledger.next_moment(self.shop.database)
            if idle and moment is not None and moment > now:
                self.clock.advance(timedelta(microseconds=moment - now))
            return False

        self.until(step, pause=0.02)


def state_of(pid: int) -> str:
    """T: stopped; Z: ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def most_in_window(received: Sequence[Received]) -> int:
    """Of any robot, in any window that begins with a message."""
    by_robot: dict[str, list[datetime]] = defaultdict(list)
    for one in received:
        by_robot[one.slot[1].partition("-")[0]].append(one.at)
    most = 0
    for times in by_robot.values():
        times.sort()
        first = 0
        for last, moment in enumerate(times):
            while moment - times[first] >= WINDOW:
                first += 1
            most = max(most, last - first + 1)
    return most

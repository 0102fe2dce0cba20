"""`os._exit` at every named place of a pass, at the first and at the last slot, with every kind of channel in it.

One target for each kind. After the end of the process nothing is in doubt: what its ledger said at that moment decides
how each delivery has to end, whatever the channel took.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sopengine import failpoints
from sopengine.engine.lease import LEASE
from tests.rig import launch, ledger
from tests.rig.clock import SharedClock
from tests.rig.invariants import RESENDS, breaches
from tests.rig.judge import Judge, Received, healthy, read
from tests.rig.kill import MEMORY
from tests.rig.ledger import Row
from tests.rig.shop import BEYOND, FIRST, PLAIN, STARTING, Shop
from tests.rig.written import outbox
from tests.support.old_databases import of_version

KINDS = {"r1": "robot", "k1": "keyed", "f1": "outbox", "m1": "people"}
SLOTS = 3
OVER = LEASE + timedelta(seconds=1)
DIED = 42
ALWAYS_TWICE = ("before_commit", "after_commit")
"""Reached many times in a pass; the others are tried at the first and at the last time."""

AFTER = {
    "robot": "unknown",  # it may have been taken, and the robot knows no keys
    "keyed": "sent",  # asked again with its key
    "plain": "sent",  # its author chose `on_unknown: resend`
    "outbox": "unknown",
    "people": "withdrawn",  # nothing had left: the task is made after all, and nobody confirms it in time
}
"""How a delivery ends that was `sending` when the process ended."""


class Case(NamedTuple):
    """The process ends when it reaches `place` for the `nth` time (from 1) in the pass of slot `slot` (from 0)."""

    place: str
    nth: int
    slot: int

    def __str__(self) -> str:
        return f"{self.place} #{self.nth} at slot {self.slot + 1}"


class Seen(NamedTuple):
    case: Case
    ends: Mapping[str, str]  # by kind of channel: state at the moment of death → final state
    breaches: Sequence[str]


def dying(place: str, nth: int) -> Callable[[], None]:
    """Prepares a child: it ends at once when it reaches the place for the nth time."""

    def prepare() -> None:
        left = [nth]

        def listener(reached: str) -> None:
            if reached == place:
                left[0] -= 1
                if left[0] == 0:
                    os._exit(DIED)

        failpoints.listen(listener)

    return prepare


class Stage:
    """A campaign of three slots, with the passes before the tried one already made; copied for every case."""

    def __init__(self, folder: Path, slot: int) -> None:
        self.folder, self.slot = folder, slot
        self.clock = SharedClock(FIRST)
        self.template = folder / f"template-{slot}"
        with self._judged(self.template) as judge:
            shop = Shop(self.template / "shop", judge.url, SLOTS, groups=KINDS)
            shop.open()
            shop.start()
            for earlier in range(slot):
                self._pass(shop, self.moment(earlier))

    def moment(self, slot: int) -> datetime:
        return FIRST + slot * timedelta(minutes=5)

    def _judged(self, folder: Path) -> Judge:
        folder.mkdir(exist_ok=True)
        return Judge(folder / "judge.jsonl", self.clock, healthy)

    def _pass(self, shop: Shop, at: datetime, prepare: Callable[[], None] = launch.nothing) -> int:
        self.clock.advance(at - self.clock.now())
        return launch.ended(launch.fork(shop, self.clock, ("tick",), prepare=prepare))

    def places(self) -> Counter[str]:
        """How often an undisturbed pass of the slot reaches each place."""
        with self._copy("count") as (shop, _):

            def prepare() -> None:
                file = os.open(shop.root / "places", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                failpoints.listen(lambda place: os.write(file, f"{place}\n".encode()) and None)

            self._pass(shop, self.moment(self.slot), prepare)
            return Counter((shop.root / "places").read_text().split())

    def _copy(self, name: str) -> _Copy:
        return _Copy(self, self.folder / f"{name}-{self.slot}")

    def play(self, case: Case) -> Seen:
        with self._copy(f"{case.place}-{case.nth}") as (shop, judge):
            code = self._pass(shop, self.moment(case.slot), dying(case.place, case.nth))
            broken = [] if code == DIED else [f"the place was not reached: exit {code}"]
            at_death = _by_slot(ledger.deliveries(shop.database))
            taken = Counter(r.slot for r in read(judge.path))
            for later in (self.moment(case.slot) + OVER, BEYOND, BEYOND + OVER):
                if code := self._pass(shop, later):
                    broken.append(f"the pass after it ended with {code}")
            rows = ledger.deliveries(shop.database)
            received = [*read(judge.path), *outbox(shop.root / "outbox.jsonl", "outbox")]
            broken += breaches(shop.promised(), rows, ledger.turns(shop.database), received)
            slot = f"{self.moment(case.slot):%Y-%m-%d %H:%M}"
            return Seen(case, *self._told(slot, at_death, rows, received, taken, broken))

    def _told(
        self,
        slot: str,
        at_death: Mapping[tuple[str, str, str], Row],
        rows: Sequence[Row],
        received: Sequence[Received],
        taken: Counter[tuple[str, str, str]],
        broken: list[str],
    ) -> tuple[dict[str, str], list[str]]:
        ends = {}
        acted = Counter(r.slot for r in received if r.acted)
        for row in rows:
            key = (row.step, row.target, row.slot)
            if row.slot != slot:
                continue
            before = at_death[key].state if key in at_death else "not stored"
            wanted = AFTER[row.channel] if before == "sending" else _undisturbed(row.channel)
            if row.state != wanted:
                broken.append(f"{row.channel}: {before} when the process ended, {row.state} in the end, not {wanted}")
            most = 2 if row.step == RESENDS and before == "sending" else 1
            if wanted == "sent" and not 1 <= acted[key] <= most:
                broken.append(f"{row.channel}: sent, but acted on {acted[key]} times")
            if before not in ("sending", "sent") and taken[key]:
                broken.append(f"{row.channel}: a request left while the ledger said {before}")
            ends[row.channel] = f"{before} → {row.state}"
        return ends, broken


class _Copy:
    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder

    def __enter__(self) -> tuple[Shop, Judge]:
        shutil.copytree(self.stage.template, self.folder)
        self.stage.clock.advance(self.stage.moment(self.stage.slot) - self.stage.clock.now())
        self.judge = self.stage._judged(self.folder)
        shop = Shop(self.folder / "shop", self.judge.url, SLOTS, groups=KINDS)
        shop.open()
        return shop, self.judge

    def __exit__(self, *_: object) -> None:
        self.judge.__exit__()
        shutil.rmtree(self.folder)


def _undisturbed(channel: str) -> str:
    """A hand-over that nobody confirms is withdrawn when it is of no use any more."""
    return "withdrawn" if channel == "people" else "sent"


def _by_slot(rows: Sequence[Row]) -> dict[tuple[str, str, str], Row]:
    return {(row.step, row.target, row.slot): row for row in rows}


def cases(places: Mapping[str, int], slot: int, *, every: bool) -> Iterator[Case]:
    """With `every` each commit of the pass; else the first and the last time each place is reached."""
    for place, times in sorted(places.items()):
        numbers = range(1, times + 1) if every and place in ALWAYS_TWICE else sorted({1, times})
        yield from (Case(place, nth, slot) for nth in numbers)


def run(*, every: bool) -> Iterator[Seen]:
    with TemporaryDirectory(prefix="rig-", dir=MEMORY) as name:
        for slot in (0, SLOTS - 1):
            stage = Stage(Path(name), slot)
            for case in cases(stage.places(), slot, every=every):
                yield stage.play(case)
        yield from _planning(Path(name))
        yield from _migrating(Path(name))


def _planning(folder: Path) -> Iterator[Seen]:
    """The process ends between the two commits of planning: in `start`, and once more in the pass that repeats it."""
    clock = SharedClock(FIRST)
    for times in (1, 2):
        place = folder / f"planning-{times}"
        place.mkdir()
        with Judge(place / "judge.jsonl", clock, healthy) as judge:
            shop = Shop(place / "shop", judge.url, SLOTS, groups=KINDS)
            shop.open()
            broken = []
            for command in [STARTING, ("tick",)][:times]:
                if (code := launch.ended(launch.fork(shop, clock, command, prepare=dying("in_plan", 1)))) != DIED:
                    broken.append(f"{command[0]} did not end there, but with {code}")
            for moment in (FIRST, FIRST + timedelta(minutes=5), FIRST + timedelta(minutes=10), BEYOND):
                clock.advance(moment - clock.now())
                if code := launch.ended(launch.fork(shop, clock, ("tick",))):
                    broken.append(f"the pass after it ended with {code}")
            rows = ledger.deliveries(shop.database)
            received = [*read(judge.path), *outbox(shop.root / "outbox.jsonl", "outbox")]
            broken += breaches(shop.promised(), rows, ledger.turns(shop.database), received)
            wanted = SLOTS * (len(KINDS) + len(PLAIN) - 1)
            if len(received) != wanted:
                broken.append(f"{len(received)} messages were received, not {wanted}")
        yield Seen(Case("in_plan", times, 0), {}, broken)
        clock.advance(FIRST - clock.now())


def _migrating(folder: Path) -> Iterator[Seen]:
    """A new file, and one of the version before: as it was when the process ended in the middle, whole afterwards."""
    clock = SharedClock(FIRST)
    for number, version in enumerate((0, 2), start=1):
        place = folder / f"migrating-{version}"
        place.mkdir()
        with Judge(place / "judge.jsonl", clock, healthy) as judge:
            shop = Shop(place / "shop", judge.url, SLOTS, groups=KINDS)
            shop.open()
            if version:
                of_version(shop.database, version)
            before = _schema(shop.database)
            broken = []
            if (code := launch.ended(launch.fork(shop, clock, STARTING, prepare=dying("in_migration", 1)))) != DIED:
                broken.append(f"start did not end there, but with {code}")
            if _schema(shop.database) != before:
                broken.append("half a schema was left behind")
            if code := launch.ended(launch.fork(shop, clock, STARTING)):
                broken.append(f"start after it ended with {code}")
            if _schema(shop.database)[0] <= version:
                broken.append("the schema is not of this version")
        yield Seen(Case("in_migration", number, 0), {}, broken)


def _schema(path: Path) -> tuple[int, list[str]]:
    if not path.exists():
        return 0, []
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        tables = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    return version, [sql for (sql,) in tables]


def table(seen: Sequence[Seen]) -> Iterator[str]:
    """Place by kind of channel: how it stood when the process ended → how it ended, with the number of cases."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in seen:
        for kind, end in one.ends.items():
            found[one.case.place, kind][end] += 1
    for (place, kind), ends in sorted(found.items()):
        yield f"{place:14} {kind:7} " + "; ".join(f"{end} ({count})" for end, count in sorted(ends.items()))

"""Simulated histories: the whole engine on a clock that jumps, with stops, ends of the process, pauses and faults.

Each history is one campaign over days on which its zone changes its clocks, beside one without an end; what it may do
is drawn from its seed. Afterwards every (step, target, local date) that the calendar asks for, worked out here with
nothing but a list of dates, has to stand in the ledger once, and to have been received at most once.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sopengine import failpoints
from sopengine.clock import ManualClock
from sopengine.engine.tick import Engine
from sopengine.messages.renderer import Renderer
from sopengine.store.store import Store, open_store
from tests.rig.days import DAY, DAYS, HOUR, MINUTE, SOURCES, ZONES, playbook, promised
from tests.rig.invariants import breaches
from tests.rig.kill import MEMORY
from tests.rig.ledger import OCCURRENCE, STATES, Row, Turn
from tests.rig.memory import Channel
from tests.support.campaign import start_stored
from tests.support.renderers import KeptRenderer

PAUSES = (("all", ""), ("campaign", "dated"), ("channel", "file"), ("sends", "endless"))


class Death(BaseException):
    """The process is gone: nothing in the engine may catch it."""


@dataclass
class Told:
    """What all histories together did."""

    histories: int = 0
    passes: int = 0
    deaths: int = 0
    jumps_back: int = 0
    jumps_forward: int = 0
    pauses: int = 0
    received: int = 0
    states: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)


class Histories:
    """Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, Told()
        self._renderer = KeptRenderer()
        self._store = open_store(f"sqlite:///{folder / 'history.db'}")
        self._templates: dict[tuple[str, date], Path] = {}

    def __enter__(self) -> Histories:
        return self

    def __exit__(self, *_: object) -> None:
        Renderer.close(self._renderer)
        self._store.close()

    def play(self, seed: int) -> None:
        """One history; what it breaks is told with its seed."""
        dice = random.Random(seed)
        zone = dice.choice(sorted(ZONES))
        first = dice.choice(ZONES[zone]) - dice.randrange(0, 3) * DAY
        self._store.close()  # its connections, not what it has learnt: it is used again with another file at its place
        for old in self.folder.glob("history.db*"):
            old.unlink()
        shutil.copyfile(self._template(zone, first), self._store.path)
        history = History(self._store, self._renderer, zone, first, dice, self.told)
        history.play()
        found = history.breaches(self._store.path)
        self.told.histories += 1
        self.told.breaches += [f"history {seed} ({zone} from {first}): {breach}" for breach in found]

    def _template(self, zone: str, first: date) -> Path:
        """A ledger in which both campaigns have just been started; nothing is planned yet."""
        if (zone, first) not in self._templates:
            path = self.folder / f"{len(self._templates)}.db"
            begin = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone)) - 2 * HOUR
            with open_store(f"sqlite:///{path}") as store:
                for campaign in ("dated", "endless"):
                    start_stored(store, playbook(campaign, zone, first), SOURCES, started=begin.astimezone(UTC))
            self._templates[zone, first] = path
        return self._templates[zone, first]


class History:
    def __init__(
        self, store: Store, renderer: Renderer, zone: str, first: date, dice: random.Random, told: Told
    ) -> None:
        self.store, self.renderer, self.zone, self.first, self.dice = store, renderer, ZoneInfo(zone), first, dice
        begin = datetime(first.year, first.month, first.day, tzinfo=self.zone) - HOUR
        self.clock = ManualClock(begin)
        self.begin, self.latest = self.clock.now(), self.clock.now()
        self.channel = Channel(self.clock, dice)
        self.told, self.due, self.engine = told, None, self._engine()

    def _engine(self) -> Engine:
        """A process of its own: everything but the ledger is forgotten."""
        return Engine(
            self.store, {"file": self.channel}, self.clock, lambda _: SOURCES, owner="history", renderer=self.renderer
        )

    def play(self) -> None:
        while self.latest < self.begin + (DAYS + 1) * DAY:
            self._step()
        for scope, name in PAUSES:
            self.store.resume(scope, name, self.clock.now(), "rig")  # type: ignore[arg-type]
        self.clock.move_to(self.latest)
        for _ in range(2):
            self.clock.move_to(self.clock.now() + 40 * HOUR)
            self._pass()
        self.engine.__exit__(None, None, None)
        self.told.received += len(self.channel.took)

    def _step(self) -> None:
        what = self.dice.choices(("due", "forward", "back", "pause", "die"), (60, 14, 8, 8, 10))[0]
        now = self.clock.now()
        if what == "pause":
            self.told.pauses += 1
            paused = self._paused()
            scope, name = self.dice.choice(sorted(paused) if paused and self.dice.random() < 0.7 else PAUSES)
            change = self.store.resume if (scope, name) in paused else self.store.pause
            change(scope, name, now, "rig")  # type: ignore[arg-type]
        elif what == "back":
            self.told.jumps_back += 1
            self._set(now - self.dice.choice((timedelta(seconds=30), HOUR, 3 * HOUR, 26 * HOUR)))
        elif what == "forward":
            self.told.jumps_forward += 1
            self._set(now + self.dice.choice((MINUTE, 29 * MINUTE, 2 * HOUR, 9 * HOUR, 30 * HOUR)))
        else:
            self._set(max(self.due or now, now + timedelta(seconds=1)) if what == "due" else now + HOUR)
        self._pass(dying=what == "die")

    def _paused(self) -> set[tuple[str, str]]:
        found = {(pause.scope, pause.name) for pause in self.store.paused()}
        return found | {("campaign", row.id) for row in self.store.campaigns(("paused",))}

    def _set(self, moment: datetime) -> None:
        self.clock.move_to(moment)
        self.latest = max(self.latest, moment)

    def _pass(self, *, dying: bool = False) -> None:
        self.told.passes += 1
        with _death(self.dice if dying else None):
            try:
                self.due = self.engine.tick().next_due
            except Death:
                self.told.deaths += 1
                self.engine.__exit__(None, None, None)
                self.engine = self._engine()

    def breaches(self, path: Path) -> list[str]:
        """What was received beyond the days that are over counts for doubles too."""
        wanted = dict.fromkeys(promised(self.first, self.clock.now()), "file")
        wanted |= {request.slot: "file" for request in self.channel.took if request.acted}
        rows, turns = _ledger(path)
        self.told.states.update(row.state for row in rows)
        slots = {(step, slot) for step, _, slot in wanted}
        return breaches(
            wanted,
            [row for row in rows if (row.step, row.target, row.slot) in wanted],
            [turn for turn in turns if (turn.step, turn.slot) in slots],
            self.channel.took,
        )


@contextmanager
def _death(dice: random.Random | None) -> Iterator[None]:
    """With dice: the pass inside ends at a random place."""
    if dice is not None:
        left = [dice.randrange(1, 40)]

        def listener(place: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Death(place)

        failpoints.listen(listener)
    try:
        yield
    finally:
        failpoints.listen(None)


def _ledger(path: Path) -> tuple[list[Row], list[Turn]]:
    """Rows and occurrences by local date, which stands in the ledger beside the moment."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            """select o.step, d.target, o.date, d.state, d.channel, d.reason, d.attempt
               from delivery d join occurrence o on o.id = d.occurrence"""
        ).fetchall()
        turns = connection.execute("select step, date, state from occurrence").fetchall()
    return (
        [Row(step, target, day, STATES[state], *rest) for step, target, day, state, *rest in rows],
        [Turn(step, day, OCCURRENCE[state]) for step, day, state in turns],
    )


def run(count: int, seed: int, progress: Callable[[str], None] = lambda _: None) -> Told:
    with TemporaryDirectory(prefix="rig-", dir=MEMORY) as folder, Histories(Path(folder)) as histories:
        for number in range(count):
            histories.play(seed + number)
            if (number + 1) % 500 == 0:
                progress(f"{number + 1} histories, {len(histories.told.breaches)} breaches")
        return histories.told

"""A whole workspace in a folder: a playbook, data, a real database, and an engine on a clock that the test moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sopengine.channels.base import Channel
from sopengine.cli.campaign import read_campaign
from sopengine.clock import Clock, ManualClock
from sopengine.engine.alerting import Alerting
from sopengine.engine.behind import Going, behind
from sopengine.engine.campaigns import Campaigns
from sopengine.engine.daemon import run_simulated
from sopengine.engine.facts import StoredFacts
from sopengine.engine.start import start
from sopengine.engine.tick import Engine, Pass
from sopengine.errors import Refused
from sopengine.store.rows import CampaignRow, Transition
from sopengine.store.store import Store, open_store
from sopengine.workspace import Workspace, load_workspace, open_channels, read_sources
from tests.support.renderers import KEPT

SHANGHAI = ZoneInfo("Asia/Shanghai")
GROUPS = "id,name\neast,East\nwest,West\n"
TOML = """
database = "sqlite:///sop.db"
default_channel = "file"
[sources.groups]
path = "groups.csv"
[sources.stores]
path = "stores.csv"
"""
STORES = "id,name,manager\ns1,First,Ann\ns2,Second,Ben\n"


@dataclass
class House:
    """`clock` stands still until a test moves it; `store` is opened on first use and shared."""

    root: Path
    playbook: str
    toml: str = TOML
    groups: str = GROUPS
    zone: ZoneInfo = SHANGHAI
    channels: dict[str, Channel] = field(default_factory=dict)
    alerting: Callable[[Mapping[str, Channel]], Alerting | None] = lambda channels: None
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "sopengine.toml").write_text(self.toml, "utf-8")
        (self.root / "groups.csv").write_text(self.groups, "utf-8")
        (self.root / "stores.csv").write_text(STORES, "utf-8")
        (self.root / "book.yaml").write_text(self.playbook, "utf-8")
        self.store: Store = open_store(self.workspace.database)

    @property
    def workspace(self) -> Workspace:
        return load_workspace(self.root)

    def at(self, text: str) -> datetime:
        """Local time in the house's zone; also sets the clock."""
        moment = datetime.fromisoformat(text).replace(tzinfo=self.zone)
        self.clock.move_to(moment)
        return moment

    def start(self, now: str, **inputs: str) -> CampaignRow:
        self.at(now)
        read = read_campaign(str(self.root / "book.yaml"), self.workspace, inputs, {}, now)
        problems = [d for d in read.diagnostics if d.severity.value == "error"]
        assert not problems, problems
        assert read.playbook is not None
        return start(self.store, read.named(read.playbook.id), read.bundle, self.clock.now(), "test")

    @contextmanager
    def engine(self, store: Store | None = None, clock: Clock | None = None) -> Iterator[Engine]:
        """`store`, `clock`: of another host."""
        channels = {**open_channels(self.workspace), **self.channels}

        def sources(names: Any) -> Any:
            rows, problems = read_sources(self.workspace, names, {})
            if problems:
                raise Refused(problems[0].message, tuple(problems))
            return rows

        workspace = self.workspace
        with Engine(
            store or self.store,
            channels,
            clock or self.clock,
            sources,
            owner="test",
            guards=workspace.guards,
            do_not_contact=workspace.do_not_contact,
            alerting=self.alerting(channels),
            renderer=KEPT,
        ) as engine:
            yield engine

    def tick(self, now: str | None = None) -> Pass:
        """One pass by a process of its own, as cron makes it."""
        if now is not None:
            self.at(now)
        with self.engine() as engine:
            return engine.tick()

    def tick_every(self, step: timedelta, begin: str, end: str) -> None:
        """Passes at a fixed pace, all by one process."""
        moment, last = self.at(begin), datetime.fromisoformat(end).replace(tzinfo=self.zone)
        with self.engine() as engine:
            while moment <= last:
                self.clock.move_to(moment)
                engine.tick()
                moment = (moment.astimezone(UTC) + step).astimezone(self.zone)

    def run(self, until: str | None = None, on_pass: Callable[[Pass], None] = lambda _: None) -> None:
        end = None if until is None else datetime.fromisoformat(until).replace(tzinfo=self.zone)
        with self.engine() as engine:
            run_simulated(engine, self.clock, end, on_pass)

    def behind(self, scope: Any, name: str, now: str) -> list[Going]:
        """What a resume at that moment would set going."""
        moment = self.at(now)
        campaigns = Campaigns(self.store, lambda names: read_sources(self.workspace, names, {})[0])
        facts = StoredFacts(self.store, campaigns)
        facts.begin_pass(moment)
        return behind(self.store, campaigns, facts, scope, name, moment)

    def log(self, entity: str = "delivery") -> list[Transition]:
        return [t for t in self.store.log() if t.entity == entity]

    def ends(self) -> list[tuple[str, str, str, str]]:
        """Step, target, local planned time, last state of every delivery."""
        last: dict[str, tuple[str, str, str, str]] = {}
        for t in self.log():
            slot = f"{t.slot.astimezone(self.zone):%m-%d %H:%M}" if t.slot else ""
            last[t.key] = (t.step, t.target, slot, t.after)
        return sorted(last.values(), key=lambda e: (e[2], e[0], e[1]))

    def outbox(self) -> list[dict[str, Any]]:
        path = self.root / "outbox.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

"""A workspace whose messages say which delivery they are, and the list of deliveries its playbook promises."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

from sopengine.cli.main import run

ZONE = ZoneInfo("Asia/Shanghai")
DAY, AFTER = "2026-06-01", "2026-06-02"
START = datetime(2026, 6, 1, 7, 50, tzinfo=ZONE)
FIRST = datetime(2026, 6, 1, 8, 0, tzinfo=ZONE)
STARTING = ("start", "rig.yaml", "--now", f"{START:%Y-%m-%dT%H:%M}", "--yes")
BEYOND = datetime(2026, 6, 5, 0, 0, tzinfo=ZONE)
"""When everything of the campaign is final or of no use any more."""
GROUPS = {"r1": "robot", "r2": "robot", "r3": "robot", "k1": "keyed", "k2": "keyed", "k3": "keyed"}
PLAIN = {"p1": "plain", "p2": "plain"}
SECRETS = {f"SOPENGINE_SECRET_{n.upper()}": f"key-of-{n}-0123456789" for n in (*GROUPS, *PLAIN, "hook")}
TOML = """
language = "en"
default_channel = "robot"
[channels.robot]
kind = "wecom-robot"
base_url = "{url}"
allow_private = true
timeout = {timeout}
[channels.keyed]
kind = "webhook"
url = "{url}/keyed"
secret = "hook"
idempotent = "1h"
allow_private = true
timeout = {timeout}
[channels.plain]
kind = "webhook"
url = "{url}/plain"
secret = "hook"
allow_private = true
timeout = {timeout}
[channels.outbox]
kind = "file"
[channels.people]
kind = "manual"
[sources.groups]
path = "groups.csv"
[sources.plain]
path = "plain.csv"
"""
BOOK = """
playbook: rig
title: Rig
timezone: Asia/Shanghai
audiences:
  groups: {{source: groups, sample: {{id: r1}}}}
  plain: {{source: plain, sample: {{id: p1}}}}
runs: {{from: {day}, until: {after}}}
messages:
  hold: 'hold|{{{{ target.id }}}}|{{{{ slot.date }}}} {{{{ slot.time }}}}'
  again: 'again|{{{{ target.id }}}}|{{{{ slot.date }}}} {{{{ slot.time }}}}'
weekly:
  steps:
    - {{id: hold, to: groups, on: daily, at: {at}, late_ok: 1h, send: hold}}
    - {{id: again, to: plain, on: daily, at: {at}, late_ok: 1h, on_unknown: resend, send: again}}
"""


@dataclass(frozen=True)
class Shop:
    """`slots`: how many, `minutes` apart, from 08:00. `timeout`: seconds a channel waits for an answer. `server`: the
    address of a database on PostgreSQL, in place of the file."""

    root: Path
    url: str
    slots: int
    minutes: int = 5
    timeout: float = 0.5
    groups: Mapping[str, str] = field(default_factory=lambda: GROUPS)
    server: str = ""

    def open(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "sopengine.toml").write_text(TOML.format(url=self.url, timeout=self.timeout))
        for name, rows in (("groups", self.groups), ("plain", PLAIN)):
            lines = [f"{row},{channel},{row.upper()}" for row, channel in rows.items()]
            (self.root / f"{name}.csv").write_text("\n".join(["id,channel,secret", *lines, ""]))
        at = f"every {self.minutes}m from 08:00 until {self.end:%H:%M}"
        book = BOOK.format(day=DAY, after=AFTER, at=at)
        (self.root / "rig.yaml").write_text(book)

    @property
    def end(self) -> datetime:
        return FIRST + self.slots * timedelta(minutes=self.minutes)

    @property
    def database(self) -> Path | str:
        return self.server or self.root / "sopengine.db"

    @property
    def environment(self) -> dict[str, str]:
        where = {"SOPENGINE_DATABASE": self.server} if self.server else {}
        return {**SECRETS, **where, "SOPENGINE_LANG": "en"}

    def start(self) -> None:
        """In this process, which keeps no connection."""
        with self.surroundings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()) as told:
            code = run(list(STARTING))
        if code:
            raise RuntimeError(f"start ended with {code}: {told.getvalue()}")

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        before, here = dict(os.environ), Path.cwd()
        os.environ.update(self.environment)
        os.chdir(self.root)
        try:
            yield
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)

    def promised(self) -> dict[tuple[str, str, str], str]:
        """Every (step, target, local slot) that the playbook asks for, and its channel; without sopengine's planner."""
        found = {}
        for number in range(self.slots):
            slot = f"{FIRST + number * timedelta(minutes=self.minutes):%Y-%m-%d %H:%M}"
            found |= {("hold", target, slot): channel for target, channel in self.groups.items()}
            found |= {("again", target, slot): channel for target, channel in PLAIN.items()}
        return found


def local(micros: int) -> str:
    return f"{(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(ZONE):%Y-%m-%d %H:%M}"

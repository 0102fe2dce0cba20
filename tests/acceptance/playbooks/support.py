"""A playbook that travels with the program, run in a workspace as `init` makes it: what is shown, what is done."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.acceptance.conftest import Cli

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Item(NamedTuple):
    """One message or task for one target: what the dry run lists and what the engine does."""

    step: str
    target: str
    at: datetime
    text: str


class When(NamedTuple):
    """An item without its text: what these tests work out by themselves."""

    step: str
    target: str
    at: datetime


@dataclass(frozen=True)
class Book:
    """One playbook in one workspace. `given` are its inputs, as for every command."""

    cli: Cli
    workspace: Path
    name: str
    now: str
    until: str
    given: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return f"playbooks/{self.name}.yaml"

    def shown(self) -> list[dict[str, Any]]:
        """Every item of the dry run's JSON plan, one for each target."""
        window = ("--now", self.now, "--until", self.until, "--each", "--json")
        items: list[dict[str, Any]] = self.cli("dry-run", self.path, *self.given, *window).ok().json()["items"]
        return items

    def dated(self) -> list[Item]:
        """Those with a time, that will be carried out."""
        return sorted(
            Item(i["id"], i["target"], datetime.fromisoformat(i["at"]), i["text"])
            for i in self.shown()
            if "at" in i and i["state"] == "planned"
        )

    def start(self) -> None:
        self.cli("start", self.path, *self.given, "--now", self.now, "--yes").ok()

    def event(self, name: str, at: str, subject: str = "", /, **data: str) -> None:
        words = [word for key, value in data.items() for word in ("--data", f"{key}={value}")]
        self.cli("event", name, *(("--subject", subject) if subject else ()), *words, "--now", at).ok()

    def run(self, begin: str, until: str) -> None:
        self.cli("run", "--now", begin, "--until", until).ok()

    def finish(self, step: str, at: datetime, whose: str = "", /, **fields: str) -> None:
        """People do every open task of this step, or that about `whose`; texts to be posted by hand are tasks too."""
        words = [word for name, value in fields.items() for word in ("--field", f"{name}={value}")]
        for task in self.cli("task", "list", "--json").ok().json()["tasks"]:
            if task["step"] == step and whose in ("", task["target"]):
                self.cli("task", "done", str(task["id"]), *words, "--now", at.isoformat()).ok()

    def done(self) -> list[Item]:
        """What the engine did: texts from the file that channels are redirected to, tasks from the list."""
        log = [json.loads(line) for line in self.cli("log", "--jsonl").ok().out.splitlines()]
        sent_at = {e["key"]: datetime.fromisoformat(e["at"]) for e in log if e["to"] == "sent"}
        outbox = self.workspace / "outbox.jsonl"
        lines = outbox.read_text("utf-8").splitlines() if outbox.exists() else []
        tasks = self.cli("task", "list", "--all", "--json").ok().json()["tasks"]
        notices = {task["step"] for task in tasks}  # a task's notice repeats its title through a channel
        tasks = [task for task in tasks if task["state"] not in ("skipped", "missed")]  # never handed out
        sent = [m for m in map(json.loads, lines) if m["step"] not in notices]
        found = [Item(m["step"], m["target"], sent_at[m["key"]], m["text"]) for m in sent]
        found += [Item(t["step"], t["target"], datetime.fromisoformat(t["created_at"]), t["title"]) for t in tasks]
        return sorted(found)

    def rows(self, source: str) -> list[dict[str, str]]:
        """The list in the workspace, read by Python's own reader."""
        with (self.workspace / f"data/{source}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


def local(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), SHANGHAI)


def days(first: date, count: int) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(count))


def each(step: str, targets: Iterable[str], *moments: datetime) -> set[When]:
    return {When(step, target, moment) for target in targets for moment in moments}


def whens(items: Iterable[Item]) -> set[When]:
    return {When(step, target, at) for step, target, at, _ in items}

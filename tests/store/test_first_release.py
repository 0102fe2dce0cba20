"""A database that version 0.1.0 has left in the middle of a campaign: migrated, and the campaign goes on."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sopengine.store.schema import VERSION
from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli
from tests.acceptance.conftest import workspace as workspace

KEPT = Path(__file__).parent / "first_release"
STOPPED, END = "2026-06-16T11:00", "2026-07-05T00:00"


@pytest.fixture
def shop(workspace: Path) -> Path:
    """A workspace of today with the database of then."""
    (workspace / "sopengine.db").write_bytes(gzip.decompress((KEPT / "sopengine.db.gz").read_bytes()))
    return workspace


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def kept() -> list[dict[str, Any]]:
    return lines((KEPT / "log.jsonl").read_text("utf-8"))


def test_a_reader_says_what_upgrades_it(shop: Path, cli: Cli) -> None:
    told = cli("status")
    assert told.code == 3
    assert "sopengine tick" in told.err


def test_its_log_stays_as_it_was(shop: Path, cli: Cli) -> None:
    cli("tick", "--now", STOPPED).ok()
    with closing(sqlite3.connect(shop / "sopengine.db")) as database:
        assert database.execute("pragma user_version").fetchone() == (VERSION,)
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        assert database.execute("pragma foreign_key_check").fetchall() == []
    now = lines(cli("log", "--jsonl").ok().out)
    fields = kept()[0].keys()
    assert [{name: line[name] for name in fields} for line in now[: len(kept())]] == kept()


def test_its_campaign_goes_on_and_repeats_nothing(shop: Path, cli: Cli) -> None:
    sent = {line["key"] for line in kept() if line["to"] == "sent"}
    cli("run", "--now", STOPPED, "--until", END).ok()
    outbox = lines((shop / "outbox.jsonl").read_text("utf-8"))
    later = [message["key"] for message in outbox]
    assert len(sent) == 90
    assert len(later) == len(set(later))
    assert not sent & set(later)
    given = ("--set", "opening=2026-06-18", "--now", "2026-06-01T09:00")
    plan = cli("dry-run", "playbooks/summer-festival.yaml", *given, "--json", "--each").json()
    messages = [one for one in plan["items"] if one["state"] == "planned" and one["mode"] == "auto"]
    planned = [one for one in messages if one["at"] > STOPPED]
    done = {(m["step"], m["target"], datetime.fromisoformat(m["slot"])) for m in outbox}
    assert len(planned) > 60
    assert done >= {(one["id"], one["target"], datetime.fromisoformat(one["planned_at"])) for one in planned}
    cli("status").ok()

"""`db copy`: a campaign begins on a file and ends on a PostgreSQL server, each message once, in one log."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.acceptance.conftest import Cli
from tests.support import postgres

BOOK = "playbooks/tea-week.yaml"
BEGIN, MIDDLE, END = "2026-06-01T08:00", "2026-06-04T12:00", "2026-06-08T08:00"


def test_a_campaign_goes_on_where_it_stopped(cli: Cli, workspace: Path) -> None:
    def sent() -> Counter[str]:
        return Counter(json.loads(line)["key"] for line in (workspace / "outbox.jsonl").read_text("utf-8").splitlines())

    promised = cli("dry-run", BOOK, "--now", BEGIN, "--until", END, "--each", "--json").ok().json()["items"]
    planned = {item["key"] for item in promised if "at" in item and item["mode"] != "task"}
    cli("start", BOOK, "--now", BEGIN, "--yes").ok()
    cli("run", "--now", BEGIN, "--until", MIDDLE).ok()
    before, log = sent(), cli("log", "--jsonl").ok().out.splitlines()
    assert 0 < len(before) < len(planned)

    address = postgres.empty()
    told = cli("db", "copy", "--to", address, "--yes").ok().out
    assert "each compared" in told
    refused = cli("tick")
    assert (refused.code, "was moved to postgresql://" in refused.err) == (3, True)

    settings = workspace / "sopengine.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace('database = "sqlite:///sopengine.db"', f'database = "{address}"'), "utf-8")
    assert cli("log", "--jsonl").ok().out.splitlines()[: len(log)] == log
    cli("run", "--now", MIDDLE, "--until", END).ok()
    assert sent() == Counter(planned)
    assert cli("why", next(iter(planned))).ok().out


def test_what_cannot_be_moved_is_said_and_nothing_changes(cli: Cli, workspace: Path) -> None:
    nothing = cli("db", "copy", "--to", postgres.empty(), "--yes")
    assert (nothing.code, "no database" in nothing.err) == (3, True)
    cli("start", BOOK, "--now", BEGIN, "--yes").ok()
    for address, why in (("sqlite:///other.db", "PostgreSQL"), (postgres.fresh(), "there is a ledger")):
        refused = cli("db", "copy", "--to", address, "--yes")
        assert refused.code in (2, 3)
        assert why in refused.err
    cli("status").ok()

"""The main job as the README's first command does it: init, start, run on a given clock, log."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.conftest import Cli

START = ("--set", "opening=2026-06-18", "--now", "2026-06-01T09:00")


def test_festival_is_started_carried_out_and_logged(cli: Cli, workspace: Path) -> None:
    cli("start", "playbooks/summer-festival.yaml", *START, "--yes").ok()
    cli("run", "--now", "2026-06-01T09:00").ok()

    outbox = [json.loads(line) for line in (workspace / "outbox.jsonl").read_text("utf-8").splitlines()]
    log = cli("log", "--jsonl").ok().out.splitlines()
    sent = [entry for entry in map(json.loads, log) if entry["entity"] == "delivery" and entry["to"] == "sent"]
    assert sorted(entry["key"] for entry in sent) == sorted(message["key"] for message in outbox)
    assert len({entry["key"] for entry in sent}) == len(sent) > 100
    status = cli("status", "--json", "--now", "2026-07-10T09:00").ok().json()
    (campaign,) = status["campaigns"]
    assert campaign["deliveries"].get("missed", 0) == campaign["deliveries"].get("failed", 0) == 0
    assert campaign["next_due"] is None


def test_running_again_sends_nothing_more(cli: Cli, workspace: Path) -> None:
    cli("start", "playbooks/summer-festival.yaml", *START, "--yes").ok()
    cli("run", "--now", "2026-06-01T09:00").ok()
    before = (workspace / "outbox.jsonl").read_bytes()
    cli("run", "--now", "2026-06-01T09:00").ok()
    cli("tick", "--now", "2026-07-09T09:00").ok()
    assert (workspace / "outbox.jsonl").read_bytes() == before


def test_a_second_start_of_a_running_playbook_is_refused(cli: Cli, workspace: Path) -> None:
    cli("start", "playbooks/summer-festival.yaml", *START, "--yes").ok()
    again = cli("start", "playbooks/summer-festival.yaml", *START, "--yes")
    assert again.code == 1
    assert "--key" in again.err


def test_start_refuses_past_slots_unless_told_to_leave_them_out(cli: Cli, workspace: Path) -> None:
    late = ("--set", "opening=2026-06-18", "--now", "2026-06-10T09:00", "--yes")
    refused = cli("start", "playbooks/summer-festival.yaml", *late)
    assert refused.code == 1
    assert "--skip-past" in refused.err
    assert cli("status", "--json").json()["campaigns"] == []
    cli("start", "playbooks/summer-festival.yaml", *late, "--skip-past").ok()
    cli("run", "--now", "2026-06-10T09:00").ok()
    entries = [json.loads(line) for line in cli("log", "--jsonl").ok().out.splitlines()]
    assert any(e["entity"] == "occurrence" and e["to"] == "skipped" and "past" in e["reason"] for e in entries)
    assert not [e for e in entries if e["to"] == "missed"]

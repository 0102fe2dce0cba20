"""What the JSON plan (`--each`) lists is what the engine does on a simulated clock: time, target, text, item by item.

Every shipped playbook: those with a file of their own in `playbooks` ask the same there, beside more."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {path.stem.removeprefix("test_") for path in (Path(__file__).parent / "playbooks").glob("test_*.py")}
"""Playbooks with a test file of their own, which asks more."""
PLAYBOOKS = sorted(p.name for p in (ROOT / "playbooks").glob("*.yaml") if p.stem.replace("-", "_") not in ELSEWHERE)
INPUTS = dict.fromkeys(("summer-festival.yaml", "store-scripts.yaml"), ("--set", "opening=2026-06-18"))
NOW, UNTIL = "2026-06-01T08:00", "2026-06-29T08:00"
Item = tuple[str, str, datetime, str]


def given(name: str) -> tuple[str, ...]:
    return INPUTS.get(name, ())


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_dry_run_equals_engine(cli: Cli, workspace: Path, name: str) -> None:
    path = f"playbooks/{name}"
    window = ("--now", NOW, "--until", UNTIL, "--each")
    items = cli("dry-run", path, *given(name), *window, "--json").ok().json()["items"]
    lines = cli("dry-run", path, *given(name), *window, "--jsonl").ok().out.splitlines()
    assert [json.loads(line) for line in lines] == items
    dated = [item for item in items if "at" in item and item["state"] == "planned"]
    planned = sorted((i["id"], i["target"], datetime.fromisoformat(i["at"]), i["text"]) for i in dated)
    assert planned

    cli("start", path, *given(name), "--now", NOW, "--yes").ok()
    cli("run", "--now", NOW, "--until", UNTIL).ok()

    assert sorted(done_by_engine(cli, workspace)) == planned


def test_the_welcome_shown_is_the_welcome_sent(cli: Cli, workspace: Path) -> None:
    """Event-triggered steps have no date in the dry run; after the event they come at its time plus what was shown."""
    shown = cli("dry-run", "playbooks/tea-week.yaml", "--now", NOW, "--as", "g-donghu-1", "--json").ok().json()
    expected = {item["id"]: item["text"] for item in shown["items"] if "after" in item}
    assert list(expected) == ["hello", "rules", "first-benefit"]

    cli("start", "playbooks/tea-week.yaml", "--now", NOW, "--yes").ok()
    member = ("--data", "member=member-1", "--data", "name=小林")
    cli("event", "member.joined", "--subject", "g-donghu-1", *member, "--now", "2026-06-03T20:00:30").ok()
    cli("run", "--now", "2026-06-03T20:00:30", "--until", "2026-06-05T12:00").ok()

    done = [one for one in done_by_engine(cli, workspace) if one[0] in expected]
    assert {step: text for step, _, _, text in done} == expected
    assert [(target, f"{at:%m-%d %H:%M:%S}") for _, target, at, _ in sorted(done, key=lambda one: one[2])] == [
        ("g-donghu-1", "06-03 20:00:30"),
        ("g-donghu-1", "06-03 20:00:40"),
        ("g-donghu-1", "06-04 10:00:00"),
    ]


def done_by_engine(cli: Cli, workspace: Path) -> list[Item]:
    """Sent texts from the file the channels were redirected to, tasks from the task list; both at the log's times."""
    log = [json.loads(line) for line in cli("log", "--jsonl").ok().out.splitlines()]
    sent_at = {e["key"]: datetime.fromisoformat(e["at"]) for e in log if e["to"] in ("sent", "awaiting_confirm")}
    outbox = [json.loads(line) for line in (workspace / "outbox.jsonl").read_text("utf-8").splitlines()]
    tasks = cli("task", "list", "--all", "--json").ok().json()["tasks"]
    notices = {t["step"] for t in tasks}  # a task's notice repeats its title through a channel
    sent = [(m["step"], m["target"], sent_at[m["key"]], m["text"]) for m in outbox if m["step"] not in notices]
    made = [(t["step"], t["target"], datetime.fromisoformat(t["created_at"]), t["title"]) for t in tasks]
    return sent + made

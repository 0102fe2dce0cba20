"""`restore` without a file, as docs/operations tells after a recovery of the PostgreSQL server."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from tests.acceptance.conftest import Cli
from tests.support import postgres

BOOK = "playbooks/tea-week.yaml"
BEGIN, END = "2026-06-01T08:00", "2026-06-08T08:00"
MINUTE = timedelta(minutes=1)


def test_what_was_sent_after_the_copy_is_not_sent_again(cli: Cli, workspace: Path) -> None:
    def sent() -> Counter[str]:
        return Counter(json.loads(line)["key"] for line in (workspace / "outbox.jsonl").read_text("utf-8").splitlines())

    live = postgres.empty()
    settings = workspace / "sopengine.toml"
    file = 'database = "sqlite:///sopengine.db"'

    def use(address: str) -> None:
        settings.write_text(text.replace(file, f'database = "{address}"'), "utf-8")

    text = settings.read_text("utf-8")
    use(live)
    promised = cli("dry-run", BOOK, "--now", BEGIN, "--until", END, "--each", "--json").ok().json()["items"]
    due = datetime.fromisoformat(min(item["at"] for item in promised if "at" in item and item["mode"] != "task"))
    copied, now = ((due + by).isoformat() for by in (-MINUTE, MINUTE))  # soon enough to be caught up with
    cli("start", BOOK, "--now", BEGIN, "--yes").ok()
    cli("run", "--now", BEGIN, "--until", copied).ok()
    recovered = postgres.copy_of(live)
    cli("run", "--now", copied, "--until", now).ok()
    before = sent()
    assert before

    use(recovered)
    cli("restore", "--now", now, "--yes").ok()
    cli("run", "--now", now, "--until", END).ok()
    assert set(sent().values()) == {1}
    assert set(before) < set(sent())

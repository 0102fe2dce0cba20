"""A campaign put into a store as `start` would, also where its playbook holds what this version does not carry out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sopengine.engine.bundle import Bundle
from sopengine.language.load import load
from sopengine.store.rows import CampaignRow
from sopengine.store.store import Store

STARTED = datetime(2026, 3, 1, tzinfo=UTC)


def start_stored(
    store: Store,
    book: str,
    sources: Mapping[str, Sequence[Mapping[str, str]]],
    inputs: Mapping[str, str] | None = None,
    started: datetime = STARTED,
) -> None:
    loaded = load(book.encode(), "book.yaml", lambda name: None)
    problems = [d for d in loaded.diagnostics if d.severity.value == "error"]
    assert not problems, problems
    assert loaded.playbook is not None
    playbook = loaded.playbook
    digest, content = Bundle("book.yaml", book.encode(), {}, inputs or {}, sources, {}, "file", "").pack()
    store.add_bundle(digest, content)
    row = CampaignRow(
        playbook.id, playbook.id, playbook.title, digest, playbook.timezone, "running", started, "lin", None, None
    )
    store.add_campaign(row, started, "lin")

"""Playbook text → the campaign and its targets, as the dry run and the start make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sopengine.language.load import load
from sopengine.planning.assembly import assemble
from sopengine.planning.model import Campaign
from sopengine.planning.targets import Targets

SHANGHAI = ZoneInfo("Asia/Shanghai")
Rows = Sequence[Mapping[str, str]]
GROUPS: Rows = ({"id": "east", "name": "East"}, {"id": "west", "name": "West"})


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def campaign(
    book: str,
    start: str = "2026-03-01T12:00",
    sources: Mapping[str, Rows] | None = None,
    default_channel: str = "house",
    tasks_via: str = "",
    files: Mapping[str, bytes] | None = None,
    **inputs: str,
) -> Campaign:
    loaded = load(book.encode(), "book.yaml", (files or {}).get)
    problems = [d for d in loaded.diagnostics if d.severity.value == "error"]
    assert not problems, problems
    assert loaded.playbook is not None
    made = assemble(
        loaded.playbook,
        inputs,
        {"groups": GROUPS} if sources is None else sources,
        local(start),
        default_channel=default_channel,
        tasks_via=tasks_via,
    )
    assert made.campaign is not None, made.diagnostics
    return made.campaign


def targets(book: str, **settings: object) -> Targets:
    return Targets(campaign(book, **settings))  # type: ignore[arg-type]

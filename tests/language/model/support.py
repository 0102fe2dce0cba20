"""Loading for the tests of this folder: texts and files of `tests/cases`, and findings as short lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sopengine.language.load import Loaded, load

CASES = Path(__file__).resolve().parents[2] / "cases"

BASE = """\
playbook: base
title: 样例
timezone: Asia/Shanghai
inputs:
  opening: {type: date, default: 2026-06-18}
  live: {type: datetime, default: 2026-06-18T20:00}
audiences:
  groups: {source: groups, sample: {name: 东湖店群, tier: member}}
roles:
  clerk: {source: stores, person: manager}
messages:
  teaser: "{{ target.name }}，六月见。"
phases:
  warmup:
    from: opening - 7d
    until: opening + 1d
    steps:
      - id: teaser
        on: day 1
        at: 10:00
        to: groups
        send: teaser
      - id: stock
        on: day 2
        at: 09:00
        to: clerk
        task: 备货
        due: 1 workday
      - id: on-air
        at: live - 30m
        to: groups
        send: teaser
        if: target.tier == 'member'
"""
"""A playbook without findings; tests change one thing in it."""


def load_text(text: str, files: Mapping[str, bytes] | None = None) -> Loaded:
    return load(text.encode(), "base.yaml", (files or {}).get)


def load_case(path: Path) -> Loaded:
    def open_file(name: str) -> bytes | None:
        wanted = path.parent / name
        return wanted.read_bytes() if wanted.is_file() else None

    return load(path.read_bytes(), path.name, open_file)


def lines(loaded: Loaded) -> list[str]:
    """`file:line:col code name` for each finding, in order."""
    return [
        f"{d.place.file}:{d.place.line}:{d.place.col} {d.code} {d.name}" if d.place else f"- {d.code} {d.name}"
        for d in loaded.diagnostics
    ]

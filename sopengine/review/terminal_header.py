"""A dry run in, its header out: which campaign, when, where, for whom, on which calendar, and nothing was touched."""

from __future__ import annotations

from sopengine.diagnostics import Text
from sopengine.review.colour import Ink
from sopengine.review.columns import flow, harmless, pad, width, wrap
from sopengine.review.facts import UNTOUCHED, facts, names
from sopengine.review.model import DryRun


def header(run: DryRun, lang: str, columns: int, ink: Ink) -> list[str]:
    title = harmless(run.title or run.playbook)
    called = " · ".join(harmless(name) for name in names(run))
    head = f"{Text('预演', 'Dry run').get(lang)}  {ink(title, 'bold')}  {ink(called, 'dim')}"
    said_of = facts(run, lang)
    label_width = max(width(name) for name, _ in said_of)
    room = columns - label_width - 4
    lines = [head, ink("─" * columns, "dim")]
    for name, parts in said_of:
        said = [line for row in flow(parts, " · ", room) for line in wrap(row, room)]
        label = ink(pad(name, label_width), "dim")
        lines += [f"  {' ' * label_width if n else label}  {line}" for n, line in enumerate(said)]
    untouched = " · ".join(text.get(lang) for text in UNTOUCHED)
    return [*lines, f"  {ink('√', 'green')} {untouched}"]

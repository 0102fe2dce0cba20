"""A dry run's look across campaigns in, its lines out: of each table the most pressing rows, and how many more."""

from __future__ import annotations

from itertools import zip_longest

from sopengine.review.across.words import TITLE, Table, more, tables
from sopengine.review.colour import Ink
from sopengine.review.columns import cut, harmless, pad, width
from sopengine.review.model import DryRun

_ROWS = 3
_LEAST = 8  # columns that are left to the first cell where a line is too long


def across(run: DryRun, lang: str, columns: int, ink: Ink) -> list[str]:
    """Collisions stand among the findings, each at its step, and are not told twice."""
    found = [table for table in tables(run.across, lang) if table.id != "collisions"]
    if not found:
        return []
    lines = [ink(TITLE.get(lang), "bold")]
    for table in found:
        lines += _table(table, lang, columns, ink)
    return lines


def _table(table: Table, lang: str, columns: int, ink: Ink) -> list[str]:
    rows = [[harmless(cell) for cell in row.cells] for row in table.rows[:_ROWS]]
    heads = [head.get(lang) for head in table.heads]
    widths = [max(map(width, column)) for column in zip_longest(heads, *rows, fillvalue="")]
    widths[0] -= max(0, min(6 + sum(widths) + 2 * (len(widths) - 1) - columns, widths[0] - _LEAST))

    def line(cells: list[str]) -> str:
        shown = (pad(cut(cell, room), room) for cell, room in zip(cells, widths, strict=True))
        return cut("  ".join(shown).rstrip(), columns - 6)

    lines = [f"  {table.title.get(lang)}", ink(f"      {line(heads)}", "dim")]
    for row, cells in zip(table.rows, rows, strict=False):
        lines.append(f"    {ink('▲', 'yellow') if row.full else ' '} {line(cells)}")
    hidden = len(table.rows) - _ROWS
    return [*lines, *([ink(f"      {more(hidden, lang)}", "dim")] if hidden > 0 else [])]

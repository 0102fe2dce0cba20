"""The look across campaigns as tables of a page, long ones folded."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.across.words import Row, Table, tables
from sopengine.review.html.markup import NOTHING, tag
from sopengine.review.model import DryRun

_OPEN = 12
_MOST = 600
"""Rows of a table: a page is to be read, and to open within seconds; the JSON has all."""


def across(run: DryRun, lang: str) -> Markup:
    return NOTHING.join(_table(table, lang) for table in tables(run.across, lang))


def _table(table: Table, lang: str) -> Markup:
    title, shown, rest = tag("h3", table.title.get(lang)), table.rows[:_OPEN], table.rows[_OPEN:_MOST]
    parts = [title, _rows(table, shown, lang)]
    if rest:
        number = len(table.rows) - _OPEN
        said = Text(f"还有 {number:,} 行", f"{number:,} more").get(lang)
        beyond = len(table.rows) - _MOST
        cut = Text(f"再往后的 {beyond:,} 行在 --json 里", f"{beyond:,} further rows are in the JSON").get(lang)
        inside = [tag("summary", said), _rows(table, rest, lang), tag("p", cut) if beyond > 0 else NOTHING]
        parts.append(tag("details", *inside, class_="more"))
    return tag("div", *parts, class_="across")


def _rows(table: Table, rows: Sequence[Row], lang: str) -> Markup:
    heads = tag("tr", *(tag("th", head.get(lang), scope="col") for head in table.heads))
    return tag("div", tag("table", tag("thead", heads), tag("tbody", *map(_row, rows))), class_="wide", tabindex=0)


def _row(row: Row) -> Markup:
    first, *others = row.cells
    cells = [tag("th", tag("bdi", first), scope="row"), *(tag("td", tag("bdi", cell)) for cell in others)]
    return tag("tr", *cells, class_="full" if row.full else None)

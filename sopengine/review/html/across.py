"""The look across campaigns as tables of a page."""

from __future__ import annotations

from markupsafe import Markup

from sopengine.review.across.words import Row, Table, tables
from sopengine.review.html.markup import NOTHING, tag
from sopengine.review.html.rows import folded
from sopengine.review.model import DryRun


def across(run: DryRun, lang: str) -> Markup:
    return NOTHING.join(_table(table, lang) for table in tables(run.across, lang))


def _table(table: Table, lang: str) -> Markup:
    heads = (tag("th", head.get(lang), scope="col") for head in table.heads)
    return tag("div", tag("h3", table.title.get(lang)), folded(heads, table.rows, _row, lang), class_="across")


def _row(row: Row) -> Markup:
    first, *others = row.cells
    cells = [tag("th", tag("bdi", first), scope="row"), *(tag("td", tag("bdi", cell)) for cell in others)]
    return tag("tr", *cells, class_="full" if row.full else None)

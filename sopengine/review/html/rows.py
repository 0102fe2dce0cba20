"""Rows in, a table out, of which only the first rows are open: long ones would push the messages out of sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.html.markup import NOTHING, joined, tag

_OPEN = 12
_MOST = 600
"""Rows of a table: a page is to be read, and to open within seconds; the JSON has all."""
_Row = TypeVar("_Row")


def folded(heads: Iterable[Markup], rows: Sequence[_Row], row: Callable[[_Row], Markup], lang: str) -> Markup:
    """`heads` are the cells of the head, `row` makes a <tr>. Wide tables scroll by themselves."""
    head = tag("thead", tag("tr", *heads))

    def table(some: Sequence[_Row]) -> Markup:
        return tag("div", tag("table", head, tag("tbody", *map(row, some))), class_="wide", tabindex=0)

    shown, rest, number = table(rows[:_OPEN]), rows[_OPEN:_MOST], len(rows) - _OPEN
    if not rest:
        return shown
    said = Text(f"还有 {number:,} 行", f"{number:,} more").get(lang)
    beyond = len(rows) - _MOST
    cut = Text(f"再往后的 {beyond:,} 行在 --json 里", f"{beyond:,} further rows are in the JSON").get(lang)
    inside = [tag("summary", said), table(rest), tag("p", cut) if beyond > 0 else NOTHING]
    return joined("", shown, tag("details", *inside, class_="more"))

"""What a person names on the command line, a number or the beginning of a key → the one delivery that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.store.rows import Need
    from sopengine.store.store import Store

SHORTEST_KEY = 6
"""Characters of a key that may stand for it."""


def reason_option(lang: str) -> click.Option:
    return options.option(
        lang, "--reason", default="", metavar="TEXT", text=Text("原因，写进记录", "Why; goes into the log")
    )


def the_reason(reason: str) -> str:
    """Refused where there is none: whoever reads the log later has to understand the decision."""
    if not reason.strip():
        raise UsageError(Text("要写明原因", "a reason is needed"), Text("加上 --reason 为什么", "add --reason WHY"))
    return reason.strip()


def one_delivery(store: Store, name: str) -> Need:
    found = store.deliveries_named(name) if name.isdecimal() or len(name) >= SHORTEST_KEY else []
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            Text(f"以 {name} 开头的送达不止一个", f"more than one delivery begins with {name}"),
            Text("多写几位", "give more of its key"),
        )
    raise UsageError(
        Text(f"没有编号为 {name} 的送达", f"there is no delivery {name}"),
        Text("编号见 sopengine resolve", "sopengine resolve lists them"),
    )

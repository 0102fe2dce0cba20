"""`[guards]` of sopengine.toml → what protects the receivers of every campaign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import TypeVar, get_args

from sopengine.diagnostics import Text
from sopengine.language.guards import Cap, Guards, Quiet, Scope
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_clock, parse_duration
from sopengine.timing.periods import parse_period
from sopengine.workspace.values import Table

KEYS = ("quiet", "cap", "gap", "do_not_contact")
OF_QUIET = ("from", "until", "then")
OF_CAP = ("per", "max", "window")
THEN = ("hold", "drop", "earlier")
SCOPES = get_args(Scope)

T = TypeVar("T")


def read_guards(table: Table) -> Guards:
    table.only(KEYS)
    return Guards(_quiet(table), tuple(_caps(table)), _parsed(table, "gap", parse_duration))


def _quiet(guards: Table) -> tuple[Quiet, ...]:
    if "quiet" not in guards.data:
        return ()
    table = guards.table("quiet")
    table.only(OF_QUIET)
    begin, until = _edge(table, "from"), _edge(table, "until")
    then = table.choice("then", THEN, "hold")
    if begin is None or until is None:
        return ()
    if begin == until:
        table.wrong("until", Text("和 from 是同一点，等于全天", "is the same as from: the whole day"))
        return ()
    return (Quiet(begin, until, then),)


def _edge(table: Table, key: str) -> time | None:
    if key not in table.data:
        table.missing(key, Text("写几点，例如 22:00", "a clock time such as 22:00"))
        return None
    return _parsed(table, key, parse_clock)


def _caps(guards: Table) -> list[Cap]:
    caps = []
    for table in guards.items("cap"):
        table.only(OF_CAP)
        for key in OF_CAP:
            if key not in table.data:
                table.missing(key, Text("每条上限都要写", "every limit needs it"))
        per, most = table.choice("per", SCOPES, ""), table.whole("max", 1)
        period = _parsed(table, "window", parse_period)
        if per and most and period is not None:
            caps.append(Cap(per, most, period))  # type: ignore[arg-type] # one of the scopes
    return caps


def _parsed(table: Table, key: str, parse: Callable[[str], T]) -> T | None:
    if key not in table.data:
        return None
    try:
        return parse(table.text(key))
    except TimeTextError as error:
        table.wrong(key, Text(f"写得不对：{error.message.zh}", f"is wrong: {error.message.en}"))
        return None

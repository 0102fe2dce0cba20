"""Many rows in one statement on PostgreSQL: a parameter is the array of a column's values, or the one value that all
rows share.

A statement per row, even in a pipeline, costs the server ten times what the row does, and writers wait for each other.
Most columns of a batch hold one value: said once, it is neither written nor read a hundred times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

_PLACE = re.compile(r"%s(?:::[A-Z]+)?")
_INSERT = re.compile(r"(INSERT INTO .*?) VALUES \((.*)\)( ON CONFLICT .* DO NOTHING)?")
_NUMBERS = {"BIGINT", "INTEGER", "SMALLINT"}
_TEXTS = {"VARCHAR", "TEXT"}


class Batch(NamedTuple):
    """A statement for many rows, and which of its columns stand for each of its places, in their order; those in
    `arrays` as an array, the others as the value that is the same in all rows."""

    sql: str
    places: tuple[int, ...]
    arrays: frozenset[int]


class Arrays:
    """`keys`: the places, among the statement's, by whose values an UPDATE finds its row; where two rows are after the
    same one, one statement would do only one of them."""

    def __init__(self, sql: str, types: Sequence[str], keys: Sequence[int]) -> None:
        self._sql, self._types, self.keys = sql, types, keys
        self._arrays = [_array_of(type_) for type_ in types]
        self._batches: dict[tuple[bool, ...], Batch] = {}

    def of(self, columns: Sequence[Sequence[Any]]) -> tuple[str, tuple[Any, ...]]:
        """The statement for these columns, and its parameters."""
        shared = [column.count(column[0]) == len(column) for column in columns]
        if all(shared):
            shared[0] = False  # how many rows there are
        which = tuple(shared)
        if which not in self._batches:
            self._batches[which] = _batch(self._sql, self._types, shared)
        batch = self._batches[which]
        values = (
            self._arrays[place](columns[place]) if place in batch.arrays else columns[place][0]
            for place in batch.places
        )
        return batch.sql, tuple(values)


def over_arrays(sql: str, types: Sequence[str]) -> Arrays | None:
    """The same for many rows, whose parameters have these types; None for a statement of another form."""
    if _INSERT.fullmatch(sql):
        return Arrays(sql, types, ())
    head, where, condition = sql.partition(" WHERE ")
    if not sql.startswith("UPDATE ") or not where or " WHERE " in condition:
        return None
    first = len(_PLACE.findall(head))
    return Arrays(sql, types, range(first, len(types)))


def _batch(sql: str, types: Sequence[str], shared: Sequence[bool]) -> Batch:
    places = iter(range(len(types)))
    order: list[int] = []

    def named(part: str) -> str:
        return _PLACE.sub(lambda _: one(next(places)), part)

    def one(place: int) -> str:
        if not shared[place]:
            return f"v.c{place}"
        order.append(place)
        return f"%s::{types[place]}"

    varying = [place for place in range(len(types)) if not shared[place]]
    source = ", ".join(f"%s::{types[place]}[]" for place in varying)
    rows = f"FROM unnest({source}) AS v({', '.join(f'c{place}' for place in varying)})"
    if insert := _INSERT.fullmatch(sql):
        text = f"{insert[1]} SELECT {named(insert[2])} {rows}{insert[3] or ''}"
        order += varying
    else:
        head, _, condition = sql.partition(" WHERE ")
        head = named(head)
        order += varying
        text = f"{head} {rows} WHERE {named(condition)}"
    return Batch(text, tuple(order), frozenset(varying))


def _array_of(type_: str) -> Callable[[Sequence[Any]], Any]:
    return _numbers if type_ in _NUMBERS else _texts if type_ in _TEXTS else list


def _numbers(values: Sequence[int | None]) -> str:
    """An array as PostgreSQL reads it: the driver's own way asks each element what it is."""
    return f"{{{','.join(['NULL' if value is None else str(int(value)) for value in values])}}}"


def _texts(values: Sequence[str | None]) -> str:
    return f"{{{','.join(['NULL' if value is None else _quoted(value) for value in values])}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""Many rows in one statement on PostgreSQL: a parameter is the array of a column's values.

A statement per row, even in a pipeline, costs the server ten times what the row does, and writers wait for each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLACE = re.compile(r"%s(::[A-Z]+)?")
_INSERT = re.compile(r"(INSERT INTO .*?) VALUES \((.*)\)( ON CONFLICT .* DO NOTHING)?")


class Arrays:
    """`keys`: the places, among the statement's, by whose values an UPDATE finds its row; where two rows are after the
    same one, one statement would do only one of them."""

    def __init__(self, sql: str, keys: Sequence[int]) -> None:
        self.sql, self.keys = sql, keys


def over_arrays(sql: str, types: Sequence[str]) -> Arrays | None:
    """The same for arrays of each of its parameters, which have these types; None for a statement of another form."""
    columns = [f"v.c{place}" for place in range(len(types))]
    of_rows = iter(columns)
    named = _PLACE.sub(lambda _: next(of_rows), sql)
    source = ", ".join(f"%s::{type_}[]" for type_ in types)
    rows = f"FROM unnest({source}) AS v({', '.join(column[2:] for column in columns)})"
    if insert := _INSERT.fullmatch(named):
        return Arrays(f"{insert[1]} SELECT {insert[2]} {rows}{insert[3] or ''}", ())
    head, where, condition = named.partition(" WHERE ")
    if not sql.startswith("UPDATE ") or not where or " WHERE " in condition:
        return None
    return Arrays(
        f"{head} {rows}{where}{condition}", [n for n, c in enumerate(columns) if re.search(rf"{c}\b", condition)]
    )

"""What one delivery says: the variant of its slot, or the table's row for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from sopengine.diagnostics import Path, Text
from sopengine.language.content import ContentRow, ContentTable
from sopengine.language.expressions.conditions import value_of
from sopengine.language.expressions.decimals import is_number, plain
from sopengine.language.named import Message


class Lookup(Struct, frozen=True):
    """A table asked for the row of one slot: `rows` are those that match, exactly one if the table is right."""

    table: ContentTable
    values: tuple[Any, ...]
    path: Path  # of the message

    rows: tuple[ContentRow, ...]

    @property
    def problem(self) -> Text | None:
        if len(self.rows) == 1:
            return None
        wanted = ", ".join(f"{name} = {_shown(v)}" for name, v in zip(self.table.where, self.values, strict=True))
        if not self.rows:
            return Text(f"{self.table.file} 里没有 {wanted} 的行", f"{self.table.file} has no row of {wanted}")
        numbers = ", ".join(str(row.number) for row in self.rows)
        return Text(
            f"{self.table.file} 里 {wanted} 的行不止一行（第 {numbers} 行）",
            f"{self.table.file} has more than one row of {wanted} (rows {numbers})",
        )


class Content(NamedTuple):
    """`template` is empty where no row, or more than one, was found. `message` has what the row says of its own."""

    message: Message
    template: str
    lookup: Lookup | None = None


def content_of(message: Message, number: int, data: Mapping[str, Any]) -> Content:
    """`number` is the slot's; `data` holds the namespaces of the delivery."""
    table = message.table
    if table is None:
        return Content(message, message.variants[(number - 1) % len(message.variants)])
    values = tuple(value_of(wanted, data) if isinstance(wanted, str) else wanted for wanted in table.where.values())
    lookup = Lookup(table, values, message.path, tuple(table.find(values)))
    if lookup.problem is not None:
        return Content(message, "", lookup)
    row = lookup.rows[0]
    if row.format or row.image or row.mention:
        message = replace(
            message,
            format=row.format or message.format,
            image=row.image or message.image,
            mention=row.mention or message.mention,
        )
    return Content(message, row.text.text, lookup)


def _shown(value: Any) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return plain(value) if is_number(value) else str(value)

"""`[retention]` of sopengine.toml → how long texts, personal data and the log are kept."""

from __future__ import annotations

from datetime import timedelta

from sopengine.diagnostics import Text
from sopengine.store.retention import Retention
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_duration
from sopengine.workspace.values import Table

KEYS = ("texts", "personal", "log")


def read_retention(table: Table) -> Retention:
    table.only(KEYS)
    return Retention(*(_length(table, key) for key in KEYS))


def _length(table: Table, key: str) -> timedelta | None:
    if key not in table.data:
        return None
    try:
        duration = parse_duration(table.text(key))
    except TimeTextError as error:
        table.wrong(key, Text(f"写得不对：{error.message.zh}", f"is wrong: {error.message.en}"))
        return None
    length = timedelta(days=duration.days, seconds=duration.seconds)
    if length < timedelta(days=1):
        table.wrong(key, Text("至少一天", "must be a day or more"))
        return None
    return length

"""Column types: aware times as integer microseconds, states as small integers, plain data as JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from sqlalchemy import BigInteger, Dialect, SmallInteger, Text
from sqlalchemy.types import TypeDecorator

from sopengine.store.errors import Damaged

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC; a naive time is our mistake."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class Micros(TypeDecorator[datetime]):
    """Aware datetime in, aware UTC out."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        try:
            return None if value is None else _EPOCH + timedelta(microseconds=value)
        except (TypeError, OverflowError) as error:
            raise Damaged(f"no time: {value!r}") from error


class States(TypeDecorator[IntEnum]):
    """A member of the given enumeration."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, kind: type[IntEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: IntEnum | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IntEnum | None:
        try:
            return None if value is None else self.kind(value)
        except ValueError as error:
            raise Damaged(f"no state: {value!r}") from error


class Json(TypeDecorator[Mapping[str, Any]]):
    """A mapping of plain data, kept readable: no ASCII escapes, written order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Mapping[str, Any] | None:
        if value is None:
            return None
        try:
            data = json.loads(value)
        except (TypeError, ValueError) as error:
            raise Damaged("stored data is no JSON") from error
        if not isinstance(data, dict):
            raise Damaged("stored data is no mapping")
        return data

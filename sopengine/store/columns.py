"""Column types: aware times as integer microseconds, states as small integers, plain data as JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Row
from sqlalchemy.types import UserDefinedType

from sopengine.store.errors import Damaged
from sopengine.store.values import plain, typed

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row as a statement of ours gives it; its columns are the statement's."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC; a naive time is our mistake."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class Micros(UserDefinedType[datetime]):
    """Aware datetime in, aware UTC out."""

    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        return "BIGINT"

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        return _encode_moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _decode_moment


class States(UserDefinedType[IntEnum]):
    """A member of the given enumeration."""

    cache_ok = True

    def __init__(self, kind: type[IntEnum]) -> None:
        self.kind = kind

    def get_col_spec(self, **options: Any) -> str:
        return "SMALLINT"

    def bind_processor(self, dialect: Dialect) -> Callable[[IntEnum | None], int | None]:
        return _encode_state

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], IntEnum | None]:
        members = {int(state): state for state in self.kind}

        def decode(value: Any) -> IntEnum:
            try:
                return members[value]
            except (KeyError, TypeError) as error:
                raise Damaged(f"no state: {value!r}") from error

        return decode


class Json(UserDefinedType[Mapping[str, Any]]):
    """A mapping of plain data, kept readable: no ASCII escapes, written order."""

    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        return "TEXT"

    def bind_processor(self, dialect: Dialect) -> Callable[[Mapping[str, Any] | None], str | None]:
        return _encode_json

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Mapping[str, Any] | None]:
        return _decode_json


class Values(UserDefinedType[Mapping[str, Any]]):
    """A mapping of typed data: as `Json`, with amounts and times that come back as they were."""

    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        return "TEXT"

    def bind_processor(self, dialect: Dialect) -> Callable[[Mapping[str, Any] | None], str | None]:
        return _encode_values

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Mapping[str, Any] | None]:
        return _decode_values


def _encode_moment(value: datetime | None) -> int | None:
    return None if value is None else micros(value)


@lru_cache(maxsize=4096)  # the rows of one occurrence share their moments
def _decode_moment(value: Any) -> datetime | None:
    try:
        return None if value is None else _EPOCH + timedelta(microseconds=value)
    except (TypeError, OverflowError) as error:
        raise Damaged(f"no time: {value!r}") from error


def _encode_state(value: IntEnum | None) -> int | None:
    return None if value is None else int(value)


def _encode_json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"))


def _encode_values(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else _encode_json(plain(value))


def _decode_values(value: Any) -> Mapping[str, Any] | None:
    data = _decode_json(value)
    try:
        return None if data is None else typed(data)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise Damaged("a stored value cannot be read") from error


def _decode_json(value: Any) -> Mapping[str, Any] | None:
    if value is None:
        return None
    try:
        data = json.loads(value)
    except (TypeError, ValueError) as error:
        raise Damaged("stored data is no JSON") from error
    if not isinstance(data, dict):
        raise Damaged("stored data is no mapping")
    return data

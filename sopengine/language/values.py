"""A written or given value and a declared type → the typed value, or a ValueMistake that says what is expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from sopengine.diagnostics import Text
from sopengine.language.named import FieldType, Scalar
from sopengine.language.suggest import closest
from sopengine.timing.parse import parse_clock, parse_date_of_data, parse_datetime, parse_duration
from sopengine.timing.zones import resolve

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?")
"""Within what Decimal calculates exactly: 28 digits."""
_CENT = Decimal("0.01")
_YES = {"true", "yes", "是"}
_NO = {"false", "no", "否"}

EXPECTED: dict[FieldType, Text] = {
    FieldType.TEXT: Text("文字", "a text"),
    FieldType.NUMBER: Text("数字，例如 3.5", "a number, such as 3.5"),
    FieldType.INTEGER: Text("整数，例如 3", "a whole number, such as 3"),
    FieldType.MONEY: Text("金额，例如 29.90", "an amount of money, such as 29.90"),
    FieldType.DATE: Text("日期，例如 2026-06-18", "a date, such as 2026-06-18"),
    FieldType.TIME: Text("钟点，例如 10:00", "a clock time, such as 10:00"),
    FieldType.DATETIME: Text("日期和钟点，例如 2026-06-18T20:00", "a date and time, such as 2026-06-18T20:00"),
    FieldType.DURATION: Text("时长，例如 30m、2h、1d", "a duration, such as 30m, 2h, 1d"),
    FieldType.CHOICE: Text("给定选项中的一个", "one of the choices"),
    FieldType.LIST: Text("列表，例如 [甲, 乙]", "a list, such as [a, b]"),
    FieldType.BOOL: Text("true 或 false", "true or false"),
    FieldType.IMAGE: Text("图片的路径", "path of an image"),
}


class ValueMistake(Exception):
    """A value that its type does not take. TimeTextError, from the parsers of time, is the other one."""

    def __init__(self, message: Text, help: Text | None = None) -> None:
        super().__init__(message.en)
        self.message = message
        self.help = help


def typed(raw: Any, kind: FieldType, zone: ZoneInfo, choices: Sequence[str] = ()) -> Scalar | tuple[Scalar, ...]:
    """`raw` is a YAML scalar, a list, or the text of a flag or table cell. Date-times come out aware, in `zone`.

    Raises ValueMistake or timing's TimeTextError.
    """
    if kind is FieldType.LIST:
        return _list(raw)
    if isinstance(raw, list | dict) or raw is None:
        _refuse(kind)
    if kind is FieldType.BOOL:
        return _bool(raw)
    if isinstance(raw, bool) and kind not in (FieldType.TEXT, FieldType.CHOICE):
        _refuse(kind)
    text = as_text(raw).strip()
    if kind in (FieldType.NUMBER, FieldType.INTEGER, FieldType.MONEY):
        return _number(text, kind)
    if kind is FieldType.CHOICE:
        return _choice(text, choices)
    if kind is FieldType.DATE:
        return parse_date_of_data(text)
    if kind is FieldType.TIME:
        return parse_clock(text)
    if kind is FieldType.DURATION:
        return parse_duration(text)
    if kind is FieldType.DATETIME:
        return _moment(text, zone)
    return as_text(raw)


def as_text(raw: Any) -> str:
    """A YAML scalar as the author wrote it."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw)


def _refuse(kind: FieldType) -> NoReturn:
    wanted = EXPECTED[kind]
    raise ValueMistake(Text(f"应该是{wanted.zh}", f"should be {wanted.en}"))


def _number(text: str, kind: FieldType) -> int | Decimal:
    if not _NUMBER.fullmatch(text):
        _refuse(kind)
    number = Decimal(text)
    whole = number == number.to_integral_value()
    if kind is FieldType.INTEGER:
        return int(number) if whole else _refuse(kind)
    if kind is FieldType.MONEY and number != number.quantize(_CENT):
        raise ValueMistake(Text("金额最多两位小数", "money has two decimal places at most"))
    return number


def _bool(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = as_text(raw).strip().lower()
    if word not in _YES | _NO:
        _refuse(FieldType.BOOL)
    return word in _YES


def _choice(text: str, choices: Sequence[str]) -> str:
    if text in choices:
        return text
    guess = closest(text, choices)
    listed_zh, listed_en = "、".join(choices), ", ".join(choices)
    raise ValueMistake(
        Text(f"没有 `{text}` 这个选项", f"`{text}` is not one of the choices"),
        Text(
            f"是不是 `{guess}`？" if guess else f"可以写：{listed_zh}",
            f"Did you mean `{guess}`?" if guess else f"One of: {listed_en}",
        ),
    )


def _list(raw: Any) -> tuple[Scalar, ...]:
    if isinstance(raw, list):
        if any(isinstance(item, list | dict) or item is None for item in raw):
            _refuse(FieldType.LIST)
        return tuple(as_text(item) for item in raw)
    if isinstance(raw, dict) or raw is None:
        _refuse(FieldType.LIST)
    parts = as_text(raw).strip().removeprefix("[").removesuffix("]").replace("，", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A moment without an offset is the zone's local time; across a clock change as everywhere (semantics.md S3)."""
    moment = parse_datetime(text)
    if moment.tzinfo is None:
        moment = resolve(moment, zone).instant
    return moment.astimezone(zone)

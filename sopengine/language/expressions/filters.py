"""Values in, values and text out: the filters and tests that templates may use, and how values look as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import Undefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import pass_environment

from sopengine.language.expressions import patterns
from sopengine.language.expressions.decimals import MAX_DIGITS, as_decimal, calculate, described, is_number, plain
from sopengine.language.expressions.three_valued import COMPARISONS, equal, less


class Unprintable(TemplateRuntimeError):
    """A value with no form that a customer should read."""


def text_of(value: Any) -> str:
    """How a value prints: numbers without trailing zeros, dates as `2026-06-18`, times as `20:30`."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Undefined):
        return str(value)  # raises the error that names it
    if is_number(value):
        try:
            return plain(value)
        except ValueError as error:
            raise Unprintable(str(error)) from None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.replace(tzinfo=None).isoformat("minutes")
    raise Unprintable(f"{described(value)} cannot be printed")


# --- numbers


def number(value: Any) -> int | Decimal:
    """A number, or the number a text holds: `'22.90'` is 22.9."""
    if is_number(value):
        return as_decimal(value) if isinstance(value, float) else value
    written = text_of(value).strip()
    try:
        found = Decimal(written)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) >= MAX_DIGITS:
        raise TemplateRuntimeError(f"{written[:40]!r} is not a number")
    return found


_WIDE = Context(prec=2 * MAX_DIGITS, traps=[InvalidOperation])


def _quantized(value: Any, places: int, rounding: str) -> Decimal:
    if not -10 <= places <= 10:
        raise TemplateRuntimeError("round() takes at most 10 places")
    found = as_decimal(number(value)).quantize(Decimal(1).scaleb(-places), rounding, _WIDE)
    return found if found else abs(found)  # no -0.00


def money(value: Any) -> str:
    """Two places, half rounds up: 30 → 30.00."""
    return f"{_quantized(value, 2, ROUND_HALF_UP):f}"


_ROUNDINGS = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}


def rounded(value: Any, precision: int = 0, method: str = "common") -> Decimal:
    if method not in _ROUNDINGS:
        raise TemplateRuntimeError("round() knows common, ceil and floor")
    return _quantized(value, precision, _ROUNDINGS[method])


def integer(value: Any) -> int:
    """The whole part: 3.9 → 3."""
    return int(number(value))


def absolute(value: Any) -> int | Decimal:
    found = number(value)
    return -found if found < 0 else found


def total(values: Any) -> int | Decimal:
    result: int | Decimal = 0
    for value in values:
        result = calculate("+", result, number(value))
    return result


# --- texts and lists


def default(value: Any, instead: Any = "", *_: Any) -> Any:
    """The value, or something else where it is missing or blank (an empty cell of a table)."""
    missing = isinstance(value, Undefined) or value is None or (isinstance(value, str) and not value.strip())
    return instead if missing else value


def truncate(value: Any, length: int = 30, end: str = "…") -> str:
    """At most `length` characters, `end` included."""
    text = text_of(value)
    return text if len(text) <= length else text[: max(length - len(end), 0)] + end


def join(values: Any, between: str = "") -> str:
    return text_of(between).join(map(text_of, values))


def replaced(value: Any, old: str, new: str) -> str:
    if not old:
        raise TemplateRuntimeError("replace() needs a text to look for")
    return text_of(value).replace(old, text_of(new))


def length(value: Any) -> int:
    if isinstance(value, (Undefined, str, list, tuple, dict)):
        return len(value)  # an undefined value raises the error that names it
    raise TemplateRuntimeError(f"{described(value)} has no length")


def _text_to_text(change: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: change(text_of(value))


def _ordered(values: Any) -> list[Any]:
    """Sorted if all values compare, else an error."""
    items = list(values)
    if any(equal(items[0], item) is None or less(items[0], item) is None for item in items):
        raise TemplateRuntimeError("values of unlike types have no order")
    return sorted(items)


def ordered(values: Any, reverse: bool = False) -> list[Any]:
    found = _ordered(values)
    return found[::-1] if reverse else found


def smallest(values: Any) -> Any:
    return _end_of(_ordered(values), 0)


def largest(values: Any) -> Any:
    return _end_of(_ordered(values), -1)


def _end_of(values: Any, position: int) -> Any:
    items = list(values)
    if not items:
        raise TemplateRuntimeError("an empty list has no such value")
    return items[position]


def unique(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


@pass_environment
def selected(env: SandboxedEnvironment, values: Any, test: str = "", *args: Any) -> list[Any]:
    return [value for value in values if (env.call_test(test, value, args) if test else value)]


@pass_environment
def rejected(env: SandboxedEnvironment, values: Any, test: str = "", *args: Any) -> list[Any]:
    return [value for value in values if not (env.call_test(test, value, args) if test else value)]


# --- dates and times


def date_text(value: Any, pattern: str = "YYYY-MM-DD") -> str:
    """A date by tokens: YYYY YY MM M DD D, ddd = 周二, dddd = 星期二; of a datetime also HH H mm ss."""
    if type(value) is date:
        return _day_text(value, pattern)
    if isinstance(value, (date, time)):
        return patterns.written(value, pattern)
    try:
        iso = text_of(value).strip()
        return patterns.written(date.fromisoformat(iso) if len(iso) == 10 else datetime.fromisoformat(iso), pattern)
    except ValueError:
        raise TemplateRuntimeError(f"{text_of(value)[:40]!r} is not a date like 2026-06-18") from None


@lru_cache(maxsize=256)
def _day_text(day: date, pattern: str) -> str:
    """A campaign prints few days, many times."""
    return patterns.written(day, pattern)


def time_text(value: Any, pattern: str = "HH:mm") -> str:
    """A time of day, or that of a datetime in its own zone, by the tokens HH H mm ss."""
    if isinstance(value, (time, datetime)):
        return patterns.written(value, pattern)
    try:
        return patterns.written(time.fromisoformat(text_of(value).strip()), pattern)
    except ValueError:
        raise TemplateRuntimeError(f"{text_of(value)[:40]!r} is not a time like 20:30") from None


def is_unknown(value: Any) -> bool:
    return value is None or isinstance(value, Undefined)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": absolute,
    "date": date_text,
    "default": default,
    "first": lambda values: _end_of(values, 0),
    "int": integer,
    "join": join,
    "last": lambda values: _end_of(values, -1),
    "length": length,
    "list": list,
    "lower": _text_to_text(str.lower),
    "max": largest,
    "min": smallest,
    "money": money,
    "number": number,
    "reject": rejected,
    "replace": replaced,
    "round": rounded,
    "select": selected,
    "sort": ordered,
    "sum": total,
    "time": time_text,
    "trim": _text_to_text(str.strip),
    "truncate": truncate,
    "unique": unique,
    "upper": _text_to_text(str.upper),
}


def _divisible(value: Any, by: Any) -> bool:
    return calculate("%", number(value), by) == 0


def compared(left: Any, operator: str, right: Any) -> bool:
    """`operator` by Jinja's name; values that do not compare are an error, never a silent no."""
    for side in (left, right):
        if isinstance(side, Undefined):
            str(side)  # raises the error that names it
    found = COMPARISONS[operator](left, right)
    if found is None:
        raise TemplateRuntimeError(f"{described(left)} does not compare with {described(right)}")
    return found


def _comparing(operator: str) -> Callable[[Any, Any], bool]:
    return lambda left, right: compared(left, operator, right)


TESTS: Mapping[str, Callable[..., bool]] = {
    "known": lambda value: not is_unknown(value),
    "unknown": is_unknown,
    "defined": lambda value: not isinstance(value, Undefined),
    "undefined": lambda value: isinstance(value, Undefined),
    "string": lambda value: isinstance(value, str),
    "number": is_number,
    "even": lambda value: _divisible(value, 2),
    "odd": lambda value: not _divisible(value, 2),
    "divisibleby": _divisible,
    "eq": _comparing("eq"),
    "ne": _comparing("ne"),
    "lt": _comparing("lt"),
    "le": _comparing("lteq"),
    "gt": _comparing("gt"),
    "ge": _comparing("gteq"),
    "in": _comparing("in"),
}

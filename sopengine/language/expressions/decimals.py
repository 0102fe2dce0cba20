"""Numbers of playbooks in, exact decimal results out: the one arithmetic of templates and conditions."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

CONTEXT = decimal.Context(
    prec=28,
    rounding=decimal.ROUND_HALF_UP,
    Emin=-99,
    Emax=99,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
MAX_DIGITS = 40
"""Longest number that is read or printed; more is a mistake, never an amount."""
_EXACT = 10**18
"""Integers below this stay integers; the rest is calculated with 28 digits, so that no result grows without end."""


class NotNumbers(TypeError):
    """Arithmetic on what is no number."""


def is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal, float)) and not isinstance(value, bool)


def as_decimal(value: int | Decimal | float) -> Decimal:
    """A float counts as the digits it prints."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def calculate(operator: str, left: Any, right: Any) -> int | Decimal:
    """`left operator right` for `+ - * / // %`; `//` rounds down and `%` takes the divisor's sign, as in Jinja.

    Integers stay integers except under `/`. Raises NotNumbers for anything else, ArithmeticError for a division
    by zero or a result beyond 99 digits.
    """
    if not (is_number(left) and is_number(right)):
        raise NotNumbers(f"'{operator}' calculates with numbers, not with {described(left)} and {described(right)}")
    if isinstance(left, int) and isinstance(right, int) and operator != "/" and max(abs(left), abs(right)) < _EXACT:
        return _integers(operator, left, right)
    return _decimals(operator, as_decimal(left), as_decimal(right))


def negative(value: Any) -> int | Decimal:
    return calculate("-", 0, value)


def _integers(operator: str, left: int, right: int) -> int:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "//":
            return left // right
        case "%":
            return left % right
    raise NotNumbers(f"'{operator}' is not calculated")


def _decimals(operator: str, left: Decimal, right: Decimal) -> Decimal:
    match operator:
        case "+":
            return CONTEXT.add(left, right)
        case "-":
            return CONTEXT.subtract(left, right)
        case "*":
            return CONTEXT.multiply(left, right)
        case "/":
            return CONTEXT.divide(left, right)
        case "//":
            return CONTEXT.divide(left, right).to_integral_value(decimal.ROUND_FLOOR)
        case "%":
            times = CONTEXT.divide(left, right).to_integral_value(decimal.ROUND_FLOOR)
            return CONTEXT.subtract(left, CONTEXT.multiply(right, times))
    raise NotNumbers(f"'{operator}' is not calculated")


def plain(value: int | Decimal | float) -> str:
    """The number as people write it: no exponent, no trailing zeros. ValueError beyond `MAX_DIGITS` digits."""
    number = as_decimal(value)
    if not number.is_finite() or abs(number.adjusted()) >= MAX_DIGITS:
        raise ValueError("a number too large or too small to print")
    if not number:
        return "0"
    written = f"{number:f}"
    if len(written) > 2 * MAX_DIGITS:
        raise ValueError("a number with too many digits to print")
    return written.rstrip("0").rstrip(".") if "." in written else written


def described(value: object) -> str:
    """What a value is, in a word an author knows."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes/no"
    if isinstance(value, str):
        return "text"
    if is_number(value):
        return "a number"
    if isinstance(value, (list, tuple, range)):
        return "a list"
    return "a group of values" if isinstance(value, dict) else f"a {type(value).__name__}"

"""Numbers as people write them in Chinese or in digits, up to 99."""

from __future__ import annotations

DIGITS = {sign: number for number, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
NUMERAL = r"(?:[0-9]{1,4}|[一二两三四五六七八九十]{1,3})"
"""A pattern for what `number` reads; it may still be no number (`十十`)."""


def number(text: str) -> int | None:
    """12, 十二 and 二十 are numbers; None for what is none."""
    if text.isascii():
        return int(text) if text.isdigit() and len(text) <= 4 else None
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or any(sign not in DIGITS for sign in tens + ones):
        return None
    return (DIGITS[tens] if tens else 1) * 10 * bool(ten) + (DIGITS[ones] if ones else 0)

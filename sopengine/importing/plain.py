"""A text of a cell in the one form that dates, times and headings are recognized in."""

from __future__ import annotations

import re
import unicodedata

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_DIGITS = "零一二三四五六七八九"
_CHINESE = re.compile("[零一二三四五六七八九十两]+")


def plain(text: str) -> str:
    """Without spaces and circled numbers, full-width signs as half-width ones, lower case."""
    bare = "".join(" " if sign in CIRCLED else sign for sign in text)
    normal = unicodedata.normalize("NFKC", bare).lower()
    return re.sub(r"\s+", " ", normal.replace("～", "~").replace("—", "-").replace("–", "-").replace("−", "-")).strip()


def with_digits(text: str) -> str:
    """Chinese numerals up to ninety-nine as digits."""
    return _CHINESE.sub(lambda found: _number(found[0].replace("两", "二")), text)


def _number(text: str) -> str:
    if "十" not in text:
        return "".join(str(_DIGITS.index(sign)) for sign in text)
    tens, _, ones = text.partition("十")
    if "十" in ones or len(tens) > 1 or len(ones) > 1:
        return text
    return str((_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0))


def split_circled(text: str) -> list[str]:
    """`①a②b` → a, b; a text without circled numbers, or with words before the first, is one piece."""
    pieces = re.split(f"[{CIRCLED}]", text)
    if len(pieces) < 2 or pieces[0].strip():
        return [text]
    return [piece.strip(" 、,，;；\n") for piece in pieces[1:]]

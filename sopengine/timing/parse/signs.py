"""Full-width signs and surrounding spaces: trims a text for a parser, and refuses signs that need their ASCII form."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError, part_at, write

T = TypeVar("T")
MOST_SIGNS = 200

# One sign for one, so that places in the text stay what they are. U+FF01..U+FF5E mirror ASCII.
TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord(sign): ascii_sign
    for sign, ascii_sign in {"　": " ", "—": "-", "–": "-", "−": "-", "“": '"', "”": '"', "。": ".", "〜": "~"}.items()
}


def trimmed(code: str) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """The parser sees the text without surrounding spaces; full-width signs are refused with `code`."""

    def wrap(parse: Callable[[str], T]) -> Callable[[str], T]:
        @functools.wraps(parse)
        def read(text: str) -> T:
            body = text.strip()
            if not body:
                raise TimeTextError(code, Text("这里是空的", "There is nothing written here"), length=len(text))
            ascii_body = body.translate(TO_ASCII)
            start = text.index(body)
            if len(body) > MOST_SIGNS:
                message = Text(f"这里最多写 {MOST_SIGNS} 个字", f"At most {MOST_SIGNS} signs can stand here")
                raise TimeTextError(code, message, offset=start, length=len(body))
            with part_at(start, start + len(body), text):
                value = parse(ascii_body)
                if ascii_body != body:
                    at = next(i for i, sign in enumerate(body) if ascii_body[i] != sign)
                    raise _full_width(code, body[at], ascii_body, at)
            return value

        return read

    return wrap


def _full_width(code: str, sign: str, correct: str, offset: int) -> TimeTextError:
    message = Text(f"`{sign}` 是全角符号，这里要用半角", f"`{sign}` is full-width; its ASCII form is needed here")
    return TimeTextError(code, message, write(correct), offset=offset, correct=correct)

"""A text that is too long for its channel → where it could be parted: between paragraphs, page marks counted."""

from __future__ import annotations

import re
from typing import NamedTuple

from sopengine.diagnostics import Text

_BETWEEN = re.compile(r"\n[ \t\u3000]*\n")
MOST = 9
"""More messages in a row nobody reads."""


class Part(NamedTuple):
    """`size` in UTF-8 bytes, with its page mark."""

    text: str
    size: int


def parted(text: str, limit: int) -> list[Part] | None:
    """As few messages as its paragraphs allow, each within the limit; None where one paragraph alone is too long, or
    there would be too many."""
    paragraphs = [part for part in _BETWEEN.split(text.strip("\n")) if part.strip()]
    mark = len(_mark(1, 2).encode())  # below ten parts all marks have one length
    found: list[str] = []
    for paragraph in paragraphs:
        longer = f"{found[-1]}\n\n{paragraph}" if found else ""
        if found and len(longer.encode()) + mark <= limit:
            found[-1] = longer
        elif len(paragraph.encode()) + mark <= limit:
            found.append(paragraph)
        else:
            return None
    if not 2 <= len(found) <= MOST:
        return None
    return [Part(part, len(part.encode()) + mark) for part in found]


def advice(text: str, limit: int) -> Text | None:
    """How to part it, in a sentence."""
    parts = parted(text, limit)
    if parts is None:
        return None
    begins = [re.sub(r"\s+", " ", part.text)[:10] for part in parts[1:]]
    sizes = [f"{part.size:,}" for part in parts]
    last = _mark(len(parts), len(parts)).strip()
    return Text(
        f"可以在空行处分成 {len(parts)} 条，从{'、'.join(f'“{begin}…”' for begin in begins)}另起一条；"
        f"连页码{last}在内是 {'、'.join(sizes)} 字节",
        f"It can be parted at its empty lines into {len(parts)} messages, the next from "
        f"{', '.join(f'`{begin}…`' for begin in begins)} on; with page marks such as {last} "
        f"they have {', '.join(sizes)} bytes",
    )


def _mark(number: int, of: int) -> str:
    return f"（{number}/{of}）\n"

"""Words in, the same words with terminal colours out, or untouched where colour is not wanted."""

from __future__ import annotations

from msgspec import Struct

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


class Ink(Struct, frozen=True):
    """Paints text when `on`. Lay text out before painting it: paint has no width."""

    on: bool = False

    def __call__(self, text: str, *styles: str) -> str:
        if not self.on or not text or not styles:
            return text
        return f"\x1b[{';'.join(_CODES[s] for s in styles)}m{text}\x1b[0m"

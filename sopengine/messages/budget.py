"""A text in, its size out: platforms count UTF-8 bytes, people count characters."""

from __future__ import annotations


def utf8_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def characters(text: str) -> int:
    """Code points, as editors and the platforms' own counters show them."""
    return len(text)


def bytes_over(text: str, limit: int) -> int:
    """How many bytes a text is over `limit`; 0 if it fits, or if the limit is 0 (none)."""
    return max(utf8_bytes(text) - limit, 0) if limit else 0

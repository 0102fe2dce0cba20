"""Text in, text that fits terminal columns out: display width, padding, cutting, wrapping, harmless signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# Characters whose width is beyond doubt; anything else (emoji, joiners, other scripts) is left to wcwidth, which is
# imported only then because it costs as much start-up time as all of click.
_WIDE = "\u3001-\u3029\u3030-\u303d\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uff01-\uff60"
_CERTAIN = re.compile(f"[ -~×·—‘’“”…→√─│┌└■▲●{_WIDE}]*")
_WIDE_SIGNS = re.compile(f"[{_WIDE}]")
# Controls, line separators, marks that turn the writing direction, lone surrogates: a text must not steer a terminal.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_WORD = re.compile(r"[!-~]{2}")


def width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    if _CERTAIN.fullmatch(text):
        return len(text) + len(_WIDE_SIGNS.findall(text))
    import wcwidth

    return max(0, wcwidth.wcswidth(text))


def harmless(text: str) -> str:
    r"""Control and direction signs spelled out (`\x1b`), so that no text can move the cursor or hide another."""
    return _STEERING.sub(lambda m: m[0].encode("unicode_escape").decode("ascii"), text)


def one_line(text: str) -> str:
    """Line breaks become single spaces: the first words of a message on a line of a table."""
    return harmless(" ".join(text.split()))


def pad(text: str, columns: int) -> str:
    """`text` filled with spaces on the right, or cut to exactly `columns`."""
    shown = cut(text, columns)
    return shown + " " * (columns - width(shown))


def cut(text: str, columns: int) -> str:
    """`text`, or as much of it as fits with `…` at the end."""
    if width(text) <= columns:
        return text
    return text[: _fit(text, 0, columns - 1)] + "…" if columns > 0 else ""


def wrap(text: str, columns: int) -> list[str]:
    """The lines of `text`, long ones broken before a word that would be cut in two, Chinese anywhere."""
    return [piece for line in text.split("\n") for piece in _wrap_line(line, columns)]


def flow(parts: Sequence[str], gap: str, columns: int) -> list[str]:
    """Parts side by side, `gap` between them, as many to a line as fit; none is broken."""
    lines: list[str] = []
    for part in parts:
        if lines and width(lines[-1] + gap + part) <= columns:
            lines[-1] += gap + part
        else:
            lines.append(part)
    return lines


def _wrap_line(line: str, columns: int) -> Iterator[str]:
    start = 0
    while (end := max(_fit(line, start, columns), start + 1)) < len(line):
        in_a_word = _WORD.fullmatch(line[end - 1 : end + 1])
        space = line.rfind(" ", start, end) if in_a_word else -1
        end = space + 1 if space > start else end
        yield line[start:end].rstrip(" ")
        start = end + (len(line[end:]) - len(line[end:].lstrip(" ")) if line[end : end + 1] == " " else 0)
    yield line[start:]


def _fit(text: str, start: int, columns: int) -> int:
    """Where the stretch of `text` from `start` that is at most `columns` wide ends."""
    used = 0
    for position in range(start, len(text)):
        used += width(text[position])
        if used > columns:
            return position
    return len(text)

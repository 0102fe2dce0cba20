"""The text of a template or condition that Jinja cannot read in; the sign that was mistyped, and what to write, out.

Jinja stumbles where the text no longer fits; what the author should see is the quote without its other half, the
full-width sign, the brace that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from unicodedata import normalize

from sopengine.diagnostics import Text

_ASCII = dict(zip("“”‘’。、", "\"\"''.,", strict=True))
_PIECE = re.compile(r"\{\{[^{}\n]*\}\}|\{[%#][^{}\n]*[%#]\}")
_QUOTED_PART = re.compile(r"[^\s()\[\]{}|,=<>!+*/%'\"]+")
_BEFORE_TEXT = frozenset(" \t\n([,=<>!+~|{%")
_NAMESPACES = "input|target|member|event|ask|metric|goal|step|slot|campaign|person"
_BRACES = re.compile(
    r"[{｛][%％](?P<statement>[^{}｛｝\n]*)[%％][}｝]"  # with a full-width sign: the right ones are left out
    r"|[{｛]{2}(?P<wide>[^{}｛｝\n]*)[}｝]{2}|[{｛]{0,9}｛[{｛]{0,9}|[}｝]{0,9}｝[}｝]{0,9}"  # with full-width braces
    rf"|\{{ *(?P<single>(?:{_NAMESPACES})\.\w[^{{}}\n]*)\}}\}}?"  # { input.x } or { input.x }}
    r"|\{\{(?P<unclosed>[^{}\n]+)\}"  # {{ input.x }
    rf"|(?<![\w.])(?P<unopened>(?:{_NAMESPACES})\.[\w.]+ *)\}}\}}?"  # input.x }}
)


class Slip(NamedTuple):
    """`start` … `end`, offsets into the text, should read `write`."""

    start: int
    end: int
    message: Text
    write: str


def ascii_of(signs: str) -> str:
    """The ASCII signs for full-width ones; empty if these are none."""
    plain = "".join(_ASCII.get(sign) or normalize("NFKC", sign) for sign in signs)
    return plain if plain != signs and plain.isascii() else ""


def half_braces(text: str) -> Iterator[Slip]:
    """Braces that were meant for a template and are printed as they stand: full-width ones, and lonely ones."""
    if not any(brace in text for brace in "{}｛｝"):
        return
    start = 0
    for end, after in [*(piece.span() for piece in _PIECE.finditer(text)), (len(text), len(text))]:
        for found in _BRACES.finditer(text, start, end):
            written, inner = found.group(), next(filter(None, found.groups()), "").strip()
            if found["statement"]:
                message = Text("这里用了全角的符号", "A full-width sign stands here")
                yield Slip(*found.span(), message, f"{{% {inner} %}}")
            elif len(written) == 2 or found["wide"]:
                message = Text("这里用了全角的花括号", "Full-width braces stand here")
                yield Slip(*found.span(), message, f"{{{{ {inner} }}}}" if inner else ascii_of(written))
            elif inner:
                yield Slip(*found.span(), Text("花括号要成双", "Braces come in pairs"), f"{{{{ {inner} }}}}")
        start = after


def lonely_quote(text: str, at: int, *, expression: bool) -> Slip | None:
    """The quote without its other half in the piece of code at `at`, or the last one before it."""
    pieces = [(0, len(text))] if expression else [piece.span() for piece in _PIECE.finditer(text)]
    for start, end in reversed([span for span in pieces if span[0] <= at]):
        for sign in "'\"":
            spots = [n for n in range(start, end) if text[n] == sign]
            if len(spots) % 2:
                return _paired(text, sign, spots, start, end)
    return None


def _paired(text: str, sign: str, spots: list[int], start: int, end: int) -> Slip:
    lonely, opened = spots[-1], None
    for spot in spots:
        opens = _opens(text, spot)
        if opens and opened is not None:
            lonely = opened
            break
        if not opens and opened is None:
            lonely = spot
            break
        opened = spot if opens else None
    opens = _opens(text, lonely)
    if opens:
        part = _QUOTED_PART.match(text, lonely + 1, end)
    else:
        part = next((p for p in _QUOTED_PART.finditer(text, start, lonely) if p.end() == lonely), None)
    first, last = (part.start() - opens, part.end() + (not opens)) if part else (lonely, lonely + 1)
    word = part.group() if part else "…"
    message = Text(f"引号 {sign} 少了另一半", f"The quote {sign} lacks its other half")
    return Slip(first, last, message, f"{sign}{word}{sign}")


def _opens(text: str, spot: int) -> bool:
    """Whether the quote at `spot` stands where a quoted text begins."""
    return spot == 0 or text[spot - 1] in _BEFORE_TEXT

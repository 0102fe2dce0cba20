"""A file's text and its findings → the text with the safe edits made, and the difference as people read it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import unified_diff

from sopengine.diagnostics import Diagnostic, Edit

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


def safe_edits(diagnostics: Iterable[Diagnostic], file: str) -> list[Edit]:
    """Edits that cannot change what the author meant, from the end of the file to its start; of two that overlap, the
    later one is left for the next run."""
    wanted = {edit for d in diagnostics if d.fix and d.fix.safe for edit in d.fix.edits if edit.place.file == file}
    kept: list[Edit] = []
    for edit in sorted(wanted, key=lambda e: (e.place, e.text)):
        if not kept or _begin(edit) >= (kept[-1].place.end_line, kept[-1].place.end_col):
            kept.append(edit)
    return kept[::-1]


def mended(text: str, edits: Iterable[Edit]) -> str:
    """`edits` from the end to the start. Line ends stay as they are."""
    starts = [found.start() for found in _LINE.finditer(text)]
    for edit in edits:
        place = edit.place
        begin, end = starts[place.line - 1] + place.col - 1, starts[place.end_line - 1] + place.end_col - 1
        text = text[:begin] + edit.text + text[end:]
    return text


def difference(before: str, after: str, file: str) -> str:
    lines = unified_diff(before.splitlines(), after.splitlines(), file, file, lineterm="", n=1)
    return "\n".join(lines)


def _begin(edit: Edit) -> tuple[int, int]:
    return edit.place.line, edit.place.col

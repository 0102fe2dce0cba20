"""A spoilt playbook in; what the program says about it, and whether that helps its author."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sopengine.diagnostics import Diagnostic, Edit
from tests.mutation.mutant import Mutant, replaced

_SAYS = "did you mean|lacks|needs|[Ww]rite|[Uu]se|[Cc]lose it with|[Aa]dd|[Ss]uch as|[Ii]ndent|quote it:"


class Verdict(StrEnum):
    FOUND = "found"
    VALID = "still valid"
    WRONG_LINE = "WRONG LINE"
    MISSED = "MISSED"


@dataclass(frozen=True)
class Judged:
    """`suggested`: whether what was meant is named; None where nothing could tell it, or nothing was found."""

    mutant: Mutant
    verdict: Verdict
    findings: tuple[Diagnostic, ...]
    reason: str = ""
    suggested: bool | None = None


def judge(mutant: Mutant) -> Judged:
    loaded = mutant.book.load(mutant.text)
    found = tuple(mutant.book.new(loaded))
    if not found:
        if loaded.document is not None and loaded.document.data == mutant.book.document.data:
            return Judged(mutant, Verdict.VALID, (), "it reads the same as before")
        return Judged(mutant, Verdict.VALID if mutant.legal else Verdict.MISSED, (), mutant.legal)
    helpful = [
        d for d in found if d.place is None or (d.place.file == mutant.book.file.name and d.place.line in mutant.right)
    ]
    if not helpful:
        return Judged(mutant, Verdict.WRONG_LINE, found)
    suggested = any(_names(d, mutant) for d in helpful) if mutant.meant else None
    return Judged(mutant, Verdict.FOUND, found, suggested=suggested)


def _names(found: Diagnostic, mutant: Mutant) -> bool:
    """Whether its edits make the playbook right again, or its words say what to write."""
    if found.fix is not None:
        mended = mutant.book.load(edited(mutant.text, found.fix.edits))
        if mended.document is not None and mended.document.data == mutant.book.document.data:
            return True
        if not mutant.book.new(mended):
            return True
    said = f"{found.message.en} {found.help.en if found.help else ''}"
    return re.search(rf"(?:{_SAYS}) [`'\"]?{re.escape(mutant.meant)}", said) is not None


def edited(text: str, edits: Sequence[Edit]) -> str:
    rows = text.split("\n")
    for edit in sorted(edits, key=lambda e: e.place, reverse=True):
        rows = replaced(rows, edit.place, edit.text)
    return "\n".join(rows)

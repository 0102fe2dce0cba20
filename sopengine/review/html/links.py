"""Findings and items side by side: which finding concerns which item, and where a page shows each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sopengine.diagnostics import Diagnostic
from sopengine.review.model import Item

Numbered = tuple[int, Diagnostic]


class Links:
    """`items` are those that the page shows, in its order; findings are numbered as given."""

    def __init__(self, items: Sequence[Item], findings: Sequence[Diagnostic]) -> None:
        self._of_finding = [_concerned(d, items) for d in findings]
        self._of_item: list[list[Numbered]] = [[] for _ in items]
        for number, d in enumerate(findings):
            for item in self._of_finding[number]:
                self._of_item[item].append((number, d))

    def items_of(self, finding: int) -> Sequence[int]:
        return self._of_finding[finding]

    def findings_of(self, item: int) -> Sequence[Numbered]:
        return self._of_item[item]


def _concerned(d: Diagnostic, items: Sequence[Item]) -> list[int]:
    """Those whose step or message it stands at; of them those it was made for, where a dry run says so."""
    here = [n for n, item in enumerate(items) if not d.path or any(d.path[: len(p)] == p for p in item.paths)]
    made_for = [n for n in here if d.code in items[n].codes]
    return made_for or (here if d.path else [])


def entry_id(number: int) -> str:
    return f"e{number + 1}"


def finding_id(number: int) -> str:
    return f"f{number + 1}"


def day_id(day: date) -> str:
    return f"d{day:%Y-%m-%d}"

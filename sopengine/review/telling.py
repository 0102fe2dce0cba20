"""Findings of a dry run about its steps: each told once, and known again where an item is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sopengine.diagnostics import Diagnostic, Findings, Place, Text
from sopengine.language.document import Document
from sopengine.language.ignores import Ignores
from sopengine.language.model import Step


class Teller:
    def __init__(self, document: Document, findings: Findings) -> None:
        self.document, self.findings = document, findings
        self._said: set[tuple[str, str, int]] = set()
        self._ignores = Ignores(document)

    def has_said(self, step: Step, codes: Collection[str]) -> bool:
        return any(id == step.id and code in codes for id, code, _ in self._said)

    def say(
        self,
        step: Step,
        code: str,
        message: Text,
        place: Place | None = None,
        help: Text | None = None,
        *,
        row: int = 0,
    ) -> Iterator[str]:
        """The code again, unless a comment sets the finding aside. `row`: of the table the text comes from; each row is
        told of by itself."""
        found = Diagnostic(code, message, place or self.document.place(step.path), help=help, path=step.path)
        if (step.id, code, row) not in self._said:
            self._said.add((step.id, code, row))
            self.findings.extend([found])
        if self._ignores.of(found) is None:
            yield code

"""Two texts of one playbook that say the same, word for word: one of them was copied and never changed."""

from __future__ import annotations

from collections.abc import Iterable

from sopengine.diagnostics import Findings, Text
from sopengine.language.checks.wording.prose import Prose
from sopengine.language.document import Document

_SHORT = 6
"""Shorter texts (好的、收到) may well be the same."""


def check_sameness(document: Document, texts: Iterable[Prose], findings: Findings) -> None:
    """Adds SOP-W526 at the later of the two."""
    first: dict[str, Prose] = {}
    for text in texts:
        if not text.to_customers:
            continue
        plain = "".join(text.text.split())
        before = first.setdefault(plain, text)
        if before is text or len(plain) < _SHORT:
            continue
        place = before.place(document, 0, 1)
        where = f"{place.file}:{place.line}" if place.file != document.file else str(place.line)
        findings.add(
            "SOP-W526",
            Text(f"和第 {where} 行的文字一模一样", f"The same text as in line {where}"),
            text.whole(document),
            help=Text(
                "多半是复制后忘了改；真要用同一段文字，就共用一条消息",
                "Most likely it was copied and never changed; where it is meant, let both send one message",
            ),
            path=text.path,
        )

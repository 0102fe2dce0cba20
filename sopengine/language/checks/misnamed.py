"""Findings in; where several say that one name is unknown and mean the same declaration, one finding at that
declaration out: a slip there is one mistake, however many lines suffer from it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from sopengine.diagnostics import Diagnostic, Edit, Findings, Fix, Path, Place, Text
from sopengine.language.document import Document, value_at
from sopengine.language.suggest import is_slip

_PARTS = ("messages", "audiences", "roles", "inputs", "events", "metrics", "goals", "scripts")


def tell_once(document: Document, findings: Findings) -> None:
    """Replaces the findings; a declaration that something else uses is not the one that is misspelt."""
    groups: dict[tuple[str, str], list[Diagnostic]] = defaultdict(list)
    for one in findings:
        if one.code.startswith("SOP-R3") and one.fix and one.place and one.place.file == document.file:
            edit = one.fix.edits[0]
            groups[_written(document, edit.place), edit.text].append(one)
    for (written, guess), found in groups.items():
        path = next(_declarations(document, guess), None) if len(found) > 1 else None
        if path is None or _uses(document.text, guess) > 1:
            continue
        findings.items[:] = [one for one in findings.items if not any(one is gone for gone in found)]
        place = document.place(path, of_key=path[-1] != "id")
        findings.add(
            found[0].code,
            Text(
                f"这里声明的是 `{guess}`，用它的 {len(found)} 处写的都是 `{written}`，是不是 `{written}`？",
                f"`{guess}` is declared here, but {len(found)} places say `{written}`; did you mean `{written}`?",
            ),
            place,
            path=path,
            fix=Fix((Edit(place, written),), safe=is_slip(guess, written)),
        )


def _written(document: Document, place: Place) -> str:
    return document.text.split("\n")[place.line - 1][place.col - 1 : place.end_col - 1]


def _declarations(document: Document, name: str) -> Iterator[Path]:
    for part in _PARTS:
        declared = document.data.get(part)
        if isinstance(declared, dict) and name in declared:
            yield part, name
    yield from (path for path in document.spots if path[-1:] == ("id",) and value_at(document, path) == name)


def _uses(text: str, name: str) -> int:
    return len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))

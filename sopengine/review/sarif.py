"""Findings in, a SARIF 2.1.0 log out (OASIS standard of 2020-03-27), the form that code hosts take from checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import sopengine
from sopengine.diagnostics import CODES, Diagnostic, Edit, Place
from sopengine.language.ignores import Ignored

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def log(found: Sequence[Diagnostic], lang: str, ignored: Sequence[Ignored] = ()) -> dict[str, Any]:
    """One run; its rules are the codes that were found, in the order of the code. What an author set aside is among
    the results, marked as suppressed."""
    codes = sorted({d.code for d in (*found, *(each.diagnostic for each in ignored))})
    index = {code: number for number, code in enumerate(codes)}
    driver = {"name": "sopengine", "version": sopengine.__version__, "rules": [_rule(code, lang) for code in codes]}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "language": "zh-CN" if lang == "zh" else "en-US",
                "columnKind": "unicodeCodePoints",
                "results": [
                    *(_result(d, index, lang) for d in found),
                    *(_aside(each, index, lang) for each in ignored),
                ],
            }
        ],
    }


def _rule(code: str, lang: str) -> dict[str, Any]:
    known = CODES[code]
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in known.name.split("-")),
        "shortDescription": {"text": known.title.get(lang)},
        "help": {"text": f"sopengine explain {code}"},
        "defaultConfiguration": {"level": known.severity.value},
    }


def _result(d: Diagnostic, index: Mapping[str, int], lang: str) -> dict[str, Any]:
    said = d.message.get(lang) + (f"\n{d.help.get(lang)}" if d.help else "")
    result: dict[str, Any] = {
        "ruleId": d.code,
        "ruleIndex": index[d.code],
        "level": d.severity.value,
        "message": {"text": said},
    }
    if d.place is not None:
        physical = {"artifactLocation": _artifact(d.place.file), "region": _region(d.place)}
        result["locations"] = [{"physicalLocation": physical}]
    if d.fix is not None:
        result["fixes"] = [{"description": {"text": said}, "artifactChanges": _changes(d.fix.edits)}]
    return result


def _aside(ignored: Ignored, index: Mapping[str, int], lang: str) -> dict[str, Any]:
    suppression = {"kind": "inSource"} | ({"justification": ignored.reason} if ignored.reason else {})
    return {**_result(ignored.diagnostic, index, lang), "suppressions": [suppression]}


def _changes(edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """By file, each edit as a replacement."""
    files: dict[str, list[dict[str, Any]]] = {}
    for edit in edits:
        replacement = {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.text}}
        files.setdefault(edit.place.file, []).append(replacement)
    return [{"artifactLocation": _artifact(file), "replacements": made} for file, made in files.items()]


def _artifact(file: str) -> dict[str, str]:
    """A relative path stays relative, so that a code host finds the file wherever it was checked out."""
    path = quote(file.replace("\\", "/"), errors="surrogateescape")
    return {"uri": f"file://{path}" if path.startswith("/") else path}


def _region(place: Place) -> dict[str, int]:
    """Lines and columns count from 1; the end column is that of the sign after the last one, as ours is."""
    return {
        "startLine": place.line,
        "startColumn": place.col,
        "endLine": place.end_line,
        "endColumn": place.end_col,
    }

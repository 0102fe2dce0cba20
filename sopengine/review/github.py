"""Findings in, GitHub workflow commands out: one annotation a line, shown beside the line in a pull request.

Source of the form and its escapes: docs.github.com, "Workflow commands for GitHub Actions", as of 2026-06.
"""

from __future__ import annotations

from collections.abc import Iterable

from sopengine.diagnostics import Diagnostic, Severity
from sopengine.review.columns import harmless

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def commands(found: Iterable[Diagnostic], lang: str) -> list[str]:
    return [_annotation(d, lang) for d in found]


def _annotation(d: Diagnostic, lang: str) -> str:
    properties = {"title": f"{d.code} {d.name}"}
    if (place := d.place) is not None:
        properties |= {"file": place.file, "line": str(place.line), "endLine": str(place.end_line)}
        if place.end_line == place.line:  # columns have a meaning within one line only
            properties |= {"col": str(place.col), "endColumn": str(place.end_col)}
    written = ",".join(f"{name}={_escaped(harmless(value), _PROPERTY)}" for name, value in properties.items())
    said = d.message.get(lang) + (f"\n{d.help.get(lang)}" if d.help else "")
    command = "notice" if d.severity is Severity.NOTE else d.severity.value
    return f"::{command} {written}::{_escaped(harmless(said), _DATA)}"


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(sign, sign) for sign in text)

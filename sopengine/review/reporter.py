"""Findings in, one printable report out: full for reading, concise for greps, json, github and sarif for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sopengine.channels.plain import escaped
from sopengine.diagnostics import Diagnostic, Place, Severity, Text, in_order
from sopengine.language.ignores import Ignored
from sopengine.review.colour import Ink
from sopengine.review.columns import harmless, width, wrap
from sopengine.review.excerpt import excerpt, lines_of
from sopengine.review.github import commands

Form = Literal["full", "concise", "json", "github", "sarif"]
DOCUMENTS = ("json", "sarif")
"""Forms that are exactly one document, so that nothing else may stand beside it."""
SCHEMA_VERSION = 1


def report(
    diagnostics: Iterable[Diagnostic],
    sources: Mapping[str, str],
    *,
    lang: str,
    form: Form = "full",
    columns: int = 100,
    colour: bool = False,
    files: int | None = None,
    elapsed: float | None = None,
    ignored: Sequence[Ignored] = (),
) -> str:
    """The findings sorted by place, without a final line break. `sources` holds the texts they point into, by file.

    `ignored`: what the authors set aside, which is only counted (in SARIF: marked).

    `files` (how many were checked) adds the summary line, `elapsed` (seconds) its time; json and sarif have neither.
    """
    found = in_order(diagnostics)
    if form in DOCUMENTS:
        document = as_document(found, lang, ignored) if form == "json" else _sarif(found, lang, ignored)
        return escaped(json.dumps(document, ensure_ascii=False, indent=2), keep="\n")
    ink = Ink(colour)
    if form == "github":
        lines = commands(found, lang)
    elif form == "concise":
        lines = [_concise(d, lang) for d in found]
    else:
        pointed_at = {d.place.file for d in found if d.place}
        texts = {file: lines_of(text) for file, text in sources.items() if file in pointed_at}
        lines = [line for d in found for line in [*_full(d, texts, lang, columns, ink), ""]]
    if files is not None:
        lines.append(_summary(_counts(found, ignored), files, elapsed, lang, ink))
    return "\n".join(lines).removesuffix("\n")


def _sarif(found: Sequence[Diagnostic], lang: str, ignored: Sequence[Ignored]) -> dict[str, Any]:
    from sopengine.review import sarif  # rarely asked for, and it loads a library for addresses

    return sarif.log(found, lang, ignored)


def as_document(found: Sequence[Diagnostic], lang: str, ignored: Sequence[Ignored] = ()) -> dict[str, Any]:
    """The JSON form of `check` (schemas/check.schema.json)."""
    return {
        "schema_version": SCHEMA_VERSION,
        "valid": not any(d.severity is Severity.ERROR for d in found),
        "counts": _counts(found, ignored),
        "diagnostics": [as_object(d, lang) for d in found],
    }


def as_object(d: Diagnostic, lang: str) -> dict[str, Any]:
    """One finding as JSON; line and column numbers count from 1, null where a finding has no place."""
    place = d.place
    return {
        "code": d.code,
        "name": d.name,
        "severity": d.severity.value,
        "message": d.message.get(lang),
        "file": place.file if place else None,
        "line": place.line if place else None,
        "col": place.col if place else None,
        "end_line": place.end_line if place else None,
        "end_col": place.end_col if place else None,
        "path": list(d.path),
        "help": d.help.get(lang) if d.help else None,
        "fix": _fix(d),
    }


def _fix(d: Diagnostic) -> dict[str, Any] | None:
    if d.fix is None:
        return None
    edits = [
        {
            "file": e.place.file,
            "line": e.place.line,
            "col": e.place.col,
            "end_line": e.place.end_line,
            "end_col": e.place.end_col,
            "text": e.text,
        }
        for e in d.fix.edits
    ]
    return {"safe": d.fix.safe, "edits": edits}


def _counts(found: Sequence[Diagnostic], ignored: Sequence[Ignored]) -> dict[str, int]:
    errors, warnings = (sum(d.severity is each for d in found) for each in (Severity.ERROR, Severity.WARNING))
    fixable = sum(d.fix is not None and d.fix.safe for d in found)
    return {"error": errors, "warning": warnings, "fixable": fixable, "ignored": len(ignored)}


def where(d: Diagnostic) -> str:
    """`file:line:col`, or the file's name alone for line 0, or nothing."""
    return located(d.place) if d.place else ""


def located(place: Place) -> str:
    return f"{harmless(place.file)}:{place.line}:{place.col}"


def _concise(d: Diagnostic, lang: str) -> str:
    place = f"{where(d)}: " if d.place else ""
    message = harmless(" ".join(d.message.get(lang).split()))
    return f"{place}{d.severity.value}[{d.code}] {message}"


_TONES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


def _full(d: Diagnostic, texts: Mapping[str, Sequence[str]], lang: str, columns: int, ink: Ink) -> list[str]:
    tone = _TONES[d.severity]
    head = f"{d.severity.value}[{d.code}]"
    first, *rest = harmless(d.message.get(lang)).split("\n")
    lines = [f"{ink(head, tone, 'bold')}: {ink(first, 'bold')}", *rest]
    if d.place:
        lines.append(f"  {ink('-->', 'blue')} {where(d)}")
        if d.place.file in texts:
            lines += excerpt(texts[d.place.file], d.place, columns, ink)
    return [*lines, *_help(d, lang, columns, ink)]


def _help(d: Diagnostic, lang: str, columns: int, ink: Ink) -> list[str]:
    """The way out: what to write instead, whether it can be done for the author, and where to read more."""
    fixable = Text("[可自动修复]", "[can be fixed automatically]").get(lang) if d.fix and d.fix.safe else ""
    more = f"{Text('说明：', 'more: ').get(lang)}sopengine explain {d.code}"
    if d.help is None:
        return [f"  {ink('=', 'blue')} " + "   ".join(part for part in (fixable, more) if part)]
    label = Text("建议：", "help: ").get(lang)
    advice = wrap(harmless(d.help.get(lang)), max(30, columns - 4 - width(label)))
    lines = [f"  {ink('=', 'blue')} {label}{advice[0]}", *(" " * (4 + width(label)) + line for line in advice[1:])]
    tail = "   ".join(part for part in (ink(fixable, "green"), more) if part)
    if len(advice) == 1 and width(advice[0]) + width(fixable) + width(more) + 16 <= columns:
        lines[0] += f"   {tail}"
        return lines
    return [*lines, f"  {ink('=', 'blue')} {tail}"]


def _summary(counts: Mapping[str, int], files: int, elapsed: float | None, lang: str, ink: Ink) -> str:
    fixable, ignored = counts["fixable"], counts["ignored"]
    if lang == "zh":
        took = f"  用时 {elapsed:.2f}s" if elapsed is not None else ""
        extra = f"（可自动修复 {fixable}）" if fixable else ""
        aside = f"  已忽略 {ignored}" if ignored else ""
        said = f"检查了 {files} 个文件：错误 {counts['error']}{extra}  警告 {counts['warning']}{aside}{took}"
    else:
        took = f"  in {elapsed:.2f}s" if elapsed is not None else ""
        extra = f" ({fixable} can be fixed automatically)" if fixable else ""
        aside = f"  ignored {ignored}" if ignored else ""
        noun = "file" if files == 1 else "files"
        said = f"Checked {files} {noun}: errors {counts['error']}{extra}  warnings {counts['warning']}{aside}{took}"
    return ink(said, "red" if counts["error"] else "green")

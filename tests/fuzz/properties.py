"""One generated input in; what is not as promised about the program's answer, as a sentence, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sopengine.diagnostics import Diagnostic, Severity
from sopengine.language.expressions.conditions import condition_names, evaluate
from sopengine.language.expressions.templates import check_template, names_used
from sopengine.language.load import load
from sopengine.messages.model import Rendered
from sopengine.review.mending import mended, safe_edits
from sopengine.review.reporter import report

FILE = "any.yaml"
ROUNDS = 5
"""Of safe edits: after each the text is read anew, as one who works with `check --fix` does."""
LONGEST = 600
"""Characters of a message or help: more is no sentence any more."""
CONTEXT: Mapping[str, Any] = {
    "target": {"id": "g1", "name": "东湖店", "size": 186, "tier": "member", "tags": ["vip", "new"]},
    "input": {"saving": 5, "brand": "小茶铺"},
    "event": {"members": [{"name": "甲"}, {"name": "乙"}]},
    "metric": {"gmv": {"today": None}},
}


def document_fault(data: bytes, *, shown: bool) -> str:
    """`shown`: the findings are also put on paper, and the safe edits made."""
    loaded = load(data, FILE, lambda name: b"\xff\xfe" if "a" in name else None)
    found = loaded.diagnostics
    if loaded.playbook is None and not any(d.severity is Severity.ERROR for d in found):
        return "nothing was read, and nobody says why"
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for one in found:
        if fault := finding_fault(one, lines):
            return f"{one.code}: {fault}"
    if shown:
        text = data.decode("utf-8-sig", "replace")
        for lang in ("zh", "en"):
            report(found, {FILE: text}, lang=lang, form="full", columns=100, colour=False, files=1, elapsed=0.1)
        return _mending_fault(text, found)
    return ""


def _mending_fault(text: str, found: Sequence[Diagnostic]) -> str:
    """Safe edits come to an end, and at the end nothing they were for is left: a finding may lay open the next one,
    but never itself again. A syntax error is mended by a person."""
    if any(one.code == "SOP-Y102" for one in found):
        return ""
    for _ in range(ROUNDS):
        edits = safe_edits(found, FILE)
        if not edits:
            return ""
        text = mended(text, edits)
        found = load(text.encode("utf-8", "surrogatepass"), FILE, lambda _: None).diagnostics
    left = next(one.code for one in found if one.fix and one.fix.safe)
    return f"{left} is still there after {ROUNDS} rounds of safe edits"


def finding_fault(found: Diagnostic, lines: list[str]) -> str:
    if found.place is None:
        return "has no place"
    place = found.place
    if place.file == FILE:
        if not 1 <= place.line <= len(lines):
            return f"stands on line {place.line} of {len(lines)}"
        if not 1 <= place.col <= len(lines[place.line - 1]) + 2:
            return f"stands at column {place.col} of {len(lines[place.line - 1])}"
        if (place.end_line, place.end_col) < (place.line, place.col):
            return "ends before it begins"
    for text in (found.message, *([found.help] if found.help else [])):
        if not text.zh.strip() or not text.en.strip():
            return "says nothing"
        if max(len(text.zh), len(text.en)) > LONGEST:
            return f"goes on for {max(len(text.zh), len(text.en))} characters"
    return ""


def template_fault(source: str) -> str:
    problems = check_template(source)
    rows = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in problems:
        if not 1 <= problem.line <= len(rows) or not 1 <= problem.col <= len(rows[problem.line - 1]) + 2:
            return f"a problem at {problem.line}:{problem.col} of {len(rows)} lines"
        if len(problem.message.en) > LONGEST:
            return "a problem that goes on and on"
    names_used(source)
    return ""


def rendering_fault(source: str, found: Rendered) -> str:
    if found.ok != bool(found.text.strip()) or found.ok == bool(found.error):
        return "neither a text nor a reason"
    for word in ("Traceback", "object at 0x", "<generator", "<bound method", "__class__"):
        if word in found.text and word not in source:
            return f"prints {word}"
    return "" if "Traceback" not in found.error else "a traceback as the reason"


def condition_fault(source: str) -> str:
    if (answer := evaluate(source, CONTEXT)) not in (True, False, None):
        return f"answers {answer!r}"
    condition_names(source)
    return ""

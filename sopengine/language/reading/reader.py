"""The bytes of a playbook in; a Document out, and findings for everything in them that cannot be read as meant."""

from __future__ import annotations

from itertools import islice

import yaml

from sopengine.diagnostics import Edit, Findings, Fix, Path, Place, Text, in_order
from sopengine.language.document import Document
from sopengine.language.reading.composed import Composed, TooLarge
from sopengine.language.reading.composer import compose
from sopengine.language.reading.encoding import UNREADABLE, Guess, decode_utf8, report_not_utf8
from sopengine.language.reading.mending import Lines, Mended, mend
from sopengine.language.reading.recovery import compose_through
from sopengine.language.reading.scan import scan
from sopengine.language.reading.signs import SUSPECT

SIZE = 1 << 20
LINES = 20_000
MOST_CONTROLS = 20
MOST = 200
"""Findings listed of one file."""


def read(data: bytes, file: str, findings: Findings) -> Document | None:
    """Never raises. None only where nothing can be read: not UTF-8, too large, empty, not a mapping."""
    found = Findings()
    document = _read(data, file, found)
    listed = in_order(found)
    findings.extend(listed[:MOST])
    if more := listed[MOST:]:
        message = Text("这个文件后面还有错误，没有全部列出", "There are more mistakes in this file than are listed")
        findings.add(more[0].code, message, more[0].place)
    return document


def _read(data: bytes, file: str, findings: Findings) -> Document | None:
    text = _text(data, file, findings)
    if text is None:
        return None
    try:
        composed, broken = _compose(_without_controls(text, file, findings), file, findings)
    except TooLarge as error:
        findings.add("SOP-Y109", error.message, error.place, help=_SPLIT)
        return None
    if composed.empty and not broken:
        _report_empty(file, findings)
        return None
    if not isinstance(composed.data, dict):
        if not broken:
            message = Text("文件的最外层要由“键: 值”组成", "The file must consist of 'key: value' entries")
            findings.add("SOP-Y111", message, composed.spots[()].value)
        return None
    return Document(file, text, composed.data, composed.spots, broken)


def _compose(text: str, file: str, findings: Findings) -> tuple[Composed, frozenset[Path]]:
    """As YAML takes the text; where that fails or looks unlike what was meant, as it reads with its traps mended."""
    try:
        composed = compose(file, Mended(text, {}))
    except yaml.YAMLError:
        composed = None
    if composed is not None and not composed.suspicious and not SUSPECT.search(text):
        findings.extend(composed.findings)
        return composed, frozenset()
    traps = [trap for trap in scan(text) if trap.silent or composed is None]
    if composed is not None and not traps:
        findings.extend(composed.findings)
        return composed, frozenset()
    lines = Lines(file, text)
    told: set[int] = set()
    for trap in traps:
        place = lines.place(trap.start, trap.end)
        findings.add(trap.code, trap.message, place, help=trap.help, fix=lines.fix(trap.edits, safe=trap.safe))
        told.update(range(place.line - 1, place.end_line))
        told.update(lines.position(edit.start)[0] - 1 for edit in trap.edits)
    return compose_through(file, mend(lines, (e for t in traps if t.reads_on for e in t.edits)), findings, told)


def _without_controls(text: str, file: str, findings: Findings) -> str:
    """The text with a space for every character that YAML, databases and terminals cannot take, each line told once."""
    at, told = 0, 0
    lines = None
    while told < MOST_CONTROLS and (match := UNREADABLE.search(text, at)):
        lines = lines or Lines(file, text)
        place = lines.place(match.start(), match.end())
        end = text.find("\n", match.end())
        end = len(text) if end < 0 else end
        signs = islice(UNREADABLE.finditer(text, match.start(), end), MOST_CONTROLS)
        gone = [lines.place(*sign.span()) for sign in signs]
        name = f"U+{ord(match[0]):04X}"
        message = Text(f"这一行有看不见的控制字符 {name}", f"An invisible control character {name} in this line")
        fix = Fix(tuple(Edit(one, "") for one in gone), safe=True)
        findings.add("SOP-Y110", message, place, help=Text("删掉它", "Delete it"), fix=fix)
        told += 1
        at = end
    return UNREADABLE.sub(" ", text) if told else text


_SPLIT = Text("把内容分到几个文件里", "Divide the content among several files")


def _text(data: bytes, file: str, findings: Findings) -> str | None:
    start = Place(file, 1, 1, 1, 1)
    if len(data) > SIZE:
        findings.add("SOP-Y109", Text("文件超过 1 MiB", "The file is larger than 1 MiB"), start, help=_SPLIT)
        return None
    text = decode_utf8(data)
    if isinstance(text, Guess):
        report_not_utf8(text, file, findings)
        return None
    if text.count("\n") > LINES:
        findings.add(
            "SOP-Y109", Text(f"文件超过 {LINES} 行", f"The file has more than {LINES} lines"), start, help=_SPLIT
        )
        return None
    if not text.strip():
        _report_empty(file, findings)
        return None
    return text


def _report_empty(file: str, findings: Findings) -> None:
    help = Text("从 sopengine init 给出的样例开始写", "Start from the sample that sopengine init writes")
    findings.add("SOP-Y115", Text("文件里没有内容", "There is nothing in the file"), Place(file, 1, 1, 1, 1), help=help)

"""The bytes of a playbook in; a Document out, and findings for everything in them that cannot be read as meant."""

from __future__ import annotations

from sopengine.diagnostics import Findings, Place, Text
from sopengine.language.composer import TooLarge
from sopengine.language.document import Document
from sopengine.language.encoding import CONTROL, LINE_SEPARATOR, Guess, decode_utf8, report_not_utf8
from sopengine.language.mending import Mended
from sopengine.language.recovery import compose_through

SIZE = 1 << 20
LINES = 20_000


def read(data: bytes, file: str, findings: Findings) -> Document | None:
    """Never raises. None only where nothing can be read: not UTF-8, too large, empty, not a mapping."""
    text = _text(data, file, findings)
    if text is None:
        return None
    clean = _without_controls(text, file, findings)
    try:
        composed, broken = compose_through(file, Mended(clean, {}), findings, set())
    except TooLarge as error:
        findings.add("SOP-Y109", error.message, error.place, help=_SPLIT)
        return None
    if composed.empty and not broken:
        _report_empty(file, findings)
        return None
    if not isinstance(composed.data, dict):
        if not broken:
            findings.add("SOP-Y111", Text("文件的最外层要写成“键: 值”", "The file must consist of 'key: value' lines"), composed.spots[()].value)
        return None
    return Document(file, text, composed.data, composed.spots, broken)


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
        findings.add("SOP-Y109", Text(f"文件超过 {LINES} 行", f"The file has more than {LINES} lines"), start, help=_SPLIT)
        return None
    if not text.strip():
        _report_empty(file, findings)
        return None
    return text

"""The bytes of a YAML file → its document, and whether that is a playbook, a module or a campaign."""

from __future__ import annotations

from msgspec import Struct

from sopengine.diagnostics import Diagnostic, Findings
from sopengine.language.document import Document
from sopengine.language.kinds import kind_of
from sopengine.language.reading.reader import read
from sopengine.language.schema import Kind


class Opened(Struct, frozen=True):
    """`document` is None where nothing could be read; the findings then say why."""

    document: Document | None
    kind: Kind
    diagnostics: tuple[Diagnostic, ...]


def open_document(data: bytes, file: str) -> Opened:
    """Takes any bytes; `file` is the name that findings use."""
    findings = Findings()
    document = read(data, file, findings)
    return Opened(document, "playbook" if document is None else kind_of(document.data), tuple(findings))

"""The names of module files → their documents, each read and its shape checked once through the given reader."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Diagnostic, Findings, Path
from sopengine.language.build.files import MessageFiles
from sopengine.language.document import Document
from sopengine.language.opening import open_document
from sopengine.language.schema import Kind
from sopengine.language.shape import check_shape

DEPTH = 5
"""Modules inside modules."""
MOST = 200
"""Steps with `use` in all of a playbook, counted as expanded."""


class Shelved(Struct, frozen=True):
    """One module file. `document` is None where it cannot be read; `meant` as in Desk."""

    document: Document | None
    kind: Kind
    diagnostics: tuple[Diagnostic, ...]
    meant: frozenset[Path] = frozenset()


class Shelf(Struct):
    """Names are paths from the folder of the playbook, with `/`. `known` lists YAML files there, for suggestions."""

    files: MessageFiles
    known: Callable[[], Iterable[str]]
    taken: int = 0
    _shelved: dict[str, Shelved | None] = field(default_factory=dict)

    def module(self, name: str) -> Shelved | None:
        """None where there is no such file."""
        if name not in self._shelved:
            data = self.files.open_file(name)
            self._shelved[name] = None if data is None else self._open(data, name)
        return self._shelved[name]

    def files_of(self, name: str, findings: Findings) -> MessageFiles:
        """The reader for what a module names: its paths count from its own folder."""
        folder = posixpath.dirname(name)

        def open_file(path: str) -> bytes | None:
            return self.files.open_file(beside(folder, path))

        return replace(
            self.files, playbook=self.files.shown(name), open_file=open_file, findings=findings, folder=folder
        )

    def texts(self) -> dict[str, str]:
        read = [shelved.document for shelved in self._shelved.values() if shelved and shelved.document]
        return {document.file: document.text for document in read}

    def _open(self, data: bytes, name: str) -> Shelved:
        opened = open_document(data, self.files.shown(name))
        findings = Findings(list(opened.diagnostics))
        if opened.document is None or opened.kind != "module":
            return Shelved(opened.document, opened.kind, tuple(findings))
        meant = check_shape(opened.document, findings, "module")
        return Shelved(opened.document, opened.kind, tuple(findings), meant)


def beside(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))

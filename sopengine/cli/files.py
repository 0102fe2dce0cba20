"""Paths of the command line in, bytes and texts of files out; for a playbook only what it may read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sopengine.diagnostics import Diagnostic, Text
from sopengine.errors import SopError, UsageError
from sopengine.workspace.model import FILE_NAME
from sopengine.workspace.veil import veiled

_MOST_BYTES = 1024 * 1024
_MOST_BYTES_NAMED = 4 * 1024 * 1024  # a table of texts; each kind of file has its own, lower or equal, limit
_MOST_BYTES_SHOWN = 16 * 1024 * 1024
SECRETS = "secrets"
"""The folder of a workspace that holds keys."""
_ENDINGS = (".yaml", ".yml")


class Files:
    """The reader that `language.load` is given: files by their path relative to the playbook, None where there is none.

    It reads what lies beneath the playbook's folder; from the rest of the workspace (`boundary`) modules, and what lies
    beneath their folders. Keys and the database, which lie beside, are out of reach. `read` keeps what was read, by the
    name asked for; `asked` also what was not there.
    """

    def __init__(self, folder: Path, boundary: Path | None = None) -> None:
        self._folder = folder
        home = folder.resolve()
        self._boundary = boundary.resolve() if boundary and home.is_relative_to(boundary.resolve()) else home
        self._open = {home}
        self.read: dict[str, bytes] = {}
        self.asked: set[Path] = set()

    def __call__(self, name: str) -> bytes | None:
        self.asked.add(self._folder / name)
        if name not in self.read:
            path = self._inside(name)
            data = _bytes(path, _MOST_BYTES_NAMED) if path else None
            if data is None or path is None:
                return None
            self.read[name] = data
            if _is_yaml(path) and path.parent != self._boundary:
                self._open.add(path.parent)
        return self.read[name]

    def names(self) -> list[str]:
        """The YAML files that could be read, as the playbook would write them."""
        home = self._folder.resolve()
        return [Path(os.path.relpath(path, home)).as_posix() for path in playbooks_beneath(self._boundary)]

    def _inside(self, name: str) -> Path | None:
        """The file's real place, links followed, if it may be read."""
        try:
            path = (self._folder / name).resolve()
        except (ValueError, OSError, RuntimeError):  # a NUL in the name; links in a circle
            return None
        if path.is_dir():
            return None
        if any(path.is_relative_to(folder) for folder in self._open):
            return path
        if not _is_yaml(path) or not path.is_relative_to(self._boundary):
            return None
        hidden = any(part == SECRETS or part.startswith(".") for part in path.relative_to(self._boundary).parts)
        return None if hidden else path


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in _ENDINGS


def read_playbook(path: Path) -> bytes:
    """A playbook's bytes, at most one more than a playbook may have. UsageError where there is no such file."""
    data = _bytes(path, _MOST_BYTES)
    if data is None:
        raise UsageError(Text(f"找不到剧本 {path}", f"there is no playbook {path}"))
    return data


def playbook_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and every *.yaml and *.yml beneath the folders named, sorted; hidden folders are left out."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = list(playbooks_beneath(path)) if path.is_dir() else [path]
        if not inside:
            raise UsageError(Text(f"文件夹 {path} 里没有剧本（*.yaml）", f"there are no playbooks (*.yaml) in {path}"))
        found |= dict.fromkeys(inside)
    return list(found)


def texts_of(diagnostics: Iterable[Diagnostic]) -> dict[str, str]:
    """The texts of the files that findings point into, for their excerpts; what cannot be shown is left out."""
    from sopengine.language.reading.sheet import is_workbook, sheet_text

    files = {d.place.file for d in diagnostics if d.place}
    texts = {}
    for file in sorted(files):
        try:
            data = _bytes(Path(file), _MOST_BYTES_SHOWN)
        except SopError:
            continue  # the finding itself says more than an excerpt could
        if data is not None:
            text = sheet_text(data, file) if is_workbook(file) else _decoded(data)
            texts[file] = veiled(text) if Path(file).name == FILE_NAME else text
    return texts


def _decoded(data: bytes) -> str:
    """UTF-8, else as the Chinese encoding it most likely is; only for showing."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def playbooks_beneath(folder: Path) -> Iterator[Path]:
    """Every *.yaml and *.yml beneath the folder, sorted; hidden folders are left out."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if _is_yaml(path) and not any(part.startswith(".") for part in parts) and path.is_file():
            yield path


def _bytes(path: Path, most: int) -> bytes | None:
    """At most one byte over `most`, so that a file that is too large shows; None where there is no file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(Text(f"{path} 不是普通文件", f"{path} is not a plain file"))
        with path.open("rb") as file:
            return file.read(most + 1)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise SopError(Text(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}")) from error

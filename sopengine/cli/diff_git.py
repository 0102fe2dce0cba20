"""A file as it was at a git revision → one side of a `diff`, with the lists that it had, else those of today."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from sopengine.cli.diff_sides import Side, from_file
from sopengine.diagnostics import Diagnostic, Text
from sopengine.errors import Refused, UsageError
from sopengine.workspace import FILE_NAME, SourceSettings, Workspace, load_workspace
from sopengine.workspace.revision import write_revision


def from_revision(
    revision: str, file: Path, place: Workspace, given: Mapping[str, str], data: Mapping[str, Path], now: str
) -> Side:
    """UsageError where the revision has no such file."""
    inside = Path(os.path.relpath(file.resolve(), place.root.resolve()))
    with tempfile.TemporaryDirectory(prefix="sopengine-") as name, _named_after(revision, Path(name)):
        folder = Path(name)
        commit = write_revision(place.root, revision, folder)
        shown = f"{revision}:{inside.as_posix()}" if inside.parts else revision
        if inside.parts[:1] == ("..",) or not (folder / inside).exists():
            raise UsageError(
                Text(f"版本 {revision} 里没有 {inside.as_posix()}", f"revision {revision} has no {inside.as_posix()}"),
                Text("改过名的，先写旧名再写新名", "if it was renamed, name the old file, then the new one"),
            )
        return from_file(str(folder / inside), f"{shown} ({commit})", _as_it_was(folder, place), given, data, now)


def _as_it_was(folder: Path, place: Workspace) -> Workspace:
    """Lists are seldom kept in git: those that the revision has not are taken as they are."""
    if not (folder / FILE_NAME).is_file():
        return replace(place, root=folder)
    old = load_workspace(folder)
    if old.has_errors:
        raise Refused(Text("sopengine.toml 有错误", "sopengine.toml has errors"), old.diagnostics)

    def current(source: SourceSettings) -> SourceSettings:
        beside = place.root / os.path.relpath(source.path, folder)
        return replace(source, path=beside) if not source.path.is_file() and beside.is_file() else source

    return replace(old, sources={name: current(source) for name, source in old.sources.items()})


@contextmanager
def _named_after(revision: str, folder: Path) -> Iterator[None]:
    """What is found wrong lies in the revision, not in a folder that is gone by then."""

    def named(found: Diagnostic) -> Diagnostic:
        if found.place is None or not Path(found.place.file).is_relative_to(folder):
            return found
        inside = Path(found.place.file).relative_to(folder).as_posix()
        return replace(found, place=replace(found.place, file=f"{revision}:{inside}"), fix=None)

    try:
        yield
    except Refused as error:
        raise Refused(error.message, tuple(map(named, error.diagnostics)), error.help) from error

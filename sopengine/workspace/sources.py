"""The names of sources → their rows, read from the tables the workspace or the command line names."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from sopengine.diagnostics import Diagnostic, Findings, Text
from sopengine.errors import SopError, UsageError
from sopengine.workspace.model import SourceSettings, Workspace
from sopengine.workspace.reading import shown

_MAX_BYTES = 16 * 1024 * 1024  # read_table's own cap; one byte more shows that a file is over it


def read_sources(
    workspace: Workspace, names: Iterable[str], overrides: Mapping[str, Path]
) -> tuple[Mapping[str, tuple[Mapping[str, str], ...]], tuple[Diagnostic, ...]]:
    """Rows by source, and what is wrong with the tables. A row's `id` is the value of the source's id column.

    A name that is in neither place is left out: what that means differs between check, dry run and start. So is one
    whose file does not exist, with a warning. UsageError if a file of `overrides` does not exist.
    """
    from sopengine.language.tables import read_table  # only for commands that read data

    findings = Findings()
    rows: dict[str, tuple[Mapping[str, str], ...]] = {}
    for name in dict.fromkeys(names):
        source = workspace.sources.get(name)
        if name in overrides:
            encoding, id_column = (source.encoding, source.id_column) if source else ("utf-8", "id")
            data = _read(overrides[name])
            if data is None:
                raise UsageError(Text(f"没有文件 {overrides[name]}", f"there is no file {overrides[name]}"))
            source = SourceSettings(overrides[name], encoding, id_column)
        elif source is None:
            continue
        else:
            data = _read(source.path)
            if data is None:
                findings.add("SOP-D603", _no_file(name, source), source.place)
                continue
        table = read_table(data, shown(source.path), findings, source.encoding, source.id_column)
        rows[name] = table if source.id_column == "id" else tuple({**row, "id": row[source.id_column]} for row in table)
    return rows, tuple(findings)


def _no_file(name: str, source: SourceSettings) -> Text:
    file = shown(source.path)
    return Text(f"数据源 {name} 的文件 {file} 不存在", f"the file {file} of source {name} does not exist")


def _read(path: Path) -> bytes | None:
    """The file's bytes, at most one over the cap; None if there is no such file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SopError(Text(f"{path} 不是普通文件", f"{path} is not a plain file"))
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SopError(Text(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}")) from None
    except ValueError:  # a NUL inside the name
        return None

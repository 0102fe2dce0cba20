"""The names of sources → their rows, read from the tables the workspace or the command line names."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from sopengine.diagnostics import Diagnostic, Findings, Text
from sopengine.errors import SopError, UsageError
from sopengine.workspace.model import SourceSettings, Workspace
from sopengine.workspace.reading import shown

_MAX_BYTES = 16 * 1024 * 1024  # read_table's own cap; one byte more shows that a file is over it


Table = tuple[Mapping[str, str], ...]


class Sources(Mapping[str, Collection[str]]):
    """The tables of the workspace and of the command line, each read once, when it is asked for.

    As a mapping: the columns of each source that has data. What is wrong with a table is in `diagnostics` once it has
    been read. UsageError if a file of `overrides` does not exist.
    """

    def __init__(self, workspace: Workspace, overrides: Mapping[str, Path] | None = None) -> None:
        self._workspace, self._overrides = workspace, overrides or {}
        self._tables: dict[str, Table | None] = {}
        self._findings = Findings()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(self._findings)

    def rows(self, name: str) -> Table | None:
        """None for a name that is in neither place, and (with a warning) for one whose file does not exist: what that
        means differs between check, dry run and start."""
        if name not in self._tables:
            self._tables[name] = self._read(name)
        return self._tables[name]

    def __getitem__(self, name: str) -> Collection[str]:
        rows = self.rows(name)
        if not rows:
            raise KeyError(name)
        return rows[0].keys()

    def __iter__(self) -> Iterator[str]:
        return iter({**self._workspace.sources, **self._overrides})

    def __len__(self) -> int:
        return len({**self._workspace.sources, **self._overrides})

    def _read(self, name: str) -> Table | None:
        source = self._workspace.sources.get(name)
        if name in self._overrides:
            path = self._overrides[name]
            encoding, id_column = (source.encoding, source.id_column) if source else ("utf-8", "id")
            source = SourceSettings(path, encoding, id_column)
            data = _read(path)
            if data is None:
                raise UsageError(Text(f"没有文件 {path}", f"there is no file {path}"))
        elif source is None:
            return None
        else:
            data = _read(source.path)
            if data is None:
                self._findings.add("SOP-D603", _no_file(name, source), source.place)
                return None
        return self._table(data, source)

    def _table(self, data: bytes, source: SourceSettings) -> Table:
        """Its rows; each has an `id`, whatever the table calls it."""
        from sopengine.language.reading.tables import read_table  # only for commands that read data

        rows = read_table(data, shown(source.path), self._findings, source.encoding, source.id_column)
        return rows if source.id_column == "id" else tuple({**row, "id": row[source.id_column]} for row in rows)


def read_sources(
    workspace: Workspace, names: Iterable[str], overrides: Mapping[str, Path]
) -> tuple[Mapping[str, Table], tuple[Diagnostic, ...]]:
    """Rows by source as the files are now, and what is wrong with the tables; a source without data is left out."""
    sources = Sources(workspace, overrides)
    rows = {name: found for name in dict.fromkeys(names) if (found := sources.rows(name)) is not None}
    return rows, sources.diagnostics


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

"""Names of sources → rows: from the workspace, from the command line, or left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.errors import SopError, UsageError
from sopengine.workspace import Workspace, load_workspace, read_sources

TOML = """\
[sources.groups]
path = "data/groups.csv"

[sources.stores]
path = "data/stores.csv"
encoding = "gb18030"
id = "编号"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "data").mkdir()
    (tmp_path / "sopengine.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "data/groups.csv").write_text("id,name\neast,东湖店群\nwest,西湖店群\n", encoding="utf-8")
    (tmp_path / "data/stores.csv").write_text("编号,店名\ns1,东湖店\n", encoding="gb18030")
    return load_workspace(tmp_path, {})


def test_rows_of_the_named_sources(workspace: Workspace) -> None:
    rows, diagnostics = read_sources(workspace, ["groups", "stores", "groups"], {})
    assert diagnostics == ()
    assert [row["name"] for row in rows["groups"]] == ["东湖店群", "西湖店群"]
    assert rows["stores"] == ({"id": "s1", "编号": "s1", "店名": "东湖店"},)


def test_only_what_is_asked_for_is_read(workspace: Workspace) -> None:
    (workspace.root / "data/groups.csv").write_bytes(b"\xff")
    rows, diagnostics = read_sources(workspace, ["stores"], {})
    assert (list(rows), diagnostics) == (["stores"], ())


def test_a_name_that_is_nowhere_is_left_out(workspace: Workspace) -> None:
    assert read_sources(workspace, ["nobody"], {}) == ({}, ())


def test_a_file_that_is_missing_is_a_warning_at_its_place(workspace: Workspace) -> None:
    (workspace.root / "data/groups.csv").unlink()
    rows, (diagnostic,) = read_sources(workspace, ["groups"], {})
    assert rows == {}
    assert (diagnostic.code, diagnostic.severity) == ("SOP-D603", "warning")
    assert diagnostic.place is not None
    assert (diagnostic.place.line, diagnostic.place.col) == (2, 8)
    assert "groups.csv" in diagnostic.message.en


def test_the_command_line_goes_first(workspace: Workspace, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("id,name\nnorth,北\n", encoding="utf-8")
    rows, diagnostics = read_sources(workspace, ["groups", "new"], {"groups": other, "new": other, "unasked": other})
    assert diagnostics == ()
    assert rows == {"groups": rows["new"], "new": ({"id": "north", "name": "北"},)}
    with pytest.raises(UsageError, match="there is no file"):
        read_sources(workspace, ["groups"], {"groups": tmp_path / "nothing.csv"})


def test_a_mistake_in_a_table_is_a_finding_in_that_file(workspace: Workspace) -> None:
    (workspace.root / "data/groups.csv").write_text("id,name\na,1\na,2\n", encoding="utf-8")
    _, diagnostics = read_sources(workspace, ["groups"], {})
    assert [d.code for d in diagnostics] == ["SOP-S214"]
    assert diagnostics[0].place is not None
    assert diagnostics[0].place.file.endswith("groups.csv")


@pytest.mark.parametrize("path", ["data", "/dev/zero"])
def test_what_is_no_plain_file_is_one_clear_line(workspace: Workspace, path: str) -> None:
    with pytest.raises(SopError, match="is not a plain file"):
        read_sources(workspace, ["groups"], {"groups": workspace.root / path})

"""`init` makes a workspace that loads, and never touches what exists."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sopengine.cli.init import workspace_files, write_all
from sopengine.cli.main import run
from sopengine.errors import SopError
from sopengine.workspace import load_workspace


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_new_workspace_has_no_findings(tmp_path: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "shops" / "first"
    assert run(["init", str(root), "--lang", lang]) == 0
    assert contents(root) == workspace_files(lang)
    workspace = load_workspace(root)
    assert workspace.diagnostics == ()
    assert workspace.language == lang
    assert not any(settings.kind == "wecom-robot" and not settings.redirect for settings in workspace.channels.values())
    assert "sopengine check playbooks" in capsys.readouterr().out


def test_the_settings_say_the_same_in_both_languages() -> None:
    settings = {lang: tomllib.loads(workspace_files(lang)["sopengine.toml"].decode()) for lang in ("zh", "en")}
    assert settings["zh"] | {"language": "en"} == settings["en"]


@pytest.mark.parametrize("existing", ["sopengine.toml", "data/groups.csv", "playbooks", "schemas/playbook.schema.json"])
def test_what_exists_is_named_and_nothing_is_written(
    tmp_path: Path, existing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / existing
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    assert run(["init", str(tmp_path), "--lang", "en"]) == 3
    assert contents(tmp_path) == {existing: b"mine"}
    assert f"  {mine}\n" in capsys.readouterr().err


def test_a_broken_link_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "sopengine.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SopError):
        write_all(tmp_path, {"sopengine.toml": b""})
    assert not (tmp_path / "elsewhere").exists()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert run(["init", str(tmp_path)]) == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    too_long = "n" * 300
    with pytest.raises(SopError, match="no file was left behind"):
        write_all(tmp_path / "new", {"a.txt": b"", "folder/b.txt": b"", f"folder/{too_long}": b""})
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SopError, match="no file was left behind"):
        write_all(tmp_path / "file" / "deeper", {"a.txt": b""})
    assert contents(tmp_path) == {"file": b"mine"}

"""sopengine.toml in an editor: the schema is found, and a wrong setting is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.editor.server import program


def taplo(workspace: Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    file = workspace / "sopengine.toml"
    before = file.read_text("utf-8")
    if text is not None:
        file.write_text(text, "utf-8")
    try:
        return subprocess.run(
            [*program("taplo"), "check", "sopengine.toml"], cwd=workspace, capture_output=True, text=True, timeout=60
        )
    finally:
        file.write_text(before, "utf-8")


def test_the_settings_of_a_new_workspace_are_right(workspace: Path) -> None:
    done = taplo(workspace)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("default_channel", "defalt_channel", "'defalt_channel' was unexpected"),
        ('kind = "wecom-robot"', 'kind = "wecom"', "is not one of"),
        ('secret = "WECOM_ROBOT"', 'url = "https://example.com"', "is not one of"),
        ('path = "data/groups.csv"', 'encoding = "gbk"', "is a required property"),
    ],
)
def test_a_wrong_setting_is_underlined(workspace: Path, old: str, new: str, says: str) -> None:
    text = (workspace / "sopengine.toml").read_text("utf-8")
    assert old in text
    done = taplo(workspace, text.replace(old, new, 1))
    assert done.returncode != 0
    assert says in done.stderr + done.stdout

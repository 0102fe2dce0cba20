from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sopengine.cli.init import workspace_files, write_all
from tests.editor.server import Editor, editor


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as `init` makes it."""
    root = tmp_path_factory.mktemp("editor") / "shop"
    write_all(root, workspace_files("zh"))
    return root


@pytest.fixture(scope="module")
def vscode(workspace: Path) -> Iterator[Editor]:
    """The editor with the settings that `init` writes."""
    settings = json.loads((workspace / ".vscode" / "settings.json").read_text("utf-8"))
    with editor(workspace, settings) as window:
        yield window

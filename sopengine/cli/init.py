"""`sopengine init [DIR]`: a folder in, a workspace out that can be used at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from sopengine.cli.output import language, say
from sopengine.cli.schema import WRITTEN
from sopengine.cli.workspace_file import workspace_file
from sopengine.diagnostics import Text
from sopengine.errors import SopError
from sopengine.resources import resource

EDITOR_SETTINGS = """\
{
  "yaml.schemas": {
    "./schemas/playbook.schema.json": ["playbooks/*.yaml", "rehearsals/playbooks/*.yaml"],
    "./schemas/module.schema.json": ["modules/*.yaml", "playbooks/modules/*.yaml"],
    "./schemas/campaign.schema.json": "campaigns/*.yaml",
    "./schemas/rehearsal.schema.json": "rehearsals/*.yaml"
  },
  "yaml.customTags": [],
  "evenBetterToml.schema.associations": {
    "sopengine\\\\.toml$": "./schemas/workspace.schema.json"
  },
  "files.encoding": "utf8",
  "files.eol": "\\n"
}
"""
"""Tags are no part of the language, so the editor is told of none. sopengine.toml names its schema itself as well."""

EDITOR_EXTENSIONS = """\
{
  "recommendations": ["redhat.vscode-yaml", "tamasfe.even-better-toml"]
}
"""

IGNORED = """\
# The engine's own files, and what must never be shared.
*.db*
*.jsonl
secrets/
"""


def command(lang: str) -> click.Command:
    about = Text(
        "新建一个可以直接运行的工作区：设置、剧本样例、名单和编辑器要用的 schema。已有的文件不会被改动。",
        "Create a workspace that runs: settings, sample playbooks, lists, and the schemas an editor needs. "
        "Existing files are never touched.",
    )
    folder = click.Argument(["directory"], default=".", metavar="[DIR]", type=click.Path(path_type=Path))
    return click.Command("init", callback=init, params=[folder], help=about.get(lang))


def init(directory: Path) -> None:
    lang = language()
    files = workspace_files(lang)
    write_all(directory, files)
    say(next_steps(directory, len(files)).get(lang))


def workspace_files(lang: str) -> dict[str, bytes]:
    """Every file of a new workspace by its path inside it, with `/`."""
    files = {
        "sopengine.toml": workspace_file(lang).encode(),
        ".gitignore": IGNORED.encode(),
        ".vscode/settings.json": EDITOR_SETTINGS.encode(),
        ".vscode/extensions.json": EDITOR_EXTENSIONS.encode(),
    }
    samples = resource("playbooks")
    for path in sorted(samples.rglob("*")):
        inside = path.relative_to(samples).as_posix()
        if path.is_file():
            files[inside if inside.startswith("data/") else f"playbooks/{inside}"] = path.read_bytes()
    editing = [resource("schemas") / f"{name}.schema.json" for name in WRITTEN]
    files |= {f"schemas/{path.name}": path.read_bytes() for path in editing}
    for folder in ("campaigns", "rehearsals"):
        whole = resource(folder)
        found = (path for path in sorted(whole.rglob("*")) if path.is_file())
        files |= {f"{folder}/{path.relative_to(whole).as_posix()}": path.read_bytes() for path in found}
    return files


def write_all(root: Path, files: Mapping[str, bytes]) -> None:
    """All files, or none: nothing that exists is touched, and what was begun is taken away when a write fails.

    Raises SopError naming what stands in the way."""
    made: list[Path] = []
    try:
        _refuse_existing(root, files)
        for name, content in files.items():
            _make_folders((root / name).parent, made)
            with (root / name).open("xb") as file:
                made.append(root / name)
                file.write(content)
    except OSError as error:
        for path in reversed(made):
            _take_away(path)
        reason = error.strerror or type(error).__name__
        raise SopError(
            Text(
                f"写不进 {root}（{reason}），没有留下任何文件",
                f"cannot write to {root} ({reason}); no file was left behind",
            )
        ) from error


def _refuse_existing(root: Path, names: Iterable[str]) -> None:
    """SopError when a file exists already, even as a broken link, or a file stands where a folder has to be."""
    blockers: dict[Path, None] = {}
    for name in names:
        path = root / name
        folders = [folder for folder in path.parents if folder == root or root in folder.parents]
        blockers |= {folder: None for folder in folders if folder.exists() and not folder.is_dir()}
        if path.exists() or path.is_symlink():
            blockers[path] = None
    if blockers:
        listed = "\n".join(f"  {path}" for path in blockers)
        raise SopError(
            Text(
                f"这些文件已经存在，没有改动任何东西：\n{listed}",
                f"these exist already; nothing was changed:\n{listed}",
            ),
            Text("换一个目录，或先把它们移走", "choose another folder, or move them away first"),
        )


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Create `folder` and its missing parents, noting each in `made`."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir()
        made.append(path)


def _take_away(path: Path) -> None:
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()


def next_steps(root: Path, count: int) -> Text:
    enter = "" if root == Path() else f"  cd {_quoted(root)}\n"
    commands = (
        f"{enter}"
        "  sopengine check playbooks\n"
        "  sopengine dry-run playbooks/summer-festival.yaml --set opening=2026-06-18 --now 2026-06-01T09:00\n"
        "  sopengine start playbooks/summer-festival.yaml --set opening=2026-06-18 --now 2026-06-01T09:00\n"
        "  sopengine run --now 2026-06-01T09:00"
    )
    return Text(
        f"工作区已建好：{root}（{count} 个文件）。发出的内容先只写进文件，不会发给任何人。接下来：\n{commands}",
        f"Workspace ready: {root} ({count} files). What is sent goes to a file only, to nobody else. Next:\n{commands}",
    )


def _quoted(path: Path) -> str:
    text = str(path)
    return f'"{text}"' if " " in text else text

"""`sopengine check PATH...`: playbooks in, every mistake in them with its place and a way out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.output import colour, columns, language, say, speak
from sopengine.diagnostics import Diagnostic, Severity, Stage, Text
from sopengine.errors import EXIT_FINDINGS, EXIT_OK

if TYPE_CHECKING:
    from sopengine.language.ignores import Ignored
    from sopengine.review.reporter import Form
    from sopengine.workspace import Workspace

FORMS = ("full", "concise", "json", "github", "sarif")


def command(lang: str) -> click.Command:
    about = Text(
        "检查剧本或文件夹里的所有剧本：指出每个错误在哪一行，怎么改。",
        "Check playbooks, or all in a folder: where each mistake is, and how to mend it.",
    )
    forms = Text(
        "full 完整；concise 每条一行；json、sarif 一份文档；github 合并请求里的批注",
        "full; concise: one line each; json, sarif: one document; github: annotations of a pull request",
    )
    params: list[click.Parameter] = [
        options.argument("path", many=True),
        options.option(lang, "--format", "form", type=click.Choice(FORMS), default="full", text=forms),
        options.flag(
            lang, "--fix", text=Text("改好能放心自动改的地方，并列出改动", "Make the safe edits and show them")
        ),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("check", callback=check, params=params, help=about.get(lang))


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in all files, and what their authors set aside."""

    found: list[Diagnostic]
    ignored: list[Ignored]


def check(path: tuple[str, ...], form: Form, fix: bool, as_json: bool, workspace: Path | None) -> int:
    from sopengine.cli.files import playbook_files, texts_of
    from sopengine.review.reporter import DOCUMENTS, report

    began = time.perf_counter()
    files = playbook_files([Path(given) for given in path])
    form = "json" if as_json else form
    checked = check_all(files, workspace)
    if fix:
        checked = _fixed(files, checked, workspace, quiet=form in DOCUMENTS)
    sources = texts_of(checked.found) if form == "full" else {}
    elapsed = time.perf_counter() - began
    shown = report(
        checked.found,
        sources,
        lang=language(),
        form=form,
        columns=columns(),
        colour=colour(),
        files=len(files),
        elapsed=elapsed,
        ignored=checked.ignored,
    )
    say(shown)
    return EXIT_FINDINGS if any(d.severity is Severity.ERROR for d in checked.found) else EXIT_OK


def _fixed(files: list[Path], checked: Checked, workspace: Path | None, *, quiet: bool) -> Checked:
    """Mend until nothing safe is left (an edit may uncover another), and what is then still wrong."""
    from sopengine.cli.fix import fix

    while differences := fix(files, checked.found):
        if not quiet:
            say("\n".join(differences) + "\n")
        remaining = check_all(files, workspace)
        if len(remaining.found) >= len(checked.found):
            return remaining
        checked = remaining
    return checked


def check_all(files: list[Path], given: Path | None) -> Checked:
    """Each playbook, how it fits its workspace, and once each workspace."""
    from sopengine.cli.files import Files, read_playbook
    from sopengine.language.ignores import Ignores
    from sopengine.language.load import load
    from sopengine.workspace import Sources

    workspaces: dict[Path, Workspace] = {}
    checked = Checked([], [])
    for file in files:
        content = read_playbook(file)
        workspace = _workspace(file, given, workspaces)
        sources = Sources(workspace) if workspace is not None else None
        loaded = load(content, file.as_posix(), Files(file.parent), sources)
        found = list(loaded.diagnostics)
        stages: list[Stage] = ["check"]
        if (
            workspace is not None
            and sources is not None
            and loaded.playbook is not None
            and loaded.document is not None
        ):
            from sopengine.cli.fit import misfits

            found += misfits(loaded.playbook, loaded.document, workspace, sources)
            stages.append("workspace")
        judged = Ignores(loaded.document).judge(found, stages)
        checked.found.extend(judged.kept)
        checked.ignored.extend(judged.ignored)
    for workspace in workspaces.values():
        checked.found.extend(workspace.diagnostics)
    return checked


def _workspace(file: Path, given: Path | None, known: dict[Path, Workspace]) -> Workspace | None:
    """The workspace asked for, else the nearest one upwards from the playbook; a playbook may also stand alone."""
    from sopengine.workspace import find_workspace, load_workspace

    root = given.resolve() if given is not None else find_workspace(file.resolve().parent)
    if root is None:
        return None
    if root not in known:
        known[root] = load_workspace(root)
        speak(known[root].language)
    return known[root]

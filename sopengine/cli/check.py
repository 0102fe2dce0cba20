"""`sopengine check PATH...`: playbooks, modules, campaign files, folders in; every mistake, its place, a way out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.cli.output import colour, columns, language, say, speak
from sopengine.diagnostics import Diagnostic, Severity, Stage, Text
from sopengine.errors import EXIT_FINDINGS, EXIT_OK

if TYPE_CHECKING:
    from sopengine.cli.asked import Asked
    from sopengine.diagnostics import Path as Path_
    from sopengine.language.document import Document
    from sopengine.language.ignores import Ignored
    from sopengine.language.load import Loaded
    from sopengine.language.model import Playbook
    from sopengine.language.opening import Opened
    from sopengine.review.reporter import Form
    from sopengine.workspace import Workspace

_ROUNDS = 20
"""Of mending: no file needs more, since each uncovers what stood one level deeper."""
FORMS = ("full", "concise", "json", "github", "sarif")


def command(lang: str) -> click.Command:
    about = Text(
        "检查剧本、活动文件，或文件夹里的全部：指出每个错误在哪一行，怎么改。",
        "Check playbooks and campaign files, or all in a folder: where each mistake is, and how to mend it.",
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
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("check", callback=check, params=params, help=about.get(lang))


class Checked(Struct, frozen=True):
    """What was found in all files, and what their authors set aside."""

    found: list[Diagnostic]
    ignored: list[Ignored]

    def add(self, document: Document | None, found: Sequence[Diagnostic], stages: Sequence[Stage]) -> None:
        """What was found in `document`, less what its comments set aside."""
        from sopengine.language.ignores import Ignores

        judged = Ignores(document).judge(found, stages)
        self.found.extend(judged.kept)
        self.ignored.extend(ignored for ignored in judged.ignored if ignored not in self.ignored)


def check(path: tuple[str, ...], form: Form, fix: bool, now: str | None, as_json: bool, workspace: Path | None) -> int:
    from sopengine.cli.files import playbook_files, texts_of
    from sopengine.review.reporter import DOCUMENTS, report

    began = time.perf_counter()
    files = playbook_files([Path(given) for given in path])
    form = "json" if as_json else form
    checked = check_all(files, workspace, now)
    if fix:
        checked = _fixed(files, checked, workspace, now, quiet=form in DOCUMENTS)
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


def _fixed(files: list[Path], checked: Checked, workspace: Path | None, now: str | None, *, quiet: bool) -> Checked:
    """Mend until nothing safe is left (an edit may uncover another), and what is then still wrong."""
    from sopengine.cli.fix import fix

    for _ in range(_ROUNDS):
        differences = fix(files, checked.found)
        if not differences:
            break
        if not quiet:
            say("\n".join(differences) + "\n")
        checked = check_all(files, workspace, now)
    return checked


def check_all(files: list[Path], given: Path | None, now: str | None) -> Checked:
    """Each file, how its playbook fits the workspace, and once each workspace."""
    from sopengine.cli.files import read_playbook
    from sopengine.language.opening import open_document

    workspaces: dict[Path, Workspace] = {}
    checked = Checked([], [])
    for file in files:
        opened = open_document(read_playbook(file), file.as_posix())
        workspace = _workspace(file, given, workspaces)
        if opened.kind == "campaign":
            _check_campaign(file, opened, workspace, now, checked)
        elif opened.kind == "rehearsal":
            _check_rehearsal(opened, checked)
        elif opened.kind == "module":
            _check_module(file, opened, workspace, checked)
        else:
            _check_playbook(file, opened, workspace, now, checked)
    for workspace in workspaces.values():
        checked.found.extend(workspace.diagnostics)
    return checked


def _check_campaign(file: Path, opened: Opened, workspace: Workspace | None, now: str | None, checked: Checked) -> None:
    """The campaign file, the playbook it starts, and how the two fit."""
    from sopengine.cli.asked import asked_for
    from sopengine.language.campaign_file import check_audiences
    from sopengine.language.inputs import typed_inputs

    asked = asked_for(str(file), opened)
    found = list(asked.diagnostics)
    if asked.opened is not None and asked.campaign is not None:
        campaign = asked.campaign
        loaded = _check_playbook(Path(asked.file), asked.opened, workspace, now, checked, asked)
        if loaded.playbook is not None:
            found += check_audiences(campaign, loaded.playbook)
            inputs, wrong = typed_inputs(loaded.playbook, campaign.inputs, campaign.written_but(()))
            found += wrong
            if not _past(loaded.playbook, {}, now, campaign.document, ()):
                found += _past(loaded.playbook, inputs, now, campaign.document, ("inputs",))
    checked.add(opened.document, found, ["check"])


def _check_rehearsal(opened: Opened, checked: Checked) -> None:
    """The rehearsal, and whether the playbooks it plays have what it speaks of; what is wrong with those themselves is
    told where they are checked."""
    from sopengine.cli.rehearse import campaigns_of
    from sopengine.diagnostics import Findings
    from sopengine.language.rehearsal import read_rehearsal
    from sopengine.language.rehearsal_names import check_names

    findings = Findings(list(opened.diagnostics))
    rehearsal = read_rehearsal(opened.document, findings) if opened.document is not None else None
    if rehearsal is not None:
        cast = campaigns_of(rehearsal, findings)
        if cast and len(cast) == 1 + len(rehearsal.beside):
            check_names(rehearsal, next(iter(cast)), cast, findings)
    checked.add(opened.document, list(findings), ["check"])


def _past(
    playbook: Playbook, inputs: Mapping[str, Any], now: str | None, document: Document, path: Path_
) -> list[Diagnostic]:
    """Whether all of it lies before now, as far as `inputs` say when it ends."""
    from sopengine.clock import SystemClock
    from sopengine.planning.over import end_of, past
    from sopengine.timing.zones import zone

    end = end_of(playbook, inputs)
    if end is None:
        return []
    moment = SystemClock().now() if now is None else options.moment(now, zone(playbook.timezone))
    where = path or end.path
    return list(past(end, moment, playbook.timezone, document.place(where, of_key=bool(path)), where))


def _check_module(file: Path, opened: Opened, workspace: Workspace | None, checked: Checked) -> None:
    """A module by itself; with a playbook that uses it, it is checked once more in that light."""
    from sopengine.cli.files import Files
    from sopengine.language.load import load_module

    files = Files(file.parent, workspace.root if workspace is not None else None)
    loaded = load_module(opened, files, files.names)
    checked.add(loaded.document, loaded.diagnostics, ["check"])


def _check_playbook(
    file: Path,
    opened: Opened,
    workspace: Workspace | None,
    now: str | None,
    checked: Checked,
    asked: Asked | None = None,
) -> Loaded:
    """With `asked` as its campaign file starts it: its lists stand before the workspace's own, its inputs before the
    defaults."""
    from sopengine.cli.files import Files
    from sopengine.language.load import load_opened
    from sopengine.workspace import Sources

    sources = Sources(workspace, asked.lists if asked else {}) if workspace is not None else None
    files = Files(file.parent, workspace.root if workspace is not None else None)
    loaded = load_opened(opened, files, sources, files.names)
    found = list(loaded.diagnostics)
    stages: list[Stage] = ["check"]
    if loaded.playbook is not None and loaded.document is not None:
        found += _past(loaded.playbook, {}, now, loaded.document, ())
    if asked is not None and asked.campaign is not None and loaded.playbook is not None and loaded.document is not None:
        from sopengine.language.checks.wording.given import contradictions

        found += contradictions(loaded.document, loaded.playbook, asked.campaign.inputs)
    if workspace is not None and sources is not None and loaded.playbook is not None and loaded.document is not None:
        from sopengine.cli.fit import misfits

        found += misfits(loaded.playbook, loaded.document, workspace, sources)
        stages.append("workspace")
    checked.add(loaded.document, found, stages)
    return loaded


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

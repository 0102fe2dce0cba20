"""A playbook and its workspace in, findings about where they do not fit: sources, data and channels."""

from __future__ import annotations

from collections.abc import Iterator

from sopengine.diagnostics import Diagnostic, Path, Text
from sopengine.language.document import Document
from sopengine.language.model import Audience, Playbook, Role, Step
from sopengine.language.suggest import closest
from sopengine.planning.assembly import used_sources
from sopengine.planning.data import typed_sources
from sopengine.workspace import Sources, Workspace


def misfits(playbook: Playbook, document: Document, workspace: Workspace, sources: Sources) -> Iterator[Diagnostic]:
    known = set(sources)
    owners: list[Audience | Role] = [*playbook.audiences.values(), *playbook.roles.values()]
    for owner in owners:
        if owner.source and owner.source not in known:
            yield _unknown_source(owner, document, workspace)
    for channel, path in _channels(playbook):
        if channel not in workspace.channels:
            yield _unknown_channel(channel, path, document, workspace)
    rows = {name: table for name in used_sources(playbook) if (table := sources.rows(name)) is not None}
    yield from sources.diagnostics
    yield from typed_sources(playbook, rows).diagnostics


def _channels(playbook: Playbook) -> Iterator[tuple[str, Path]]:
    """Each channel the playbook names, and where."""
    named: list[Audience | Role | Step] = [*playbook.audiences.values(), *playbook.roles.values(), *playbook.steps()]
    return ((each.via, (*each.path, "via")) for each in named if each.via)


def _unknown_source(owner: Audience | Role, document: Document, workspace: Workspace) -> Diagnostic:
    name, path = owner.source, (*owner.path, "source")
    near = closest(name, workspace.sources)
    guess = Text(f"，是不是 {near}？", f", did you mean {near}?") if near else Text("", "")
    return Diagnostic(
        "SOP-R306",
        Text(f"工作区里没有数据源 {name}{guess.zh}", f"the workspace has no source {name}{guess.en}"),
        document.place(path),
        Text(
            f"在 sopengine.toml 里加上 [sources.{name}]，写明 path",
            f"add [sources.{name}] with its path to sopengine.toml",
        ),
        path,
    )


def _unknown_channel(name: str, path: Path, document: Document, workspace: Workspace) -> Diagnostic:
    near = closest(name, workspace.channels)
    guess = Text(f"，是不是 {near}？", f", did you mean {near}?") if near else Text("", "")
    return Diagnostic(
        "SOP-D604",
        Text(f"工作区里没有渠道 {name}{guess.zh}", f"the workspace has no channel {name}{guess.en}"),
        document.place(path),
        Text(
            f"在 sopengine.toml 里加上 [channels.{name}]，写明 kind",
            f"add [channels.{name}] with its kind to sopengine.toml",
        ),
        path,
    )

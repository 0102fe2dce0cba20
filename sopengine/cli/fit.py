"""A playbook and its workspace in, findings about where they do not fit: sources, data and channels."""

from __future__ import annotations

from collections.abc import Iterator

from sopengine.channels.kinds import needs_address
from sopengine.cli.others import misfits_of_during
from sopengine.diagnostics import Diagnostic, Findings, Path, Text
from sopengine.language.checks.wording.policy import check_policy
from sopengine.language.checks.wording.prose import own_prose
from sopengine.language.columns import source_of
from sopengine.language.document import Document
from sopengine.language.model import Playbook, Send, Step
from sopengine.language.named import Audience, Role
from sopengine.language.suggest import closest
from sopengine.planning.assembly import used_sources
from sopengine.planning.data import typed_sources
from sopengine.planning.metrics import BY_HAND, unread_moments
from sopengine.review.carrying import Carrying
from sopengine.workspace import Sources, Workspace, open_channels


def misfits(playbook: Playbook, document: Document, workspace: Workspace, sources: Sources) -> Iterator[Diagnostic]:
    """SOP-R306, R314, D601, D602, D604, D613, D614, W551, W552, and what is wrong with the data."""
    known = set(sources)
    if any(d.code == "SOP-C701" for d in workspace.diagnostics):
        return  # nothing of it could be read, so nothing is known to be missing
    owners: list[Audience | Role] = [*playbook.audiences.values(), *playbook.roles.values()]
    for owner in owners:
        if owner.source and owner.source not in known:
            yield _unknown_source(owner.source, (*owner.path, "source"), document, workspace)
    yield from _boards(playbook, document, workspace, sources)
    for channel, path in _channels(playbook):
        if channel not in workspace.channels:
            yield _unknown_channel(channel, path, document, workspace)
    for via, of in _without_address(playbook, workspace, sources):
        yield _no_address(via, of, document)
    rows = {name: table for name in used_sources(playbook) if (table := sources.rows(name)) is not None}
    channels = open_channels(workspace)
    carrying = Carrying(playbook, document, channels, workspace.default_channel, workspace.tasks_via, rows)
    yield from carrying.refusals()
    yield from misfits_of_during(playbook, document, workspace)
    yield from _against_policy(playbook, document, workspace)
    yield from sources.diagnostics
    yield from typed_sources(playbook, rows).diagnostics


def _against_policy(playbook: Playbook, document: Document, workspace: Workspace) -> Iterator[Diagnostic]:
    """SOP-W551 and W552."""
    findings = Findings()
    check_policy(document, own_prose(document, playbook), workspace.copy, findings)
    yield from findings


def _channels(playbook: Playbook) -> Iterator[tuple[str, Path]]:
    """Each channel the playbook names, and where."""
    named: list[Audience | Role | Step] = [*playbook.audiences.values(), *playbook.roles.values(), *playbook.steps()]
    return ((each.via, (*each.path, "via")) for each in named if each.via)


def _boards(playbook: Playbook, document: Document, workspace: Workspace, sources: Sources) -> Iterator[Diagnostic]:
    """The tables that metrics take their values from: whether they are there, have the column, and say when."""
    for metric in playbook.metrics.values():
        path: Path = (*metric.path, "source")
        if metric.kind != "source" or metric.of == BY_HAND:
            continue
        if metric.of not in set(sources):
            by_hand = Text(
                f"；只用 sopengine metric set 填的，写 source: {BY_HAND}",
                f"; one that is only set by `sopengine metric set` has source: {BY_HAND}",
            )
            yield _unknown_source(metric.of, path, document, workspace, by_hand)
            continue
        rows = sources.rows(metric.of) or ()
        if rows and not {metric.name, "value"} & rows[0].keys():
            message = Text(
                f"数据源 {metric.of} 里没有 {metric.name} 这一列，也没有 value",
                f"source {metric.of} has no column {metric.name}, nor `value`",
            )
            yield Diagnostic("SOP-R314", message, document.place(path), path=path)
        for row, written in unread_moments(rows):
            message = Text(
                f"数据源 {metric.of} 里 {row} 的日期 {written} 读不懂，这一行不算",
                f"source {metric.of}, {row}: {written} is not a date; the row is passed over",
            )
            yield Diagnostic("SOP-S213", message, document.place(path), path=path)


def _unknown_source(
    name: str, path: Path, document: Document, workspace: Workspace, more: Text | None = None
) -> Diagnostic:
    near = closest(name, workspace.sources)
    guess = Text(f"，是不是 {near}？", f", did you mean {near}?") if near else Text("", "")
    return Diagnostic(
        "SOP-R306",
        Text(f"工作区里没有数据源 {name}{guess.zh}", f"the workspace has no source {name}{guess.en}"),
        document.place(path),
        Text(
            f"在 sopengine.toml 里加上 [sources.{name}]，写明 path" + (more.zh if more else ""),
            f"add [sources.{name}] with its path to sopengine.toml" + (more.en if more else ""),
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


def _without_address(
    playbook: Playbook, workspace: Workspace, sources: Sources
) -> Iterator[tuple[str, Audience | Role]]:
    """Channels that need an address for each target, and who has none: neither the channel nor any column says."""
    told = set[tuple[str, str]]()
    for step in (arm for whole in playbook.steps() for _, arm in whole.all_arms()):
        receiver = playbook.audiences.get(step.to) or playbook.roles.get(step.to)
        if not isinstance(step.action, Send) or receiver is None:
            continue
        via = step.via or receiver.via or workspace.default_channel
        settings = workspace.channels.get(via)
        source = source_of(playbook, receiver) if isinstance(receiver, Audience) else receiver.source
        columns = sources.get(source)
        if settings is None or not needs_address(settings) or columns is None or (via, receiver.name) in told:
            continue
        if not {"address", "secret", "channel"} & set(columns):
            told.add((via, receiver.name))
            yield via, receiver


def _no_address(via: str, receiver: Audience | Role, document: Document) -> Diagnostic:
    return Diagnostic(
        "SOP-D602",
        Text(
            f"{receiver.name} 经渠道 {via} 发送，但名单里没有地址，渠道也没有自己的密钥",
            f"{receiver.name} is reached through channel {via}, but its table has no address, nor the channel a secret",
        ),
        document.place(receiver.path, of_key=True),
        Text(
            f"在名单里加一列 secret，写机器人密钥的名字；或在 [channels.{via}] 里写 secret",
            f"add a column `secret` with the name of each robot's secret, or set secret under [channels.{via}]",
        ),
        receiver.path,
    )

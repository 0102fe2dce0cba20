"""The workspace that a command works on: its settings, its database, its channels, its engine."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sopengine.cli.options import moment
from sopengine.cli.output import language, one_line, speak
from sopengine.clock import Clock, ManualClock, SystemClock
from sopengine.diagnostics import Severity, Text
from sopengine.errors import Refused, UsageError
from sopengine.language.suggest import closest
from sopengine.workspace import (
    Workspace,
    default_workspace,
    find_workspace,
    load_workspace,
    open_channels,
    read_sources,
)

if TYPE_CHECKING:
    from sopengine.channels.base import Channel
    from sopengine.engine.alerting import Alerting
    from sopengine.engine.tick import Engine
    from sopengine.store.rows import CampaignRow
    from sopengine.store.store import Store


def workspace_at(given: Path | None, beside: Path | None = None) -> Workspace:
    """The workspace asked for, else the nearest one upwards from `beside` or from here; its findings are raised."""
    root = given if given is not None else find_workspace((beside or Path()).resolve())
    if root is None or not (root / "sopengine.toml").is_file():
        raise UsageError(
            Text("这里没有工作区（sopengine.toml）", "there is no workspace (sopengine.toml) here"),
            Text(
                "用 sopengine init 新建，或用 --workspace 指明",
                "create one with sopengine init, or name it with --workspace",
            ),
        )
    workspace = load_workspace(root)
    if any(d.severity is Severity.ERROR for d in workspace.diagnostics):
        raise Refused(Text("sopengine.toml 有错误", "sopengine.toml has errors"), workspace.diagnostics)
    speak(workspace.language)
    return workspace


def workspace_of(file: Path, given: Path | None) -> Workspace:
    """The workspace that a file lies in, or the one given; for a file that stands alone the built-in channels without
    any source."""
    beside = file.parent
    if given is None and find_workspace(beside.resolve()) is None:
        return default_workspace(beside)
    return workspace_at(given, beside)


def open_ledger(workspace: Workspace, *, read_only: bool = False, create: bool = True) -> Store:
    from sopengine.store.store import open_store

    return open_store(workspace.database, read_only=read_only, create=create)


def history_of(workspace: Workspace) -> Store | None:
    """The database for reading, if there is one."""
    from sopengine.store.errors import StoreMissing

    try:
        return open_ledger(workspace, read_only=True, create=False)
    except StoreMissing:
        return None


def sources_of(workspace: Workspace) -> Callable[[Sequence[str]], Mapping[str, Sequence[Mapping[str, str]]]]:
    """Reads the workspace's sources as they are now."""

    def sources(names: Sequence[str]) -> Mapping[str, Sequence[Mapping[str, str]]]:
        rows, problems = read_sources(workspace, names, {})
        if problems:
            first = problems[0].message
            raise Refused(Text(f"数据读不了：{first.zh}", f"data cannot be read: {first.en}"), tuple(problems))
        return rows

    return sources


def clock_at(now: str | None, zone: ZoneInfo) -> Clock:
    """The system's clock, or one that stands at `--now`."""
    return SystemClock() if now is None else ManualClock(moment(now, zone))


def moment_of(now: str | None, zone: ZoneInfo) -> datetime:
    return clock_at(now, zone).now()


def zone_of(store: Store) -> ZoneInfo:
    """The zone in which a command's times are read and shown: that of the campaigns, if they share one, else UTC."""
    from sopengine.timing.zones import zone

    names = {row.zone for row in store.campaigns(("running", "paused"))} or {row.zone for row in store.campaigns()}
    return zone(names.pop() if len(names) == 1 else "UTC")


@contextmanager
def engine_for(workspace: Workspace, store: Store, clock: Clock) -> Iterator[Engine]:
    from sopengine.engine.tick import Engine

    channels = open_channels(workspace)
    with Engine(
        store,
        channels,
        clock,
        sources_of(workspace),
        owner=process_name(),
        guards=workspace.guards,
        do_not_contact=workspace.do_not_contact,
        alerting=alerting_for(workspace, store, channels),
        retention=workspace.retention,
    ) as engine:
        yield engine


def alerting_for(workspace: Workspace, store: Store, channels: Mapping[str, Channel]) -> Alerting | None:
    """None where `[alerts]` names no channel."""
    from sopengine.engine.alerting import Alerting, Whom

    settings = workspace.alerts
    if not settings.via:
        return None
    sources = sources_of(workspace)

    def addresses() -> list[str]:
        rows = sources([settings.to])[settings.to] if settings.to else [{}]
        return [row.get("address") or row.get("secret") or "" for row in rows]

    name = one_line(workspace.root.name)
    return Alerting(store, Whom(channels[settings.via], settings.on, addresses, settings.silent, language(), name))


def process_name() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"


def actor() -> str:
    """Who gives this command, for the log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def refuse_simulated_sends(workspace: Workspace) -> None:
    """A clock that is not the real one must not reach people: what it calls due is not due. What a person is to post
    only becomes a task."""
    channels = open_channels(workspace).items()
    reaching = [name for name, channel in channels if channel.reaches_people and channel.mode != "manual"]
    if reaching:
        names = ", ".join(reaching)
        raise UsageError(
            Text(
                f"给了 --now，但渠道 {names} 会真实发给人", f"--now is given, but channel {names} really reaches people"
            ),
            Text(
                '先在 sopengine.toml 里给它们加 redirect = "file"',
                'first add redirect = "file" to them in sopengine.toml',
            ),
        )


def named_campaigns(store: Store, name: str | None) -> list[CampaignRow]:
    """The campaign of that name, or all; a name that does not exist is a usage error with a guess."""
    rows = store.campaigns()
    if name is None:
        return rows
    found = [row for row in rows if row.id == name]
    if not found:
        if waits := next((one for one in store.queued() if one.id == name), None):
            raise UsageError(
                Text(
                    f"{name} 还在排队：{waits.series} 在进行的一场结束后才开始",
                    f"{name} waits in the queue: it begins when the run of {waits.series} has ended",
                ),
                Text(
                    f"看进展：sopengine status；不要了：sopengine stop {name}",
                    f"sopengine status shows it; sopengine stop {name} takes it out",
                ),
            )
        guess = closest(name, [row.id for row in rows])
        raise UsageError(
            Text(f"没有活动 {name}", f"there is no campaign {name}"),
            Text(f"是不是 {guess}？", f"did you mean {guess}?") if guess else None,
        )
    return found

"""What `doctor` looks at: the machine, the workspace's files, its database and its channels. Nothing is sent or
changed; each look gives lines of its own."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct

from sopengine.channels.kinds import missing_secrets
from sopengine.channels.masking import hide_keys_of
from sopengine.channels.secrets import Secrets
from sopengine.diagnostics import Text
from sopengine.errors import SopError
from sopengine.workspace import Workspace

Status = Literal["ok", "warn", "fail"]
SKEW_WARN, SKEW_FAIL = timedelta(seconds=5), timedelta(minutes=5)
"""Platforms refuse signatures that are minutes or an hour off; 5 s tells that nobody sets the clock."""
AHEAD = timedelta(minutes=1)
HTTP = ("wecom-robot", "webhook")
ANNOUNCED = 11
"""The month in which next year's arrangement has usually been announced."""


class Line(Struct, frozen=True):
    name: str
    status: Status
    message: Text
    help: Text | None = None


def version() -> Iterator[Line]:
    from sopengine import __version__
    from sopengine.timing.zones import tzdata_version

    python = ".".join(map(str, sys.version_info[:3]))
    yield Line("version", "ok", _both(f"sopengine {__version__}, Python {python}"))
    yield Line("zones", "ok", Text(f"时区数据 {tzdata_version()}", f"time zone data {tzdata_version()}"))


def holidays(workspace: Workspace, now: datetime) -> Iterator[Line]:
    from sopengine.timing.workcalendar import work_calendar

    known = work_calendar("CN").official_until or 0
    own = {day.year for day in workspace.calendar_overrides}
    said = Text(f"节假日安排到 {known} 年", f"official holidays up to {known}")
    needed = now.year + (now.month >= ANNOUNCED)
    if known >= needed or needed in own:
        yield Line("holidays", "ok", said)
        return
    advice = Text(
        f"{needed} 年按推算；公布后升级 chinesecalendar，或写进 sopengine.toml 的 [calendar]",
        f"{needed} is estimated; once announced, upgrade chinesecalendar or write it into [calendar] of sopengine.toml",
    )
    yield Line("holidays", "warn" if needed > now.year else "fail", said, advice)


def templates() -> Iterator[Line]:
    from sopengine.messages.model import RenderJob
    from sopengine.messages.renderer import Renderer

    try:
        with Renderer() as renderer:
            [rendered] = renderer.render(RenderJob("{{ 20 + 1 }}", ({},)))
    except SopError as error:
        yield Line("templates", "fail", error.message, error.help)
        return
    if rendered.text == "21":
        yield Line("templates", "ok", Text("模板进程能用", "the rendering process works"))
    else:
        yield Line("templates", "fail", Text(f"模板进程：{rendered.error}", f"the rendering process: {rendered.error}"))


# --- files


def filesystem(database: Path) -> Iterator[Line]:
    from sopengine.store.filesystem import NETWORK, SHARED, kind_of

    kind = kind_of(database.parent)
    move = Text("把数据库放到本地磁盘，或改用 PostgreSQL", "move the database to a local disk, or use PostgreSQL")
    if kind in NETWORK:
        said = Text(f"数据库在网络盘上（{kind}），不能投递", f"the database lies on a network disk ({kind})")
        yield Line("filesystem", "fail", said, move)
    elif kind in SHARED:
        said = Text(f"数据库在共享目录上（{kind}）", f"the database lies in a folder shared with a host ({kind})")
        yield Line("filesystem", "warn", said, move)
    else:
        shown = kind or "?"
        yield Line("filesystem", "ok", Text(f"数据库所在的文件系统：{shown}", f"file system of the database: {shown}"))


def permissions(workspace: Workspace, database: Path | None) -> Iterator[Line]:
    """Files that hold names, texts or keys are their owner's alone, and so are the folders they lie in."""
    if os.name != "posix":
        yield Line("permissions", "ok", Text("这个系统不检查权限", "not looked at on this system"))
        return
    files = sorted({*_private(workspace, database)})
    secrets = workspace.root / "secrets"
    folders = [folder for folder in (secrets,) if folder.is_dir()]
    wide = [path for path in files if _mode(path) & 0o077] + [path for path in folders if _mode(path) & 0o077]
    for path in wide:
        right = "700" if path.is_dir() else "600"
        shown = path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path
        said = Text(f"{shown} 别人也能进（{_mode(path):o}）", f"{shown} is open to others ({_mode(path):o})")
        yield Line("permissions", "warn", said, _both(f"chmod {right} {path}"))
    if _mode(workspace.root) & 0o022:
        said = Text("别人能改工作区文件夹", "others may write into the workspace folder")
        yield Line("permissions", "warn", said, _both(f"chmod go-w {workspace.root}"))
    elif not wide:
        yield Line(
            "permissions", "ok", Text(f"{len(files)} 个文件只有本人能读", f"{len(files)} files, their owner's alone")
        )


def _private(workspace: Workspace, database: Path | None) -> Iterator[Path]:
    found = [*(workspace.root / "secrets").glob("*"), workspace.outbox()]
    if database is not None:
        found += [database, *database.parent.glob(f"{database.name}[-.]*")]
    yield from (path for path in found if path.is_file())


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- channels


def channels(workspace: Workspace, addresses: Callable[[str], list[str]]) -> Iterator[Line]:
    """With the keys of every address that deliveries have gone to; nothing is sent."""
    secrets = Secrets(workspace.root)
    for name, settings in sorted(workspace.channels.items()):
        if settings.options.get("allow_private"):
            said = Text(
                "allow_private 开着：允许 http 和内网地址", "allow_private is on: http and private addresses pass"
            )
            advice = Text("接收方不在内网就删掉它", "take it away unless its receiver is on your own network")
            yield Line("channels", "warn", _named(name, said), advice)
        if hide_keys_of(str(settings.options.get("url", ""))):
            said = Text("网址里有密钥，sopengine.toml 不是放密钥的地方", "its URL holds a key, in sopengine.toml")
            advice = Text(
                "把整个网址存成密钥，用 url_secret 写它的名字",
                "keep the whole URL as a secret and name it in url_secret",
            )
            yield Line("channels", "warn", _named(name, said), advice)
        if settings.redirect:
            said = Text(f"{name} 改写进文件，不发给人", f"{name} writes to a file and reaches nobody")
            yield Line("channels", "ok", said)
            continue
        try:
            missing = missing_secrets(settings, addresses(name) or [""], secrets)
        except SopError as error:
            yield Line("channels", "fail", _named(name, error.message), error.help)
            continue
        for reason in missing:
            advice = Text("放进环境变量或 secrets/ 里的文件", "put it into the environment or a file in secrets/")
            yield Line("channels", "fail", _named(name, _both(reason)), advice)
        if not missing:
            limits = settings.kind in HTTP and not settings.options.get("allow_private")
            said = Text("，只连公网 https 地址", ", https to public addresses only") if limits else _both("")
            yield Line("channels", "ok", Text(f"{name}：{settings.kind}{said.zh}", f"{name}: {settings.kind}{said.en}"))


def clocks(workspace: Workspace, now: Callable[[], datetime]) -> Iterator[Line]:
    """Against the platforms of channels that send."""
    from sopengine.channels.skew import skew

    secrets = Secrets(workspace.root)
    advice = Text("让 NTP 校准时钟（timedatectl）", "let NTP set the clock (timedatectl)")
    for name, settings in sorted(workspace.channels.items()):
        if settings.kind not in HTTP or settings.redirect:
            continue
        try:
            off = skew(settings, secrets, now)
        except SopError as error:
            off = error.message.en
        if isinstance(off, str):
            yield Line("clock", "warn", _named(name, Text(f"没有对上：{off}", f"not compared: {off}")))
            continue
        seconds = off.total_seconds()
        said = _named(name, Text(f"本机时钟差 {seconds:+.0f} 秒", f"this clock is off by {seconds:+.0f} s"))
        status: Status = "fail" if abs(off) > SKEW_FAIL else "warn" if abs(off) > SKEW_WARN else "ok"
        yield Line("clock", status, said, None if status == "ok" else advice)


def metrics(workspace: Workspace) -> Iterator[Line]:
    if workspace.metrics is None:
        return
    where = f"{workspace.metrics.host}:{workspace.metrics.port}"
    if workspace.metrics.host in ("127.0.0.1", "localhost", "::1"):
        yield Line("metrics", "ok", Text(f"指标在 {where}", f"metrics at {where}"))
    else:
        said = Text(f"指标在 {where}，别的机器也能读", f"metrics at {where}, which others can read")
        advice = Text("只给本机就写 127.0.0.1", "write 127.0.0.1 where only this machine reads them")
        yield Line("metrics", "warn", said, advice)


def _named(name: str, text: Text) -> Text:
    return Text(f"{name}：{text.zh}", f"{name}: {text.en}")


def _both(text: str) -> Text:
    return Text(text, text)

"""The bytes of sopengine.toml → a Workspace whose diagnostics say what is wrong; and where the file is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from sopengine.channels.masking import hide
from sopengine.diagnostics import Findings, Text
from sopengine.errors import SopError, UsageError
from sopengine.workspace.channels import read_channels
from sopengine.workspace.copy import read_copy
from sopengine.workspace.guards import read_guards
from sopengine.workspace.model import DEFAULT_DATABASE, FILE_NAME, SourceSettings, Workspace
from sopengine.workspace.operations import read_alerts, read_metrics
from sopengine.workspace.positions import Positions
from sopengine.workspace.retention import read_retention
from sopengine.workspace.toml import MAX_BYTES, parse
from sopengine.workspace.values import Table

KEYS = (
    "database",
    "language",
    "default_channel",
    "channels",
    "sources",
    "calendar",
    "tasks",
    "guards",
    "alerts",
    "metrics",
    "retention",
    "copy",
)
OF_SOURCE = ("path", "encoding", "id")
OF_TASKS = ("via",)
_DAYS = {"workday": True, "holiday": False}


def find_workspace(start: Path) -> Path | None:
    """The nearest folder with a sopengine.toml, from `start` upwards."""
    here = start.absolute()
    return next((folder for folder in (here, *here.parents) if os.path.isfile(folder / FILE_NAME)), None)


def load_workspace(root: Path, environ: Mapping[str, str] = os.environ) -> Workspace:
    """The workspace in the folder `root`. SopError if there is no sopengine.toml or it cannot be read."""
    root = root.absolute()
    path = root / FILE_NAME
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SopError(
            Text(f"{root} 里没有 {FILE_NAME}", f"there is no {FILE_NAME} in {root}"),
            Text("运行 sopengine init 建一个工作区", "run sopengine init to make a workspace"),
        ) from None
    except OSError as error:
        raise SopError(
            Text(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}"),
        ) from None
    findings = Findings()
    name = shown(path)
    text, content = parse(data, name, findings)
    return _build(root, content, Positions(name, text), findings, environ)


def default_workspace(root: Path, environ: Mapping[str, str] = os.environ) -> Workspace:
    """A workspace without a file: the built-in channels, no sources."""
    return _build(root.absolute(), {}, Positions(FILE_NAME, ""), Findings(), environ)


def shown(path: Path) -> str:
    """How findings name a file: from the current folder, or in full where that is shorter. What is shown to others does
    not tell where on this machine it lies."""
    try:
        return min(os.path.relpath(path), str(path), key=len)
    except ValueError:  # on another drive
        return str(path)


def _build(
    root: Path, content: dict[str, Any], positions: Positions, findings: Findings, environ: Mapping[str, str]
) -> Workspace:
    top = Table(content, (), positions, findings)
    top.only(KEYS)
    channels = read_channels(top.table("channels"), root)
    sources = _sources(top.table("sources"), root, positions)
    guards = top.table("guards")
    tasks = top.table("tasks")
    tasks.only(OF_TASKS)
    given = environ.get("SOPENGINE_DATABASE", "")
    for password in passwords_of(given):
        hide(password)
    if given and "://" not in given:
        raise UsageError(
            Text(
                "环境变量 SOPENGINE_DATABASE 要写成网址，例如 sqlite:///sopengine.db",
                "SOPENGINE_DATABASE must be a URL such as sqlite:///sopengine.db",
            )
        )
    database = given or top.text("database", DEFAULT_DATABASE)
    if "://" not in database:
        top.wrong(
            "database", Text("要写成网址，例如 sqlite:///sopengine.db", "must be a URL such as sqlite:///sopengine.db")
        )
        database = DEFAULT_DATABASE
    if not given and passwords_of(database):  # no finding: it would show the line
        raise UsageError(
            Text("sopengine.toml 的 database 里有密码", "database in sopengine.toml holds a password"),
            Text(
                "把密码放进 ~/.pgpass、PGPASSFILE 指明的文件或 PGPASSWORD",
                "keep the password in ~/.pgpass, in the file that PGPASSFILE names, or in PGPASSWORD",
            ),
        )
    return Workspace(
        root=root,
        database=absolute_database(database, root),
        default_channel=top.choice("default_channel", channels, "console"),
        channels=channels,
        sources=sources,
        language=top.choice("language", ("zh", "en"), ""),
        calendar_overrides=_calendar(top.table("calendar")),
        tasks_via=tasks.choice("via", channels, ""),
        guards=read_guards(guards),
        do_not_contact=guards.choice("do_not_contact", sources, ""),
        alerts=read_alerts(top.table("alerts"), channels, sources),
        metrics=read_metrics(top.table("metrics")),
        retention=read_retention(top.table("retention")),
        copy=read_copy(top.table("copy")),
        diagnostics=tuple(findings),
    )


def passwords_of(url: str) -> set[str]:
    """Of `://user:password@host` and `?password=`, also unquoted; by hand, so that a wrong address is no reason to
    fail here."""
    who, at, _ = url.partition("://")[2].partition("/")[0].rpartition("@")
    found = [who.partition(":")[2]] if at else []
    found += [value for name, value in parse_qsl(url.partition("?")[2]) if name == "password"]
    return {form for one in found if one for form in (one, unquote(one))}


def absolute_database(url: str, root: Path) -> str:
    """`url` with the path of an SQLite file taken from `root`; anything else as it is."""
    path = url.removeprefix("sqlite:///")
    if path == url or path in ("", ":memory:") or path.startswith("file:"):
        return url
    return f"sqlite:///{root / path}"


def _sources(sources: Table, root: Path, positions: Positions) -> dict[str, SourceSettings]:
    found: dict[str, SourceSettings] = {}
    for name, table in sources.tables():
        table.only(OF_SOURCE)
        path = table.path_under("path", root)
        if "path" not in table.data:
            table.missing("path", Text("写数据表的文件名", "the file of the table"))
        encoding = table.choice("encoding", ("utf-8", "gb18030"), "utf-8")
        id_column = table.text("id", "id")
        if path is not None:
            found[name] = SourceSettings(path, encoding, id_column, positions.value((*table.path, "path")))
    return found


def _calendar(calendar: Table) -> dict[date, bool]:
    days: dict[date, bool] = {}
    for key in calendar.data:
        value = calendar.choice(key, _DAYS, "")
        try:
            day = date.fromisoformat(key) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", key) else None
        except ValueError:
            day = None
        if day is None:
            calendar.wrong(key, Text("不是日期，要写成 2027-02-06", "is no date, write it as 2027-02-06"))
        elif value:
            days[day] = _DAYS[value]
    return days

"""The bytes of sopengine.toml → a Workspace whose diagnostics say what is wrong; and where the file is."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sopengine.diagnostics import Findings, Place, Text
from sopengine.errors import SopError
from sopengine.language.encoding import Guess, decode_utf8, report_not_utf8
from sopengine.workspace.channels import read_channels
from sopengine.workspace.model import DEFAULT_DATABASE, FILE_NAME, SourceSettings, Workspace
from sopengine.workspace.positions import Positions
from sopengine.workspace.values import Table

_KEYS = ("database", "language", "default_channel", "channels", "sources", "calendar", "tasks")
_MAX_BYTES = 262_144  # tomllib's time grows with the square of some inputs
_DAYS = {"workday": True, "holiday": False}
_AT = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


def find_workspace(start: Path) -> Path | None:
    """The nearest folder with a sopengine.toml, from `start` upwards."""
    here = start.absolute()
    return next((folder for folder in (here, *here.parents) if (folder / FILE_NAME).is_file()), None)


def load_workspace(root: Path, environ: Mapping[str, str] = os.environ) -> Workspace:
    """The workspace in the folder `root`. SopError if there is no sopengine.toml or it cannot be read."""
    root = root.absolute()
    path = root / FILE_NAME
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
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
    text, content = _parse(data, name, findings)
    return _build(root, content, Positions(name, text), findings, environ)


def default_workspace(root: Path, environ: Mapping[str, str] = os.environ) -> Workspace:
    """A workspace without a file: the built-in channels, no sources."""
    return _build(root.absolute(), {}, Positions(FILE_NAME, ""), Findings(), environ)


def shown(path: Path) -> str:
    """How findings name a file: from the current folder if it is beneath, else in full."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _parse(data: bytes, name: str, findings: Findings) -> tuple[str, dict[str, Any]]:
    start = Place(name, 1, 1, 1, 1)
    if len(data) > _MAX_BYTES:
        findings.add("SOP-C701", Text("文件超过 256 KiB", "the file is longer than 256 KiB"), start)
        return "", {}
    text = decode_utf8(data)
    if isinstance(text, Guess):
        report_not_utf8(text, name, findings)
        return "", {}
    try:
        return text, tomllib.loads(text)
    except RecursionError:
        findings.add("SOP-C701", Text("括号套得太深", "brackets are nested too deeply"), start)
    except tomllib.TOMLDecodeError as error:
        findings.add("SOP-C701", *_syntax(str(error), text, name))
    except ValueError:  # a whole number longer than Python converts
        findings.add("SOP-C701", Text("有一个数字太长", "a number is too long"), start)
    return text, {}


def _syntax(message: str, text: str, name: str) -> tuple[Text, Place]:
    found = _AT.match(message)
    reason = found[1] if found else message
    if found and found[2]:
        line, col = int(found[2]), int(found[3])
    else:
        lines = text.rstrip("\n").split("\n")
        line, col = len(lines), len(lines[-1]) + 1
    words = Text(f"这里不是合法的 TOML：{reason}", f"this is not valid TOML: {reason}")
    return words, Place(name, line, col, line, col + 1)


def _build(
    root: Path, content: dict[str, Any], positions: Positions, findings: Findings, environ: Mapping[str, str]
) -> Workspace:
    top = Table(content, (), positions, findings)
    top.only(_KEYS)
    channels = read_channels(top.table("channels"), root)
    tasks = top.table("tasks")
    tasks.only(("via",))
    database = environ.get("SOPENGINE_DATABASE") or top.text("database", DEFAULT_DATABASE)
    if "://" not in database:
        top.wrong(
            "database", Text("要写成网址，例如 sqlite:///sopengine.db", "must be a URL such as sqlite:///sopengine.db")
        )
        database = DEFAULT_DATABASE
    return Workspace(
        root=root,
        database=absolute_database(database, root),
        default_channel=top.choice("default_channel", channels, "console"),
        channels=channels,
        sources=_sources(top.table("sources"), root, positions),
        language=top.choice("language", ("zh", "en"), ""),
        calendar_overrides=_calendar(top.table("calendar")),
        tasks_via=tasks.choice("via", channels, "console"),
        diagnostics=tuple(findings),
    )


def absolute_database(url: str, root: Path) -> str:
    """`url` with the path of an SQLite file taken from `root`; anything else as it is."""
    path = url.removeprefix("sqlite:///")
    if path == url or path in ("", ":memory:") or path.startswith("file:"):
        return url
    return f"sqlite:///{root / path}"


def _sources(sources: Table, root: Path, positions: Positions) -> dict[str, SourceSettings]:
    found: dict[str, SourceSettings] = {}
    for name in sources.data:
        table = sources.table(name)
        table.only(("path", "encoding", "id"))
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

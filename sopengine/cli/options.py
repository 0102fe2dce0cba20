"""The options that commands share, and the meaning of their values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from sopengine.diagnostics import Text
from sopengine.errors import UsageError

YEARS = range(1970, 2200)
"""The years a command's times may lie in, as in playbooks and inputs."""


def option(lang: str, *names: str, text: Text, **settings: Any) -> click.Option:
    return click.Option(names, help=text.get(lang), **settings)


def flag(lang: str, *names: str, text: Text) -> click.Option:
    return click.Option(names, is_flag=True, help=text.get(lang))


def argument(name: str, *, required: bool = True, many: bool = False, metavar: str = "") -> click.Argument:
    shown = metavar or name.upper()
    return click.Argument([name], required=required, nargs=-1 if many else 1, metavar=shown + ("..." if many else ""))


def json_flag(lang: str) -> click.Option:
    return flag(lang, "--json", "as_json", text=Text("输出一份 JSON", "Print one JSON document"))


def now_option(lang: str) -> click.Option:
    text = Text("当作现在的时间，如 2026-06-01T09:00", "The time to take for now, e.g. 2026-06-01T09:00")
    return option(lang, "--now", metavar="TIME", text=text)


def workspace_option(lang: str) -> click.Option:
    text = Text(
        "工作区文件夹，默认向上找最近的 sopengine.toml", "The workspace; default: nearest sopengine.toml upwards"
    )
    return option(lang, "--workspace", metavar="DIR", type=click.Path(path_type=Path), text=text)


def set_option(lang: str) -> click.Option:
    text = Text("给剧本的输入赋值，可写多次", "A value for an input of the playbook; may be repeated")
    return option(lang, "--set", "settings", metavar="NAME=VALUE", multiple=True, text=text)


def audience_option(lang: str) -> click.Option:
    text = Text("某个数据源改用这个 CSV，可写多次", "Take a source's rows from this CSV; may be repeated")
    return option(lang, "--audience", "audiences", metavar="SOURCE=FILE", multiple=True, text=text)


def pairs(given: Sequence[str], flag_name: str) -> dict[str, str]:
    """`name=value` words as a dict; a name given twice is refused, so that neither value is dropped in silence."""
    result: dict[str, str] = {}
    for word in given:
        name, sign, value = word.partition("=")
        name = name.strip()
        if not sign or not name:
            raise UsageError(
                Text(f"{flag_name} {word} 里缺少等号", f"{flag_name} {word} has no equals sign"),
                Text(f"写成 {flag_name} 名字=值", f"write {flag_name} name=value"),
            )
        if name in result:
            raise UsageError(Text(f"{flag_name} {name} 写了两次", f"{flag_name} {name} is given twice"))
        result[name] = value
    return result


def source_files(given: Sequence[str]) -> dict[str, Path]:
    """`--audience SOURCE=FILE` as paths; the files have to be there."""
    files = {name: Path(value) for name, value in pairs(given, "--audience").items()}
    for name, path in files.items():
        if not path.is_file():
            raise UsageError(Text(f"--audience {name}：找不到文件 {path}", f"--audience {name}: no file {path}"))
    return files


def moment(text: str, zone: ZoneInfo, flag_name: str = "--now") -> datetime:
    """A time of the command line, aware, in `zone`; one without an offset is local time there."""
    try:
        given = datetime.fromisoformat(text.strip())
        if given.year not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise UsageError(
            Text(f"{flag_name} 的时间 {text} 读不懂", f"{flag_name}: {text} is not a time"),
            Text(
                "写成 2026-06-01T09:00，年份在 1970 到 2199 之间",
                "write it like 2026-06-01T09:00, years from 1970 to 2199",
            ),
        ) from None
    if given.tzinfo is None:
        from sopengine.timing.zones import resolve

        return resolve(given, zone).instant.astimezone(zone)
    return given.astimezone(zone)


def day(text: str | None, flag_name: str) -> date | None:
    """A date of the command line."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            Text(f"{flag_name} 的日期 {text} 读不懂", f"{flag_name}: {text} is not a date"),
            Text("写成 2026-06-18", "write it like 2026-06-18"),
        ) from None

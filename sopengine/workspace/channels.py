"""`[channels.NAME]` → checked settings of each channel, the built-in ones included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sopengine.channels.base import ChannelSettings
from sopengine.channels.file import DEFAULT_PATH
from sopengine.channels.kinds import BUILT_IN, FORMATS, KINDS, OPTIONS
from sopengine.channels.options import Option, Value
from sopengine.diagnostics import Text
from sopengine.workspace.values import MAX_SECONDS, Table

COMMON = ("kind", "redirect")
LIMITS = ("rate", "per", "burst", "max_bytes")


def read_channels(channels: Table, root: Path) -> dict[str, ChannelSettings]:
    found = {name: ChannelSettings(name, name, _defaults(name, root)) for name in BUILT_IN}
    for name, table in channels.tables():
        if not name.isprintable() or not name.strip() or "/" in name:
            table.wrong_at(table.path, Text("渠道名里不能有 / 或控制字符", "must be a name without / or control signs"))
        elif settings := _read(name, table, root):
            found[name] = settings
    return found


def _read(name: str, table: Table, root: Path) -> ChannelSettings | None:
    if "kind" not in table.data and name not in BUILT_IN:
        kinds = list(KINDS)
        table.missing("kind", Text(f"可以写 {'、'.join(kinds)}", f"one of {', '.join(kinds)}"))
        return None
    kind = table.choice("kind", KINDS, name if name in BUILT_IN else "")
    if name in BUILT_IN and kind != name:
        table.wrong("kind", Text(f"{name} 是内置渠道，类型不能改", f"cannot change: {name} is built in"))
        return None
    if not kind:
        return None
    table.only((*COMMON, *OPTIONS[kind], *LIMITS))
    redirect = table.choice("redirect", ("file",), "")
    return ChannelSettings(name, kind, _options(table, kind, root), _limits(table), redirect)


def _options(table: Table, kind: str, root: Path) -> dict[str, Any]:
    values = _defaults(kind, root)
    allow_private = table.data.get("allow_private") is True
    for key, option in OPTIONS[kind].items():
        if key not in table.data:
            if option.required:
                table.missing(key, Text("这类渠道必须有它", f"a {kind} channel needs it"))
            continue
        value = _option(table, key, option, root, allow_private=allow_private)
        if value not in (None, ""):
            values[key] = value
    if kind == "webhook" and not {"url", "url_secret"} & set(table.data):
        table.missing("url", Text("写接收方的网址，或者 url_secret", "the receiver's URL, or url_secret"))
    return values


def _option(table: Table, key: str, option: Option, root: Path, *, allow_private: bool) -> Any:
    match option.value:
        case Value.TEXT:
            return table.text(key)
        case Value.PATH:
            return table.path_under(key, root)
        case Value.SECRET:
            return table.secret_name(key)
        case Value.URL:
            return table.url(key, allow_private=allow_private)
        case Value.TIMEOUT | Value.SECONDS:
            return table.seconds(key, MAX_SECONDS[option.value])
        case Value.DURATION:
            return table.duration(key)
        case Value.FLAG:
            return table.flag(key)


def _limits(table: Table) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for key, least in (("rate", 0), ("per", 1), ("burst", 1)):
        if (value := table.whole(key, least)) is not None:
            limits[key] = value
    rate, burst = limits.get("rate"), limits.get("burst")
    if rate and burst and burst > rate:
        table.wrong("burst", Text(f"不能大于 rate（{rate}）", f"must not be above rate ({rate})"))
    if "max_bytes" in table.data:
        sizes = table.table("max_bytes")
        sizes.only(FORMATS)
        numbers = {key: sizes.whole(key, 1) for key in FORMATS if key in sizes.data}
        limits["max_bytes"] = {key: number for key, number in numbers.items() if number is not None}
    return limits


def _defaults(kind: str, root: Path) -> dict[str, Any]:
    return {"path": root / DEFAULT_PATH} if kind == "file" else {}

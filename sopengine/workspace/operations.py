"""`[alerts]` and `[metrics]` of sopengine.toml → who is told of trouble, and where monitors find the numbers."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from datetime import timedelta

from msgspec import Struct

from sopengine.channels.base import ChannelSettings
from sopengine.diagnostics import Text
from sopengine.workspace.values import Table

OF_ALERTS = ("via", "to", "on", "silent")
OF_METRICS = ("listen",)
KINDS = ("missed", "failed", "unknown", "paused", "silent")
"""What is told, and by what words it is chosen."""
SILENT = timedelta(minutes=5)
"""A daemon passes every 30 s, cron every minute: after this long without a pass nothing is at work any more."""
_SHORTEST = timedelta(minutes=2)
_LISTEN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")


class Alerts(Struct, frozen=True):
    """`to` is the source whose rows are written to, each at its address; "" is the channel's own address."""

    via: str = ""
    to: str = ""
    on: tuple[str, ...] = KINDS
    silent: timedelta = SILENT


class Listen(Struct, frozen=True):
    host: str
    port: int


def read_alerts(table: Table, channels: Mapping[str, ChannelSettings], sources: Iterable[str]) -> Alerts:
    table.only(OF_ALERTS)
    via = table.choice("via", [name for name, one in channels.items() if one.kind != "manual"], "")
    if table.data and "via" not in table.data:
        table.missing("via", Text("写告警走哪个渠道", "the channel that carries the alerts"))
    silent = table.duration("silent")
    if silent is not None and silent < _SHORTEST:
        table.wrong("silent", Text("至少 2m，cron 每分钟才一遍", "must be at least 2m: cron passes once a minute"))
        silent = None
    return Alerts(via, table.choice("to", sources, ""), _kinds(table), silent or SILENT)


def _kinds(table: Table) -> tuple[str, ...]:
    value = table.data.get("on", list(KINDS))
    if isinstance(value, list) and value and all(_in(kind, KINDS) for kind in value):
        return tuple(kind for kind in KINDS if kind in value)
    table.wrong("on", Text(f"要写成列表，可以有 {'、'.join(KINDS)}", f"must be a list of {', '.join(KINDS)}"))
    return KINDS


def _in(value: object, choices: Container[str]) -> bool:
    return isinstance(value, str) and value in choices


def read_metrics(table: Table) -> Listen | None:
    """None: no port is opened."""
    table.only(OF_METRICS)
    if "listen" not in table.data:
        return None
    found = _LISTEN.fullmatch(table.text("listen"))
    if found and 0 < int(found[2]) < 65536:
        return Listen(found[1].strip("[]"), int(found[2]))
    table.wrong("listen", Text('要写 "127.0.0.1:9464" 这样的地址', 'must be an address such as "127.0.0.1:9464"'))
    return None

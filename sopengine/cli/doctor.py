"""`sopengine doctor`: is this machine fit to deliver from this workspace? A line for each look, with a way out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sopengine.cli import options
from sopengine.cli.output import language, one_line, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_FAILED, EXIT_OK, SopError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sopengine.cli.doctor_checks import Line
    from sopengine.workspace import Workspace

SIGNS = {"ok": "√", "warn": "!", "fail": "×"}


def command(lang: str) -> click.Command:
    about = Text(
        "检查这台机器和工作区能不能投递：时钟、时区和节假日数据、数据库、磁盘、权限、渠道的密钥、模板进程。不发送、不改动。"
        "有 × 时退出码为 3。",
        "Look whether this machine can deliver from this workspace: clock, zone and holiday data, database, disk, "
        "permissions, keys of channels, the rendering process. Sends and changes nothing. Exit code 3 when a look "
        "failed.",
    )
    online = Text(
        "还和各渠道平台比时钟（要联网，不带密钥）", "Compare clocks with the platforms (needs network; no keys)"
    )
    params: list[click.Parameter] = [
        options.flag(lang, "--online", text=online),
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command("doctor", callback=doctor, params=params, help=about.get(lang))


def doctor(online: bool, now: str | None, workspace: Path | None, as_json: bool) -> int:
    from sopengine.cli.workplace import clock_at, workspace_at

    place = workspace_at(workspace)
    moment = clock_at(now, _zone(place)).now()
    lines = list(looks(place, moment, online=online))
    counts: Counter[str] = Counter(line.status for line in lines)
    if as_json:
        say_json(_document(lines, counts, moment))
    else:
        for line in lines:
            say(one_line(f"{SIGNS[line.status]} {line.name:12} {line.message.get(language())}"))
            if line.help is not None:
                say(one_line(" " * 15 + line.help.get(language())))
        total = Text(
            f"{len(lines)} 项：{counts['fail']} 项不行，{counts['warn']} 项注意",
            f"{len(lines)} looks: {counts['fail']} failed, {counts['warn']} warnings",
        )
        say(total.get(language()))
    return EXIT_FAILED if counts["fail"] else EXIT_OK


def _zone(place: Workspace) -> ZoneInfo:
    """UTC where the database does not say another: whether it can be read is still to be seen."""
    from sopengine.cli.workplace import open_ledger, zone_of
    from sopengine.timing.zones import zone

    try:
        with open_ledger(place, read_only=True, create=False) as store:
            return zone_of(store)
    except SopError:
        return zone("UTC")


def looks(place: Workspace, now: datetime, *, online: bool) -> Iterator[Line]:
    from sopengine.cli import doctor_checks as checks
    from sopengine.cli.doctor_ledger import ledger
    from sopengine.cli.workplace import open_ledger
    from sopengine.clock import SystemClock
    from sopengine.store.errors import StoreMissing
    from sopengine.store.opening import path_of

    database = path_of(place.database) if place.database.startswith("sqlite:") else None
    yield from checks.version()
    yield from checks.holidays(place, now)
    yield from checks.templates()
    if database is not None:
        yield from checks.filesystem(database)
    yield from checks.permissions(place, database)
    addresses: dict[str, list[str]] = {}
    try:
        with open_ledger(place, read_only=True, create=False) as store:
            addresses = store.addresses()
            yield from ledger(store, place, now)
    except StoreMissing as none:
        yield checks.Line("database", "warn", none.message, none.help)
    except SopError as error:
        yield checks.Line("database", "fail", error.message, error.help)
    yield from checks.channels(place, lambda name: addresses.get(name, []))
    yield from checks.metrics(place)
    if online:
        yield from checks.clocks(place, SystemClock().now)


def _document(lines: list[Line], counts: Counter[str], now: datetime) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "as_of": now.isoformat(),
        "counts": {status: counts[status] for status in SIGNS},
        "checks": [
            {
                "name": line.name,
                "status": line.status,
                "message": line.message.get(language()),
                "help": line.help.get(language()) if line.help else None,
            }
            for line in lines
        ],
    }

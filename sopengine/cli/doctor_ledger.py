"""What `doctor` finds in the database: whole, of this version, alive, with whom it tells of trouble."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sopengine.cli.doctor_checks import AHEAD, Line
from sopengine.cli.health import health
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace


TOGETHER, MUCH = timedelta(seconds=5), timedelta(minutes=1)
"""Clocks that differ by less agree; by more messages come noticeably late or early."""


def ledger(store: Store, workspace: Workspace, now: datetime) -> Iterator[Line]:
    """StoreError where the file is damaged."""
    store.integrity()
    count, line = len(store.campaigns()), store.newest_line()
    yield Line(
        "database", "ok", Text(f"完好，{count} 个活动，记录 {line} 行", f"whole; {count} campaigns, {line} log lines")
    )
    if (server := store.server()) is not None:
        yield from _server(*server)
    if (copied := store.copied_at()) is not None:
        said = Text(f"这是 {copied:%Y-%m-%d %H:%M} UTC 的备份", f"this is a copy made at {copied:%Y-%m-%d %H:%M} UTC")
        advice = Text(
            "下一遍会把到那时为止该发的记为不确定", "the next pass calls everything unknown that was due by then"
        )
        yield Line("database", "warn", said, advice)
    found = store.vitals(now)
    if found.seen_at is not None and found.seen_at - now > AHEAD:
        said = Text("最近一次执行在将来", "the last pass lies ahead of this clock")
        yield Line("clock", "fail", said, Text("校准时钟（timedatectl）", "set the clock (timedatectl)"))
    code, text = health(found, now, workspace.alerts.silent)
    advice = Text(
        "systemctl status sopengine，或 sopengine resolve", "systemctl status sopengine, or sopengine resolve"
    )
    status = {EXIT_OK: "ok", EXIT_FAILED: "fail"}.get(code, "warn")
    yield Line("health", status, text, None if code == EXIT_OK else advice)  # type: ignore[arg-type]
    yield _alerts(store, workspace)


def _server(version: str, ahead: timedelta) -> Iterator[Line]:
    """Leases go by the server's clock, what is due by this one."""
    yield Line("database", "ok", Text(f"PostgreSQL {version}", f"PostgreSQL {version}"))
    if abs(ahead) <= TOGETHER:
        yield Line("clock", "ok", Text("和数据库服务器的时钟一致", "agrees with the clock of the database server"))
        return
    seconds = -ahead.total_seconds()
    said = Text(
        f"比数据库服务器的时钟{'快' if seconds > 0 else '慢'} {abs(seconds):.0f} 秒",
        f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} the clock of the database server",
    )
    advice = Text("两边都让 NTP 校准（timedatectl）", "let NTP set both (timedatectl)")
    yield Line("clock", "warn" if abs(ahead) < MUCH else "fail", said, advice)


def _alerts(store: Store, workspace: Workspace) -> Line:
    if not workspace.alerts.via:
        advice = Text('写上 [alerts] via = "渠道"', 'write [alerts] via = "CHANNEL"')
        return Line("alerts", "warn", Text("出了事不通知任何人", "nobody is told of trouble"), advice)
    last = store.last_alert()
    via = workspace.alerts.via
    if last is not None and last.outcome not in ("sent", "begun"):
        at = f"{last.at:%Y-%m-%d %H:%M} UTC"
        said = Text(f"上一次告警没有送到（{at}）", f"the last alert did not arrive ({at})")
        return Line("alerts", "fail", said, Text(f"看渠道 {via}", f"look at channel {via}"))
    return Line("alerts", "ok", Text(f"出了事通知 {via}", f"{via} is told of trouble"))

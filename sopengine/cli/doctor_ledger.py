"""What `doctor` finds in the database: whole, of this version, alive, with whom it tells of trouble."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sopengine.cli.doctor_checks import AHEAD, Line
from sopengine.cli.health import health
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace


def ledger(store: Store, workspace: Workspace, now: datetime) -> Iterator[Line]:
    """StoreError where the file is damaged."""
    store.integrity()
    count, line = len(store.campaigns()), store.newest_line()
    yield Line(
        "database", "ok", Text(f"完好，{count} 个活动，记录 {line} 行", f"whole; {count} campaigns, {line} log lines")
    )
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

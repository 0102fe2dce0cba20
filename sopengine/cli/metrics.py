"""`sopengine metrics`: the numbers for Prometheus, printed once; for cron and the textfile collector."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sopengine.cli import options
from sopengine.diagnostics import Text


def command(lang: str) -> click.Command:
    about = Text(
        "输出 Prometheus 指标，供 cron 和 textfile 收集器用；守护进程自己提供见 sopengine.toml 的 [metrics]。",
        "Print metrics for Prometheus, for cron and the textfile collector; a daemon serves them itself with [metrics] "
        "in sopengine.toml.",
    )
    params: list[click.Parameter] = [options.now_option(lang), options.workspace_option(lang)]
    return click.Command("metrics", callback=metrics, params=params, help=about.get(lang))


def metrics(now: str | None, workspace: Path | None) -> None:
    from sopengine.cli.workplace import clock_at, open_ledger, workspace_at, zone_of
    from sopengine.engine.metrics import exposition

    with open_ledger(workspace_at(workspace), read_only=True, create=False) as store:
        sys.stdout.write(exposition(store, clock_at(now, zone_of(store)).now))

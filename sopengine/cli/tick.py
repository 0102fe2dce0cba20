"""`sopengine tick`: one pass over everything that is due, for cron."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sopengine.cli import options
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text


def command(lang: str) -> click.Command:
    about = Text(
        "执行一遍到点的事，然后结束；由 cron 每分钟调用。",
        "Carry out what is due once, then end; cron calls it each minute.",
    )
    params: list[click.Parameter] = [
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command("tick", callback=tick, params=params, help=about.get(lang))


def tick(now: str | None, workspace: Path | None, as_json: bool) -> None:
    from sopengine.cli.logs import configure
    from sopengine.cli.workplace import clock_at, engine_for, open_ledger, refuse_simulated_sends, workspace_at, zone_of

    place = workspace_at(workspace)
    configure(place, "text", sys.stderr)
    with open_ledger(place) as store, store.delivering():
        zone = zone_of(store)
        if now is not None:
            refuse_simulated_sends(place)
        with engine_for(place, store, clock_at(now, zone)) as engine:
            if now is None:
                engine.notice_clock_jump()
            done = engine.tick()
        next_due = done.next_due.astimezone(zone).isoformat(timespec="seconds") if done.next_due else None
        if as_json:
            counts = {"occurrences": done.fanned_out, "deliveries": done.claimed, "missed": done.missed}
            say_json({"schema_version": 1, **counts, "next_due": next_due})
            return
        text = Text(
            f"到点 {done.fanned_out}，处理 {done.claimed}，错过 {done.missed}；下一次 {next_due or '无'}",
            f"due {done.fanned_out}, handled {done.claimed}, missed {done.missed}; next {next_due or 'nothing'}",
        )
        say(text.get(language()))

"""`sopengine run`: the daemon; with `--now`, the same passes on a simulated clock."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.output import language, note
from sopengine.clock import ManualClock, SystemClock
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace


def command(lang: str) -> click.Command:
    about = Text(
        "常驻执行，到点就发，直到收到停止信号。给了 --now 就用模拟时钟从那一刻跑完，不等待，也不会发给任何人。",
        "Keep running and deliver when due, until told to stop. With --now it runs through on a simulated clock from "
        "that moment, without waiting and without reaching anybody.",
    )
    until = Text("模拟时钟跑到这一刻为止", "Where the simulated clock stops")
    params: list[click.Parameter] = [
        options.now_option(lang),
        options.option(lang, "--until", metavar="TIME", text=until),
        options.option(
            lang,
            "--log",
            "form",
            type=click.Choice(["text", "json"]),
            default="text",
            text=Text("日志写成文字还是 JSON，每件事一行", "Log as text or as JSON, a line for each event"),
        ),
        options.workspace_option(lang),
    ]
    return click.Command("run", callback=run, params=params, help=about.get(lang))


def run(now: str | None, until: str | None, form: str, workspace: Path | None) -> None:
    from sopengine.cli.workplace import open_ledger, workspace_at

    if until is not None and now is None:
        raise UsageError(Text("--until 要和 --now 一起用", "--until goes with --now"))
    place = workspace_at(workspace)
    with open_ledger(place) as store, store.delivering():
        if now is None:
            _daemon(place, store, form)
        else:
            _simulated(place, store, now, until)


def _daemon(place: Workspace, store: Store, form: str) -> None:
    from sopengine.cli.logs import configure, tell_pass, threads_too
    from sopengine.cli.workplace import engine_for
    from sopengine.engine.daemon import AlarmClock, Daemon
    from sopengine.engine.systemd import Notifier
    from sopengine.engine.wake import listening

    configure(place, form, sys.stderr)
    threads_too()
    notifier = Notifier(os.environ)
    clock = SystemClock()
    alarm = AlarmClock.for_watchdog(notifier.watchdog_seconds)
    try:
        with (
            listening(store, alarm.ring),
            exporter(place, store, clock),
            engine_for(place, store, clock) as engine,
        ):
            daemon = Daemon(engine, clock, alarm, notifier)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: daemon.stop())
            note(Text("已开始执行，按 Ctrl-C 停止", "running; Ctrl-C stops it").get(language()))
            daemon.run(tell_pass)
    finally:
        alarm.close()
    note(Text("已停止，手上的都办完了", "stopped; what was in hand is done").get(language()))


def exporter(place: Workspace, store: Store, clock: SystemClock) -> AbstractContextManager[object]:
    """Where `[metrics]` names an address, the numbers are served there."""
    if place.metrics is None:
        return nullcontext()
    from sopengine.engine.exporter import Exporter

    return Exporter(store, clock.now, place.metrics.host, place.metrics.port)


def _simulated(place: Workspace, store: Store, now: str, until: str | None) -> None:
    from sopengine.cli.workplace import engine_for, refuse_simulated_sends, zone_of
    from sopengine.engine.daemon import run_simulated
    from sopengine.engine.tick import Pass

    refuse_simulated_sends(place)
    zone = zone_of(store)
    end = None if until is None else options.moment(until, zone, "--until")
    endless = [row.id for row in store.campaigns(("running",)) if row.ends_at is None]
    if end is None and endless:
        raise UsageError(
            Text(f"活动 {endless[0]} 没有结束时间", f"campaign {endless[0]} has no end"),
            Text("用 --until 说明模拟到什么时候", "say with --until how far the simulated clock goes"),
        )
    begin = options.moment(now, zone)
    if end is not None and end < begin:
        raise UsageError(Text("--until 比 --now 早", "--until is before --now"))
    clock = ManualClock(begin)
    total = {"passes": 0, "handled": 0, "missed": 0}

    def count(done: Pass) -> None:
        total["passes"] += 1
        total["handled"] += done.claimed
        total["missed"] += done.missed

    with engine_for(place, store, clock) as engine:
        run_simulated(engine, clock, end, count)
    stopped = clock.now().astimezone(zone).isoformat(timespec="minutes")
    text = Text(
        f"模拟到 {stopped}：{total['passes']} 遍，处理 {total['handled']} 条，错过 {total['missed']} 条",
        f"simulated up to {stopped}: {total['passes']} passes, {total['handled']} handled, {total['missed']} missed",
    )
    note(text.get(language()))

"""`sopengine resume`: says what will go out and what is too late, then lets it go on."""

from __future__ import annotations

from pathlib import Path

import click

from sopengine.cli import options
from sopengine.cli.output import language, say
from sopengine.cli.pause import scope_of, scope_options
from sopengine.diagnostics import Text


def command(lang: str) -> click.Command:
    about = Text(
        "继续：先列出哪些会马上执行、哪些已经太晚，再恢复。",
        "Resume: first tells what runs at once and what is too late.",
    )
    preview = options.flag(lang, "--preview", text=Text("只列出，不恢复", "Only tell, do not resume"))
    return click.Command("resume", callback=resume, params=[*scope_options(lang), preview], help=about.get(lang))


def resume(
    campaign: str | None,
    channel: str | None,
    everything: bool,
    reason: str,
    now: str | None,
    workspace: Path | None,
    preview: bool,
) -> None:
    from sopengine.cli.workplace import actor, moment_of, named_campaigns, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    scope, name = scope_of(campaign, channel, everything)
    place = workspace_at(workspace)
    with open_ledger(place, create=False) as store:
        if scope == "campaign":
            named_campaigns(store, name)
        moment = moment_of(now, zone_of(store))
        waiting = store.waiting_behind(scope, name, moment)
        will_run, too_late = waiting.in_time, waiting.too_late
        text = Text(
            f"会马上执行 {will_run} 项；已经太晚、将记为错过 {too_late} 项",
            f"{will_run} will run at once; {too_late} are too late and will be recorded as missed",
        )
        say(text.get(language()))
        if preview:
            return
        store.resume(scope, name, moment, actor(), reason)
        wake(store.path)
    say(Text(f"已恢复 {name or '全部'}", f"resumed {name or 'everything'}").get(language()))

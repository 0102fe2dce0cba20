"""`sopengine run-missed`: the only way back for what was missed; it lists and asks before it acts."""

from __future__ import annotations

from pathlib import Path

import click

from sopengine.cli import again, options
from sopengine.cli.named import reason_option
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_OK


def command(lang: str) -> click.Command:
    about = Text(
        "补做错过的：先列出哪些还能做，问过再做。同一步骤错过几轮的，只补最新一轮。",
        "Carry out what was missed: lists what still may go, and asks. Of several missed rounds only the newest goes.",
    )
    params = [
        *again.which_options(lang),
        reason_option(lang),
        options.flag(lang, "--yes", text=Text("不再询问", "Do not ask")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("run-missed", callback=run_missed, params=params, help=about.get(lang))


def run_missed(
    delivery: str | None,
    campaign: str | None,
    step: str | None,
    target: str | None,
    reason: str,
    yes: bool,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> int:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    place = workspace_at(workspace)
    with open_ledger(place, create=False) as store:
        zone = zone_of(store)
        moment = moment_of(now, zone)
        found = store.may_go_again("missed", again.which(store, delivery, campaign, step, target), moment)
        again.show(found, zone)
        chosen = again.refuse_unless_any(found, Text("没有错过的", "nothing was missed"))
        count = len(chosen)
        again.confirm(Text(f"补做这 {count} 项吗？", f"Carry out these {count}?"), yes=yes, as_json=as_json)
        done = store.set_going_again("missed", chosen, moment, actor(), reason.strip())
        wake(store.path)
    again.tell(found, done, zone, as_json=as_json)
    return EXIT_OK

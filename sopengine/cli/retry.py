"""`sopengine retry`: deliveries that failed, once more, while they are of use."""

from __future__ import annotations

from pathlib import Path

import click

from sopengine.cli import again, options
from sopengine.cli.named import reason_option, the_reason
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_OK


def command(lang: str) -> click.Command:
    about = Text(
        "失败的发送再试一次：一次、一个步骤的或一个活动的。过了有效期的不再发。",
        "Try failed deliveries again: one, a step's or a campaign's. What is of no use any more stays failed.",
    )
    params = [
        *again.which_options(lang),
        reason_option(lang),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("retry", callback=retry, params=params, help=about.get(lang))


def retry(
    delivery: str | None,
    campaign: str | None,
    step: str | None,
    target: str | None,
    reason: str,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> int:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    place, said = workspace_at(workspace), the_reason(reason)
    with open_ledger(place, create=False) as store:
        zone = zone_of(store)
        moment = moment_of(now, zone)
        found = store.may_go_again("failed", again.which(store, delivery, campaign, step, target), moment)
        again.show([one for one in found if one.refused], zone)
        chosen = again.refuse_unless_any(found, Text("没有失败的发送", "nothing failed"))
        done = store.set_going_again("failed", chosen, moment, actor(), said)
        wake(store.path)
    again.tell(found, done, zone, as_json=as_json)
    return EXIT_OK

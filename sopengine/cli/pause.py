"""`sopengine pause`: stop claims for a campaign, a channel or everything; nobody is lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.store.rows import CampaignRow
    from sopengine.store.store import Scope


def scope_options(lang: str) -> list[click.Parameter]:
    """What to pause or resume; shared by both commands."""
    return [
        options.argument("campaign", required=False),
        options.option(lang, "--channel", text=Text("一个渠道", "A channel")),
        options.flag(lang, "--all", "everything", text=Text("全部", "Everything")),
        options.option(lang, "--reason", default="", text=Text("原因，写进记录", "Why; goes into the log")),
        options.now_option(lang),
        options.workspace_option(lang),
    ]


def scope_of(campaign: str | None, channel: str | None, everything: bool) -> tuple[Scope, str]:
    """Exactly one of the three, as (scope, name)."""
    wanted: list[tuple[Scope, str]] = [("campaign", campaign or ""), ("channel", channel or "")]
    given = [(kind, name) for kind, name in wanted if name] + ([("all", "")] if everything else [])
    if len(given) != 1:
        raise UsageError(
            Text("请指明一个活动、--channel 或 --all", "name a campaign, --channel or --all: exactly one of them")
        )
    return given[0]


def command(lang: str) -> click.Command:
    about = Text(
        "暂停：不再发出新的消息，已排好的都留着。恢复时太晚的记为错过。",
        "Pause: nothing new goes out and nothing is lost. What is too late on resume is recorded as missed.",
    )
    return click.Command(
        "pause", callback=pause, params=[*scope_options(lang), options.json_flag(lang)], help=about.get(lang)
    )


def pause(
    campaign: str | None,
    channel: str | None,
    everything: bool,
    reason: str,
    now: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    from sopengine.cli.workplace import actor, moment_of, named_campaigns, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    scope, name = scope_of(campaign, channel, everything)
    place = workspace_at(workspace)
    if scope == "channel" and name not in place.channels:
        raise UsageError(Text(f"工作区里没有渠道 {name}", f"the workspace has no channel {name}"))
    with open_ledger(place, create=False) as store:
        if scope == "campaign":
            _refuse_ended(named_campaigns(store, name)[0])
        new = store.pause(scope, name, moment_of(now, zone_of(store)), actor(), reason)
        wake(store.path)
    if as_json:
        say_json({"schema_version": 1, "paused": name or "--all", "new": new})
        return
    done = Text(f"已暂停 {name or '全部'}", f"paused {name or 'everything'}")
    before = Text(f"{name or '全部'} 之前已经暂停了", f"{name or 'everything'} was paused before")
    say((done if new else before).get(language()))


def _refuse_ended(campaign: CampaignRow) -> None:
    if campaign.state not in ("running", "paused"):
        raise UsageError(
            Text(
                f"活动 {campaign.id} 已经结束，不用暂停", f"campaign {campaign.id} has ended; there is nothing to pause"
            )
        )

"""`sopengine stop`: ends a campaign for good; what is unsent is withdrawn, its tasks are closed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.again import confirm
from sopengine.cli.named import reason_option, the_reason
from sopengine.cli.output import language, note, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.store.rows import CampaignRow, Stopping


def command(lang: str) -> click.Command:
    about = Text(
        "停止一个活动：未发的撤回，任务关闭，不能再恢复。只是暂时停用 pause。",
        "Stop a campaign for good: what is unsent is withdrawn, tasks are closed. To hold it for a while use pause.",
    )
    params: list[click.Parameter] = [
        options.argument("campaign"),
        reason_option(lang),
        options.flag(lang, "--yes", text=Text("不再询问", "Do not ask")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("stop", callback=stop, params=params, help=about.get(lang))


def stop(campaign: str, reason: str, yes: bool, now: str | None, as_json: bool, workspace: Path | None) -> None:
    from sopengine.cli.workplace import actor, moment_of, named_campaigns, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    place, said = workspace_at(workspace), the_reason(reason)
    with open_ledger(place, create=False) as store:
        if campaign in {one.id for one in store.queued()}:
            confirm(Text(f"{campaign} 不再排队吗？", f"Take {campaign} out of the queue?"), yes=yes, as_json=as_json)
            store.unqueue(campaign, moment_of(now, zone_of(store)), actor(), said)
            _tell_unqueued(campaign, said, as_json)
            return
        _refuse_ended(named_campaigns(store, campaign)[0])
        if not yes:
            note(_told(store.stopping(campaign)).get(language()))
        confirm(Text(f"停止 {campaign} 吗？", f"Stop {campaign}?"), yes=yes, as_json=as_json)
        done = store.stop(campaign, moment_of(now, zone_of(store)), actor(), said)
        wake(store.path)
    if as_json:
        say_json({"schema_version": 1, "campaign": campaign, "reason": said, **done._asdict()})
        return
    say(Text(f"已停止 {campaign}", f"stopped {campaign}").get(language()))
    say(_told(done).get(language()))


def _tell_unqueued(campaign: str, reason: str, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "schema_version": 1,
                "campaign": campaign,
                "reason": reason,
                "slots": 0,
                "messages": 0,
                "tasks": 0,
                "sending": 0,
            }
        )
        return
    text = Text(f"{campaign} 不再排队，不会开始", f"{campaign} is out of the queue and never begins")
    say(text.get(language()))


def _told(stopping: Stopping) -> Text:
    """What is taken back, and what cannot be."""
    sending = stopping.sending
    gone = Text(f"；{sending} 条正在发送，收不回来", f"; {sending} are being sent and cannot be called back")
    rest = gone if sending else Text("", "")
    return Text(
        f"撤回 {stopping.messages} 条消息、{stopping.tasks} 个任务、{stopping.slots} 个未到的时点{rest.zh}",
        f"withdrawn: {stopping.messages} messages, {stopping.tasks} tasks, {stopping.slots} slots ahead{rest.en}",
    )


def _refuse_ended(campaign: CampaignRow) -> None:
    if campaign.state not in ("running", "paused"):
        raise UsageError(Text(f"活动 {campaign.id} 已经结束", f"campaign {campaign.id} has ended"))

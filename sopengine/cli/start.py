"""`sopengine start PATH`: a checked playbook or campaign file, its inputs and data in; a running campaign out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.output import language, note, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import Refused, UsageError

if TYPE_CHECKING:
    from sopengine.channels.base import Channel
    from sopengine.engine.start import Place, Reach
    from sopengine.language.document import Document
    from sopengine.planning.model import Campaign
    from sopengine.store.rows import QueuedRow
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace

COUNTED = timedelta(days=30)
"""How far ahead the messages of a campaign without an end are counted for the question before the start."""

NIGHT_AFTER = timedelta(days=2)
"""A slot in the night after the last day still belongs to the campaign."""


def command(lang: str) -> click.Command:
    about = Text(
        "启动一个活动：检查、存下全部内容、排好时间。", "Start a campaign: check it, store all it needs, plan it."
    )
    params: list[click.Parameter] = [
        options.argument("playbook", metavar="PATH"),
        options.set_option(lang),
        options.audience_option(lang),
        options.option(
            lang, "--key", default="", text=Text("同一剧本另开一场时的名字", "A name for another run of it")
        ),
        options.flag(lang, "--skip-past", text=Text("跳过已经过去的时间", "Leave out slots that are already past")),
        options.flag(lang, "--yes", "-y", "yes", text=Text("不再询问", "Do not ask")),
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command("start", callback=start, params=params, help=about.get(lang))


def start(
    playbook: str,
    settings: tuple[str, ...],
    audiences: tuple[str, ...],
    key: str,
    skip_past: bool,
    yes: bool,
    now: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    from sopengine.cli.asked import the_one
    from sopengine.cli.campaign import read_campaign
    from sopengine.cli.workplace import actor, open_ledger, workspace_at
    from sopengine.engine import start as engine_start
    from sopengine.workspace import open_channels

    _refuse_odd(key)
    playbook = the_one(Path(playbook))
    place = workspace_at(workspace, Path(playbook).parent)
    read = read_campaign(playbook, place, options.pairs(settings, "--set"), options.source_files(audiences), now)
    if read.playbook is None or read.campaign is None or read.bundle is None or read.has_errors:
        raise Refused(Text("剧本有错误，没有启动", "the playbook has errors, nothing was started"), read.shown)
    _refuse_without_data(read.missing_sources)
    with open_ledger(place) as store:
        wanted = read.campaign.id + (f"-{key}" if key else "")
        found = engine_start.place_of(store, wanted, read.playbook.overlap)
        campaign = read.named(found.id)
        _refuse_past(campaign, skip_past)
        if role := engine_start.approved_by_the_author(campaign, read.bundle.files, actor()):
            raise Refused(own_words(role, actor()))
        end = engine_start.campaign_end(campaign) or campaign.start + COUNTED
        channels = open_channels(place)
        refuse_what_cannot_go_out(place, campaign, read.document, channels, end)
        counted = engine_start.reach(campaign, channels, end)
        _tell_place(store, found)
        if (counted or found.in_place_of) and not yes:
            _ask(counted, as_json)
        if found.after:
            waits = engine_start.queue(store, campaign, read.bundle, campaign.start, actor(), found)
            _told_waiting(waits, found, as_json)
            return
        row = engine_start.start(store, campaign, read.bundle, campaign.start, actor(), found)
        _wake(store)
        if as_json:
            document = {"campaign": row.id, "bundle": row.bundle, "started_at": row.started_at.isoformat()}
            say_json({"schema_version": 1, **document, "in_place_of": list(found.in_place_of), "after": []})
        else:
            _tell(row.id, row.title, counted)


def refuse_what_cannot_go_out(
    place: Workspace, campaign: Campaign, document: Document, channels: Mapping[str, Channel], end: datetime
) -> None:
    """Texts from tables without a row, channels that are not there or carry no such thing, missing secrets."""
    _refuse_without_rows(campaign, document, end + NIGHT_AFTER)
    _refuse_channels(campaign, channels)
    _refuse_to_one(campaign, document, channels)
    _refuse_without_secrets(place, campaign)


def own_words(role: str, person: str) -> Text:
    return Text(
        f"要由 {role} 批准，而那就是你（{person}）：自己启动、自己改的文字不能自己批，请别人来做",
        f"{role} has to approve, and that is you ({person}): let somebody else do it, nobody approves their own words",
    )


def _refuse_odd(key: str) -> None:
    if not all(sign.isalnum() or sign in "-_." for sign in key):
        raise UsageError(
            Text(f"--key {key} 里有不能用的字符", f"--key {key} holds a sign that cannot be used"),
            Text("只用文字、数字、- _ .", "use letters, digits, - _ . only"),
        )


def _refuse_without_data(missing: tuple[str, ...]) -> None:
    if missing:
        names = ", ".join(missing)
        raise Refused(
            Text(
                f"数据源 {names} 没有数据；在 sopengine.toml 的 [sources] 里写上，"
                f"或用 --audience {missing[0]}=文件.csv",
                f"no data for source {names}; list it under [sources] in sopengine.toml, "
                f"or give --audience {missing[0]}=FILE.csv",
            )
        )


def _refuse_past(campaign: Campaign, skip_past: bool) -> None:
    from sopengine.engine.start import past_slots
    from sopengine.timing.zones import zone

    past = past_slots(campaign)
    if past and not skip_past:
        first = past[0]
        local = f"{first.planned_at.astimezone(zone(first.zone)):%Y-%m-%d %H:%M}"
        raise Refused(
            Text(
                f"有 {len(past)} 个时间已经过去（最早是步骤 {first.step.id}，{local}）；"
                "要跳过它们请加 --skip-past，或在步骤上写 if_past",
                f"{len(past)} slots are already past (first: step {first.step.id} at {local}); "
                "add --skip-past to leave them out, or write if_past on the steps",
            )
        )


def _refuse_without_rows(campaign: Campaign, document: Document, end: datetime) -> None:
    from sopengine.planning.content_findings import findings_until

    if found := tuple(islice(findings_until(campaign, document, end), 20)):
        raise Refused(
            Text(
                "有时点在表格里找不到正好一行文字，没有启动",
                "the table of texts does not have exactly one row for each slot, nothing was started",
            ),
            found,
        )


def _refuse_channels(campaign: Campaign, channels: Mapping[str, Channel]) -> None:
    from sopengine.engine.start import addresses, without_images

    if names := [name for name in addresses(campaign) if name not in channels]:
        listed = ", ".join(name or "?" for name in names)
        raise Refused(
            Text(
                f"没有这些渠道：{listed}。在 sopengine.toml 里设 [channels.名字] 或 default_channel",
                f"no such channels: {listed}. Set [channels.NAME] or default_channel in sopengine.toml",
            )
        )
    if without := without_images(campaign, channels):
        listed = ", ".join(f"{channel} ({step})" for channel, step in without.items())
        raise Refused(
            Text(
                f"这些渠道带不了图片，没有启动：{listed}",
                f"these channels carry no images, nothing was started: {listed}",
            )
        )


def _refuse_to_one(campaign: Campaign, document: Document, channels: Mapping[str, Channel]) -> None:
    from sopengine.review.carrying import Carrying

    names = campaign.default_channel, campaign.tasks_via
    carrying = Carrying(campaign.playbook, document, channels, *names, campaign.sources)
    if found := tuple(carrying.to_one()):
        raise Refused(
            Text(
                "有的消息发给成员本人，而渠道只能发到群里，没有启动",
                "messages for one member would go through a channel that writes to groups, nothing was started",
            ),
            found,
        )


def _refuse_without_secrets(place: Workspace, campaign: Campaign) -> None:
    from sopengine.channels.kinds import missing_secrets
    from sopengine.channels.secrets import Secrets
    from sopengine.engine.start import addresses

    secrets = Secrets(place.root)
    used = addresses(campaign)
    reasons = [r for name, found in used.items() for r in missing_secrets(place.channels[name], found, secrets)]
    if reasons:
        listed = "; ".join(reasons)
        raise Refused(
            Text(f"缺少密钥，没有启动：{listed}", f"secrets are missing, nothing was started: {listed}"),
            help=Text(
                "放在环境变量 SOPENGINE_SECRET_名字，或工作区的 secrets/名字（权限 0600）",
                "put it in the environment as SOPENGINE_SECRET_NAME, or in secrets/NAME of the workspace (mode 0600)",
            ),
        )


def _ask(counted: list[Reach], as_json: bool) -> None:
    """Once, with the numbers; without a terminal to ask at, `--yes` has to be given."""
    for reach in counted:
        text = Text(
            f"将通过 {reach.channel} 向 {reach.targets} 个对象真实发出 {reach.messages} 条消息",
            f"{reach.messages} messages to {reach.targets} targets will really go out through {reach.channel}",
        )
        note(text.get(language()))
    if as_json or not sys.stdin.isatty():
        raise UsageError(
            Text("会真实发出消息，没有启动", "real messages would go out; nothing was started"),
            Text("确认无误后加 --yes", "add --yes when that is right"),
        )
    if not click.confirm(Text("启动吗？", "Start?").get(language())):
        raise Refused(Text("没有启动", "nothing was started"))


def _tell_place(store: Store, found: Place) -> None:
    """What happens to campaigns of the series that are under way, before anything is done."""
    for campaign in found.in_place_of:
        stopping = store.stopping(campaign)
        text = Text(
            f"{campaign} 会被停止，由 {found.id} 顶替：撤回 {stopping.messages} 条消息、{stopping.tasks} 个任务、"
            f"{stopping.slots} 个未到的时点",
            f"{campaign} is stopped, {found.id} takes its place: {stopping.messages} messages, {stopping.tasks} tasks "
            f"and {stopping.slots} slots ahead are withdrawn",
        )
        note(text.get(language()))


def _told_waiting(waits: QueuedRow, found: Place, as_json: bool) -> None:
    if as_json:
        document = {"campaign": waits.id, "bundle": waits.bundle, "started_at": None}
        say_json({"schema_version": 1, **document, "in_place_of": [], "after": list(found.after)})
        return
    before = ", ".join(found.after)
    text = Text(
        f"{waits.id}（{waits.title}）排着队：{before} 结束后自动开始，那时已经过去的时点会跳过。",
        f"{waits.id} ({waits.title}) waits: it begins by itself when {before} has ended; "
        "slots that are past by then are left out.",
    )
    say(text.get(language()))


def _wake(store: Store) -> None:
    from sopengine.engine.wake import wake

    wake(store.path)


def _tell(campaign: str, title: str, counted: list[Reach]) -> None:
    total = sum(reach.messages for reach in counted)
    real = (
        Text(f"将真实发出 {total} 条消息", f"{total} messages will really go out")
        if total
        else Text(
            "不会发给任何人（都写进文件或屏幕，或交给人办）",
            "nothing reaches anybody by itself (file, screen or a person's task)",
        )
    )
    say(
        Text(
            f"已启动 {campaign}（{title}），{real.zh}。\n由 sopengine run 或 sopengine tick 执行；"
            "sopengine status 看进展。",
            f"Started {campaign} ({title}); {real.en}.\nsopengine run or sopengine tick carries it out; "
            "sopengine status shows how it stands.",
        ).get(language())
    )

"""`sopengine status`: how every campaign stands, and what comes next."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sopengine.cli import options
from sopengine.cli.goals import goal_document, goal_lines
from sopengine.cli.output import language, one_line, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_FAILED, EXIT_NEEDS_A_PERSON, EXIT_OK, UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sopengine.planning.standings import Standing
    from sopengine.store.rows import CampaignRow, Counts, Parked, QueuedRow
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace

STATES = {
    "planned": Text("待发", "planned"),
    "claimed": Text("已领取", "claimed"),
    "sending": Text("发送中", "sending"),
    "sent": Text("已发", "sent"),
    "awaiting_confirm": Text("待人确认", "awaiting confirmation"),
    "confirmed": Text("已确认", "confirmed"),
    "failed": Text("失败", "failed"),
    "unknown": Text("不确定", "unknown"),
    "missed": Text("错过", "missed"),
    "skipped": Text("跳过", "skipped"),
    "entered": Text("进入", "entered"),
    "exited": Text("退出", "exited"),
    "withdrawn": Text("撤回", "withdrawn"),
    "open": Text("待办", "open"),
    "acknowledged": Text("已知悉", "acknowledged"),
    "done": Text("完成", "done"),
    "declined": Text("拒绝", "declined"),
    "overdue": Text("逾期", "overdue"),
    "fanned_out": Text("已展开", "fanned out"),
    "held": Text("按住", "held"),
    "parked": Text("暂歇", "parked"),
    "received": Text("已登记", "received"),
    "enrolled": Text("已进入", "enrolled"),
    "ignored": Text("无关", "ignored"),
    "moved": Text("改期", "moved"),
    "changed": Text("改动", "changed"),
    "reminded": Text("已提醒", "reminded"),
    "escalated": Text("已升级", "escalated"),
    "reassigned": Text("转交", "reassigned"),
    "settled": Text("不必再看", "settled"),
    "restored": Text("已恢复", "restored"),
    "silent": Text("停过", "silent"),
    "noted": Text("只记下", "noted"),
    "queued": Text("排队", "queued"),
    "running": Text("进行中", "running"),
    "paused": Text("已暂停", "paused"),
    "stopped": Text("已停止", "stopped"),
    "finished": Text("已结束", "finished"),
}


def word(state: str) -> str:
    """A state as the user's language says it; the log also has words of occurrences, which stay as they are."""
    return STATES[state].get(language()) if state in STATES else state


def command(lang: str) -> click.Command:
    about = Text(
        "查看各活动进展。有失败或不确定的发送时，退出码为 5。",
        "Show how campaigns stand. Exit code 5 when deliveries failed or are unknown.",
    )
    params: list[click.Parameter] = [
        options.argument("campaign", required=False),
        options.flag(lang, "--health", "health_only", text=HEALTH),
        options.flag(lang, "--alert", text=ALERT),
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command("status", callback=status, params=params, help=about.get(lang))


HEALTH = Text(
    "只输出一行给监控：0 正常，5 有事等人，3 停了", "One line for monitors: exit 0 well, 5 needs a person, 3 stopped"
)
ALERT = Text("和 --health 一起用：停了就按 [alerts] 通知", "With --health: if it has stopped, tell whom [alerts] names")


def status(
    campaign: str | None,
    health_only: bool,
    alert: bool,
    now: str | None,
    workspace: Path | None,
    as_json: bool,
) -> int:
    from sopengine.cli.workplace import moment_of, named_campaigns, open_ledger, workspace_at, zone_of

    place = workspace_at(workspace)
    if alert and not health_only:
        raise UsageError(Text("--alert 要和 --health 一起用", "--alert goes with --health"))
    if health_only:
        return _health(place, now, alert=alert, as_json=as_json)
    with open_ledger(place, read_only=True, create=False) as store:
        zone_of_all = zone_of(store)
        moment = moment_of(now, zone_of_all)
        queued = [one for one in store.queued() if campaign in (None, one.id, one.series)]
        rows = named_campaigns(store, campaign) if not any(one.id == campaign for one in queued) else []
        found = [(row, store.counts(row.id), goals_of(place, store, row, moment)) for row in rows]
        last = store.last_tick()
        parked = store.parked(moment)
    if as_json:
        say_json(
            {
                "schema_version": 1,
                "as_of": moment.isoformat(),
                "campaigns": [_document(*one) for one in found],
                "queued": [_waiting(one, queued) for one in queued],
                "parked": [
                    {"address": one.name, "until": one.until.isoformat(), "reason": one.reason} for one in parked
                ],
            }
        )
    else:
        if found or not queued:
            _print(found, moment, last)
        _print_queued(queued)
        _print_parked(parked, zone_of_all)
    return EXIT_NEEDS_A_PERSON if any(counts.needs for _, counts, _ in found) else EXIT_OK


def _health(place: Workspace, now: str | None, *, alert: bool, as_json: bool) -> int:
    from sopengine.cli.health import document, health
    from sopengine.cli.workplace import alerting_for, moment_of, open_ledger, zone_of
    from sopengine.workspace import open_channels

    with open_ledger(place, read_only=not alert, create=False) as store:
        moment = moment_of(now, zone_of(store))
        found = store.vitals(moment)
        code, line = health(found, moment, place.alerts.silent)
        if alert and code == EXIT_FAILED and (alerting := alerting_for(place, store, open_channels(place))):
            alerting.begin_pass(moment)
            alerting.tell(moment)
    if as_json:
        say_json(document(code, line, found, moment, language()))
    else:
        say(one_line(line.get(language())))
    return code


def goals_of(place: Workspace, store: Store, row: CampaignRow, now: datetime) -> list[Standing]:
    """How a campaign stands against its goals; boards are read as they are now."""
    from sopengine.engine.bundle import unpack
    from sopengine.engine.campaigns import campaign_from
    from sopengine.planning.past import Past
    from sopengine.planning.standings import standings
    from sopengine.planning.targets import Targets
    from sopengine.timing.zones import zone
    from sopengine.workspace import Sources

    campaign = campaign_from(row, unpack(store.bundle(row.bundle)), store.anchors(row.id))
    if not campaign.playbook.goals:
        return []
    tables = Sources(place)
    return standings(Past(Targets(campaign), store, now, zone(row.zone), tables.rows))


def _print(found: list[tuple[CampaignRow, Counts, list[Standing]]], now: datetime, last: datetime | None) -> None:
    from sopengine.timing.zones import zone

    if not found:
        say(
            Text("还没有活动。用 sopengine start 启动一个。", "No campaigns yet. Start one with sopengine start.").get(
                language()
            )
        )
        return
    for row, counts, goals in found:
        here = zone(row.zone)
        next_due = f"{counts.next_due.astimezone(here):%Y-%m-%d %H:%M}" if counts.next_due else "-"
        say(f"{row.id}  {row.title}  [{word(row.state)}]")
        labels = Text("下一步 {0}；已排未到 {1} 个时间", "next {0}; {1} slots ahead").get(language())
        say("  " + labels.format(next_due, counts.occurrences_ahead))
        for event, number in counts.waiting.items():
            say("  " + Text(f"等 {event}：{number} 个时间", f"waiting for {event}: {number} slots").get(language()))
        for title, numbers in ((Text("消息", "messages"), counts.deliveries), (Text("任务", "tasks"), counts.tasks)):
            shown = "  ".join(f"{word(state)} {number}" for state, number in numbers.items() if number)
            if shown:
                say(f"  {title.get(language())}: {shown}")
        if counts.needs:
            needed = Text(
                f"要人处理：{counts.needs} 项，见 sopengine resolve",
                f"needs a person: {counts.needs}, see sopengine resolve",
            )
            say("  " + needed.get(language()))
        for line in goal_lines(goals, language()):
            say("  " + line)
    if last is not None:
        text = Text("上一遍执行于 {0}", "last pass at {0}").get(language())
        say(text.format(last.astimezone(zone(found[0][0].zone)).isoformat(timespec="seconds")))


def _print_queued(queued: list[QueuedRow]) -> None:
    for one in queued:
        place = _place(one, queued)
        text = Text(
            f"{one.id}  {one.title}  [排队第 {place}]  {one.series} 这一场结束后开始；不要了：sopengine stop {one.id}",
            f"{one.id}  {one.title}  [queued, number {place}]  begins when the run of {one.series} ends; "
            f"to take it out: sopengine stop {one.id}",
        )
        say(one_line(text.get(language())))


def _place(one: QueuedRow, queued: list[QueuedRow]) -> int:
    return [other.id for other in queued if other.series == one.series].index(one.id) + 1


def _waiting(one: QueuedRow, queued: list[QueuedRow]) -> dict[str, Any]:
    return {
        "campaign": one.id,
        "playbook": one.playbook,
        "title": one.title,
        "series": one.series,
        "place": _place(one, queued),
        "asked_at": one.asked_at.isoformat(),
        "asked_by": one.asked_by,
    }


def _print_parked(parked: list[Parked], zone: ZoneInfo) -> None:
    for one in parked:
        until = f"{one.until.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        text = Text(
            f"地址 {one.name} 暂歇到 {until}：{one.reason}；提前放开：sopengine resume --address {one.name}",
            f"address {one.name} rests until {until}: {one.reason}; "
            f"to release it: sopengine resume --address {one.name}",
        )
        say(one_line(text.get(language())))


def _document(row: CampaignRow, counts: Counts, goals: list[Standing]) -> dict[str, Any]:
    return {
        "campaign": row.id,
        "playbook": row.playbook,
        "title": row.title,
        "state": row.state,
        "started_at": row.started_at.isoformat(),
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
        "next_due": counts.next_due.isoformat() if counts.next_due else None,
        "occurrences_ahead": counts.occurrences_ahead,
        "waiting_for": dict(counts.waiting),
        "deliveries": dict(counts.deliveries),
        "tasks": dict(counts.tasks),
        "needs_a_person": counts.needs,
        "goals": [goal_document(goal) for goal in goals],
    }

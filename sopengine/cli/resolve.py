"""`sopengine resolve [ID]`: lists what needs a person with its evidence, and takes what the person found out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sopengine.cli import options
from sopengine.cli.named import one_delivery, reason_option, the_reason
from sopengine.cli.output import language, one_line, say, say_json
from sopengine.cli.status import word
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_NEEDS_A_PERSON, EXIT_OK, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from sopengine.store.hands import Verdict
    from sopengine.store.rows import Attempt, HeldFlow, Need, Resolved
    from sopengine.store.store import Store


def command(lang: str) -> click.Command:
    about = Text(
        "处理不确定的发送。不写编号时列出要人处理的事和依据，退出码为 5。",
        "Settle deliveries that are unknown. Without an ID: list what needs a person, with its evidence (exit code 5).",
    )
    params: list[click.Parameter] = [
        options.argument("delivery", required=False, metavar="ID"),
        options.flag(lang, "--sent", text=Text("查实已送到", "It did arrive")),
        options.flag(lang, "--not-sent", "not_sent", text=Text("查实没有送到", "It did not arrive")),
        options.flag(lang, "--resend", text=Text("再发一次，也许会收到两条", "Send it again; it may arrive twice")),
        reason_option(lang),
        options.option(lang, "--campaign", text=Text("只列这个活动的", "List only this campaign's")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("resolve", callback=resolve, params=params, help=about.get(lang))


def resolve(
    delivery: str | None,
    sent: bool,
    not_sent: bool,
    resend: bool,
    reason: str,
    campaign: str | None,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> int:
    from sopengine.cli.workplace import actor, moment_of, named_campaigns, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    verdict = _verdict(sent, not_sent, resend)
    place = workspace_at(workspace)
    if delivery is None:
        if verdict is not None:
            raise UsageError(Text("要写明是哪一次送达的编号", "the ID of a delivery is needed"))
        with open_ledger(place, read_only=True, create=False) as store:
            named_campaigns(store, campaign)
            return _list(store, campaign, zone_of(store), as_json=as_json)
    if verdict is None:
        raise UsageError(
            Text("要写 --sent、--not-sent 或 --resend", "give --sent, --not-sent or --resend"),
        )
    with open_ledger(place, create=False) as store:
        need = one_delivery(store, delivery)
        zone = zone_of(store)
        resolved = store.resolve(need.id, verdict, moment_of(now, zone), actor(), the_reason(reason))
        held = {flow.step for flow in store.held_flows(need.campaign)}
        wake(store.path)
    if as_json:
        say_json({"schema_version": 1, "delivery": need.id, "key": need.key, **_outcome(resolved, zone)})
    else:
        say(_told(need, resolved, zone, waits=need.step in held).get(language()))
    return EXIT_OK


def _verdict(sent: bool, not_sent: bool, resend: bool) -> Verdict | None:
    given: list[Verdict] = []
    given += ["sent"] if sent else []
    given += ["not-sent"] if not_sent else []
    given += ["resend"] if resend else []
    if len(given) > 1:
        raise UsageError(
            Text("--sent、--not-sent、--resend 只能用一个", "--sent, --not-sent and --resend exclude each other")
        )
    return given[0] if given else None


def _outcome(resolved: Resolved, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "done": resolved.done,
        "state": resolved.state.name.lower(),
        "by": resolved.by,
        "at": resolved.at.astimezone(zone).isoformat(timespec="seconds"),
        "reason": resolved.reason,
    }


def _told(need: Need, resolved: Resolved, zone: ZoneInfo, *, waits: bool) -> Text:
    state = resolved.state.name.lower()
    if not resolved.done:
        at = resolved.at.astimezone(zone).isoformat(timespec="seconds")
        return Text(
            f"送达 {need.id} 并非不确定：{resolved.by} 已在 {at} 记为{word(state)}",
            f"delivery {need.id} is not unknown: {resolved.by} recorded it as {word(state)} at {at}",
        )
    done = Text(f"送达 {need.id} 记为{word(state)}", f"delivery {need.id} is now {word(state)}")
    if state != "failed":
        return done
    flow = Text("；它的流程还等着", "; its flow still waits") if waits else Text("", "")
    return Text(
        f"{done.zh}{flow.zh}。再发：sopengine retry {need.id}；不发了：sopengine skip {need.id}",
        f"{done.en}{flow.en}. To send it: sopengine retry {need.id}; to leave it out: sopengine skip {need.id}",
    )


def _list(store: Store, campaign: str | None, zone: ZoneInfo, *, as_json: bool) -> int:
    needs, held = store.needs(campaign), store.held_flows(campaign)
    if as_json:
        deliveries = [document(need, zone) for need in needs]
        say_json({"schema_version": 1, "deliveries": deliveries, "flows": [_flow(flow, zone) for flow in held]})
    elif not needs and not held:
        say(Text("没有要人处理的事", "nothing needs a person").get(language()))
    else:
        for need in needs:
            _print(need, zone)
        for flow in held:
            say(one_line(_flow_line(flow, zone).get(language())))
    return EXIT_NEEDS_A_PERSON if needs or held else EXIT_OK


def _print(need: Need, zone: ZoneInfo) -> None:
    head = f"{need.id:>5}  {word(need.state.name.lower())}  {need.campaign}/{need.step}  {need.target}"
    say(one_line(f"{head}  {_short(need.slot, zone)}  {need.bucket}  {need.reason}"))
    for number, attempt in enumerate(need.attempts, 1):
        say(one_line("       " + _attempt_line(number, attempt, zone).get(language())))
    if need.text:
        first = need.text.strip().splitlines()[0][:60] if need.text.strip() else ""
        say(one_line("       " + Text(f"文字：{first}", f"text: {first}").get(language())))


def _attempt_line(number: int, attempt: Attempt, zone: ZoneInfo) -> Text:
    at = f"{attempt.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    status = f"  HTTP {attempt.status}" if attempt.status is not None else ""
    excerpt = f"  {attempt.excerpt[:120]}" if attempt.excerpt else ""
    outcome = attempt.outcome or "-"
    return Text(
        f"第 {number} 次 {at}  {word(outcome)}{status}{excerpt}",
        f"attempt {number} at {at}  {word(outcome)}{status}{excerpt}",
    )


def _flow_line(flow: HeldFlow, zone: ZoneInfo) -> Text:
    key = flow.key[:10]
    at = _short(flow.slot, zone)
    return Text(
        f"{key}  流程等人  {flow.campaign}/{flow.flow}  {flow.subject}  必需的步骤 {flow.step}（{at}）没有做成；"
        f"放行：sopengine skip {key}",
        f"{key}  flow waits  {flow.campaign}/{flow.flow}  {flow.subject}  required step {flow.step} ({at}) did not end "
        f"well; to let it go on: sopengine skip {key}",
    )


def _short(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%m-%d %H:%M}"


def document(need: Need, zone: ZoneInfo) -> dict[str, Any]:
    def shown(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(zone).isoformat()

    return {
        "id": need.id,
        "key": need.key,
        "campaign": need.campaign,
        "step": need.step,
        "target": need.target,
        "slot": shown(need.slot),
        "channel": need.channel,
        "address": need.bucket,
        "state": need.state.name.lower(),
        "reason": need.reason,
        "text": need.text,
        "useful_until": shown(need.useful_until),
        "attempts": [
            {
                "started_at": shown(attempt.started_at),
                "ended_at": shown(attempt.ended_at),
                "outcome": attempt.outcome,
                "status": attempt.status,
                "excerpt": attempt.excerpt,
            }
            for attempt in need.attempts
        ],
    }


def _flow(flow: HeldFlow, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "key": flow.key,
        "campaign": flow.campaign,
        "flow": flow.flow,
        "subject": flow.subject,
        "step": flow.step,
        "slot": flow.slot.astimezone(zone).isoformat(),
    }

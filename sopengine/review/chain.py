"""What an explanation is made of: links, what holds around a slot, and what keeps it waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.language.model import Playbook
from sopengine.review.reasons import clause
from sopengine.store.rows import CampaignRow, Parked, Pause
from sopengine.store.stories import Thing, Told


class Link(Struct, frozen=True):
    """One link of the chain. `kind`: plan, targets, condition, wait, held, paused, attempt, person, end or next."""

    kind: str
    text: Text
    at: datetime | None = None


class Asked(Struct, frozen=True):
    """An approval that was asked for. `holds`: of the words as they are now."""

    person: str
    at: datetime
    state: str
    decided_at: datetime | None
    by: str
    reason: str
    holds: bool


class Around(Struct, frozen=True):
    """What holds for the campaign as a whole. `state_word` is the line of the log that says how it came to its state;
    `in_audience`: whether the target is among those whom the step is for, None where that is not asked or not known."""

    campaign: CampaignRow
    playbook: Playbook
    now: datetime
    words: Mapping[str, Text]  # of states
    pauses: Sequence[Pause] = ()
    parked: Sequence[Parked] = ()
    state_word: Told | None = None
    target: str = ""
    in_audience: bool | None = None
    approvals: Sequence[Asked] = ()


def around_it(around: Around, zone: ZoneInfo, channel: str = "") -> list[Link]:
    """Pauses, and an end of the campaign."""
    links = []
    wanted = {("all", ""), ("campaign", around.campaign.id), ("sends", around.campaign.id), ("channel", channel)}
    for pause in around.pauses:
        if (pause.scope, pause.name) in wanted and (pause.scope != "channel" or channel):
            at = f"{pause.at.astimezone(zone):%m-%d %H:%M}"
            what, why = pause.name or "--all", f"（{pause.reason}）" if pause.reason else ""
            why_en = f" ({pause.reason})" if pause.reason else ""
            text = Text(f"{pause.actor} 在 {at} 暂停了 {what}{why}", f"{pause.actor} paused {what} at {at}{why_en}")
            links.append(Link("paused", text, pause.at))
    if around.campaign.state in ("stopped", "finished"):
        links.append(Link("end", _ended(around, zone)))
    return links


def approved(around: Around, zone: ZoneInfo) -> list[Link]:
    """Who was asked to approve its words, and what they said."""
    links = []
    for one in around.approvals:
        at = f"{(one.decided_at or one.at).astimezone(zone):%m-%d %H:%M}"
        after = Text("", "") if one.holds else Text("，后来文字改过，作废", ", which was voided when they were edited")
        if one.state == "done":
            text = Text(f"{one.by} 在 {at} 批准了文字{after.zh}", f"{one.by} approved its words at {at}{after.en}")
        elif one.state == "declined":
            text = Text(
                f"{one.by} 在 {at} 驳回了文字（{one.reason}）{after.zh}",
                f"{one.by} rejected its words at {at} ({one.reason}){after.en}",
            )
        elif one.holds:
            who = one.person or Text("没有人", "nobody").zh
            text = Text(
                f"文字 {at} 起等 {who} 批准", f"its words wait for {one.person or 'nobody'} to approve them since {at}"
            )
        else:
            continue
        links.append(Link("person", text, one.decided_at or one.at))
    return links


def _ended(around: Around, zone: ZoneInfo) -> Text:
    state = word_of(around.campaign.state, around)
    told = around.state_word
    if told is None:
        return Text(f"活动{state.zh}", f"the campaign is {state.en}")
    at, why = f"{told.at.astimezone(zone):%m-%d %H:%M}", clause(told.reason, zone)
    return Text(
        f"活动在 {at} {state.zh}（{told.actor}：{why.zh}）",
        f"the campaign was {state.en} at {at} ({told.actor}: {why.en})",
    )


def waiting(thing: Thing, around: Around, zone: ZoneInfo, *, told: bool) -> list[Link]:
    """A delivery that is still to go: until when, and what holds it. `told`: the chain has said so already."""
    links = around_it(around, zone, thing.channel)
    for one in around.parked:
        if one.name == thing.bucket:
            until = f"{one.until.astimezone(zone):%m-%d %H:%M:%S}"
            text = Text(
                f"地址 {one.name} 暂歇到 {until}（{one.reason}）",
                f"address {one.name} rests until {until} ({one.reason})",
            )
            links.append(Link("held", text, one.until))
    if told and not links:
        return links
    if thing.run_after is not None and thing.run_after > around.now:
        until = f"{thing.run_after.astimezone(zone):%m-%d %H:%M}"
        why = clause(thing.reason or thing.hold, zone)
        because, because_en = (f"（{why.zh}）", f" ({why.en})") if why.en else ("", "")
        links.append(
            Link("next", Text(f"等到 {until}{because}", f"it waits until {until}{because_en}"), thing.run_after)
        )
    elif not links:
        links.append(Link("next", Text("等下一轮执行", "it waits for the next pass")))
    return links


def word_of(state: str, around: Around) -> Text:
    return around.words.get(state, Text(state, state))

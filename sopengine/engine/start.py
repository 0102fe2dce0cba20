"""Start a campaign: refuse what cannot be carried out, store the bundle, plan the first horizon."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

from msgspec import Struct

from sopengine.channels.base import Channel
from sopengine.diagnostics import Text
from sopengine.engine.ahead import plan_ahead
from sopengine.engine.bundle import Bundle
from sopengine.engine.campaigns import Running
from sopengine.errors import Refused
from sopengine.language.model import Overlap, Send, Task
from sopengine.planning.approvals import approvals_of
from sopengine.planning.deliveries import address_of, channel_for, fan_out
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import SUBJECT, Targets
from sopengine.store.rows import CampaignRow, QueuedRow
from sopengine.store.store import Store

BEGINNING = datetime.min.replace(tzinfo=UTC)
ENDED = ("finished", "stopped")


class Reach(Struct, frozen=True):
    """What a start would set going, by channel: how many messages of the planned window, and to how many targets."""

    channel: str
    messages: int
    targets: int


class Place(NamedTuple):
    """Where a new campaign comes among those of its series: at once, `in_place_of` others, or `after` those that run
    and those that wait already."""

    id: str
    series: str
    in_place_of: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def place_of(store: Store, wanted: str, overlap: Overlap | None) -> Place:
    """`wanted`: its playbook, or the name its file gives it, with its key. One at a time, unless the playbook says
    otherwise (semantics.md S4); Refused where there is no place. The id is the next free one after earlier runs."""
    rows, waiting = store.campaigns(), store.queued()
    taken = {row.id for row in rows} | {one.id for one in waiting}
    id_ = next(name for name in _names(wanted) if name not in taken)
    running = [row.id for row in rows if row.series == wanted and row.state not in ENDED]
    queue = [one.id for one in waiting if one.series == wanted]
    kind = overlap.kind if overlap is not None else ""
    if kind == "restart":
        return Place(id_, wanted, in_place_of=tuple(running))
    if not (running or (queue and kind == "queue")):
        return Place(id_, wanted)
    if overlap is None:
        raise Refused(
            Text(
                f"活动 {running[0]} 还在进行；同一剧本再开一场请用 --key",
                f"campaign {running[0]} is still running; give --key for another one of this playbook",
            ),
            help=Text(
                "或在剧本里写 overlap: queue(n)、restart 或 parallel(n)",
                "or write overlap: queue(n), restart or parallel(n) in the playbook",
            ),
        )
    if kind == "parallel" and len(running) < overlap.most:
        return Place(id_, wanted)
    if kind == "queue" and len(queue) < overlap.most:
        return Place(id_, wanted, after=(*running, *queue))
    listed = ", ".join(queue if kind == "queue" else running)
    raise Refused(
        Text(
            f"overlap: {kind}({overlap.most}) 已经满了：{listed}", f"overlap: {kind}({overlap.most}) is full: {listed}"
        )
    )


def _names(wanted: str) -> Iterator[str]:
    yield wanted
    yield from (f"{wanted}-{number}" for number in count(2))


def approved_by_the_author(
    campaign: Campaign, files: Mapping[str, bytes], actor: str, asked: Collection[str] = ()
) -> str:
    """The first role that has to approve and whose person is the one who starts or changes the campaign; "" where there
    is none. `asked`: keys of approvals that do not have to be asked for anew.
    Nobody else would be asked, so nothing would ever be sent."""
    targets = Targets(campaign)
    for approval in approvals_of(campaign, files):
        if approval.key(campaign.id) in asked:
            continue
        post = next(iter(targets.rows(approval.role)), None)
        if post is not None and targets.person(approval.role, post) == actor:
            return approval.role
    return ""


def past_slots(campaign: Campaign) -> list[Occurrence]:
    """Dated slots before the start that nobody has decided about (`if_past`)."""
    before = plan(campaign, Targets(campaign), BEGINNING, campaign.start)
    return [o for o in before if not o.step.if_past and not o.waits_for]


def reach(campaign: Campaign, channels: Mapping[str, Channel], end: datetime) -> list[Reach]:
    """Per channel that reaches people: messages and targets up to `end`; at most, where that depends on what happens
    until then."""
    targets = Targets(campaign).widest()
    messages: dict[str, int] = {}
    people: dict[str, set[str]] = {}
    for occurrence in plan(campaign, targets, BEGINNING, end):
        if isinstance(occurrence.step.action, Task):
            continue
        for delivery in fan_out(campaign, targets, occurrence):
            if not campaign.start <= delivery.due_at < end:
                continue
            if delivery.skip or delivery.channel not in channels or not channels[delivery.channel].reaches_people:
                continue
            messages[delivery.channel] = messages.get(delivery.channel, 0) + 1
            people.setdefault(delivery.channel, set()).add(delivery.target_id)
    return [Reach(name, number, len(people[name])) for name, number in messages.items()]


def campaign_end(campaign: Campaign) -> datetime | None:
    return Targets(campaign).calendars.span(campaign.playbook.timezone).end


def addresses(campaign: Campaign) -> dict[str, set[str]]:
    """The channels that steps would use, each with the addresses it would write to; "" stands for no channel at all."""
    targets = Targets(campaign)
    found: dict[str, set[str]] = {}
    for step in campaign.playbook.steps():
        rows = targets.everybody() if step.to == SUBJECT else targets.rows(step.to)
        for row in rows or ({"id": ""},):
            channel = channel_for(targets, step, row)
            if channel or not isinstance(step.action, Task):  # a task needs no channel: people see it in the list
                found.setdefault(channel, set()).add(address_of(row))
    return found


def without_images(campaign: Campaign, channels: Mapping[str, Channel]) -> dict[str, str]:
    """Channels that a message with a picture would go through although they carry none → the first such step."""
    targets = Targets(campaign)
    found: dict[str, str] = {}
    for step in (way for one in campaign.playbook.steps() for _, way in one.all_arms()):
        if not (isinstance(step.action, Send) and step.action.message.has_image):
            continue
        for row in targets.everybody() if step.to == SUBJECT else targets.rows(step.to):
            channel = channels.get(channel_for(targets, step, row))
            if channel is not None and not channel.images:
                found.setdefault(channel_for(targets, step, row), step.id)
    return found


def start(
    store: Store, campaign: Campaign, bundle: Bundle, now: datetime, actor: str, place: Place | None = None
) -> CampaignRow:
    """Everything in the store or nothing visible: the campaign's row comes after its bundle, its plan after both."""
    hash_, packed = bundle.pack()
    store.add_bundle(hash_, packed)
    row = CampaignRow(
        id=campaign.id,
        playbook=campaign.playbook.id,
        title=campaign.playbook.title,
        bundle=hash_,
        zone=campaign.playbook.timezone,
        state="running",
        started_at=campaign.start,
        started_by=actor,
        planned_until=None,
        ends_at=campaign_end(campaign),
        series=place.series if place else campaign.id,
    )
    store.add_campaign(row, now, actor, place.in_place_of if place else ())
    plan_ahead(store, Running(row, campaign, Targets(campaign)), now)
    return row


def queue(store: Store, campaign: Campaign, bundle: Bundle, now: datetime, actor: str, place: Place) -> QueuedRow:
    """It begins when those of its series before it have ended; until then nothing of it is planned."""
    hash_, packed = bundle.pack()
    store.add_bundle(hash_, packed)
    playbook = campaign.playbook
    row = QueuedRow(campaign.id, place.series, playbook.id, playbook.title, hash_, playbook.timezone, now, actor)
    store.add_queued(row, place.after, actor)
    return row

"""Planned deliveries of any campaign → what the look across campaigns counts of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

from sopengine.language.guards import Scope
from sopengine.language.model import Send, Task
from sopengine.planning.forecast import Entry, Fate
from sopengine.planning.model import PlannedDelivery
from sopengine.planning.recipients import recipient_of
from sopengine.planning.targets import MEMBER, Targets
from sopengine.timing.zones import zone as zone_named


class Post(NamedTuple):
    """One message or task at its time, aware, in its zone. `counts`: for whom and what it counts, by scope."""

    at: datetime
    campaign: str
    step: str
    slot: str
    recipient: str
    channel: str
    address: str
    is_task: bool
    role: str
    person: str
    is_member: bool

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def counts(self) -> Mapping[Scope, str]:
        found: dict[Scope, str] = {"target": self.recipient, "sender": self.channel, "address": self.address}
        return {**found, "member": self.recipient} if self.is_member else found


def post_of(campaign: str, targets: Targets, one: PlannedDelivery, at: datetime) -> Post | None:
    """None for what neither speaks nor gives work."""
    step = one.step
    if one.skip or not isinstance(step.action, Send | Task):
        return None
    is_task = isinstance(step.action, Task)
    return Post(
        at.astimezone(zone_named(one.occurrence.zone)),
        campaign,
        one.occurrence.step.id,
        one.occurrence.key,
        recipient_of(targets, step.to, one.receiver),
        one.channel,
        one.bucket,
        is_task,
        step.to,
        one.person if is_task else "",
        step.to == MEMBER,
    )


def posts_of(entries: Iterable[Entry], fates: Mapping[str, Fate]) -> Iterator[tuple[Post, PlannedDelivery]]:
    """Those that will go, at the time at which they will."""
    for entry in entries:
        fate = fates.get(entry.key)
        if fate is None or not fate.state:
            at = fate.at if fate else entry.delivery.due_at
            if post := post_of(entry.campaign.id, entry.targets, entry.delivery, at):
                yield post, entry.delivery

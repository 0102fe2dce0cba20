"""What is claimed and rendered in, what a channel is given out."""

from __future__ import annotations

from sopengine.channels.base import Image, Outgoing
from sopengine.planning.identity import hand_over_key
from sopengine.planning.model import PlannedDelivery
from sopengine.planning.targets import MEMBER
from sopengine.store.delivery_rows import Claimed
from sopengine.store.rows import NewTask


def as_said(claimed: Claimed, planned: PlannedDelivery) -> PlannedDelivery:
    """What has its text already, and maybe a reader of its own, is not rendered."""
    return planned._replace(template="", person=claimed.person or planned.person)


def outgoing(claimed: Claimed, planned: PlannedDelivery, text: str, image: Image | None, *, listed: bool) -> Outgoing:
    """`listed`: an audience has the target, and with it the way to reach it."""
    return Outgoing(
        key=claimed.key,
        text=text,
        address=planned.address,
        format=planned.message.format,
        mention=planned.message.mention,
        target=claimed.target,
        campaign=claimed.campaign,
        step=claimed.step,
        slot=planned.occurrence.planned_at.isoformat(),
        person=planned.person,
        image=image,
        private=planned.step.to == MEMBER and not planned.address and not listed,
    )


def hand_over(claimed: Claimed, planned: PlannedDelivery, outgoing: Outgoing) -> NewTask:
    """A person is to post this text, with its picture: a task that confirms the delivery when it is done."""
    return NewTask(
        key=hand_over_key(claimed.key),
        occurrence=claimed.occurrence,
        target=claimed.target,
        person=planned.person,
        title=f"{outgoing.text}\n[{outgoing.image.name}]" if outgoing.image else outgoing.text,
        due_at=claimed.useful_until,
        reason="" if planned.person else "unassigned",
    )

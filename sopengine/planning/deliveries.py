"""An occurrence × its targets → planned deliveries: who gets it, through which channel, with which data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sopengine.language.expressions.conditions import evaluate
from sopengine.language.model import Message, Row, Send, Step, Task
from sopengine.language.modules.handed import inputs_for
from sopengine.planning.content import content_of
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery
from sopengine.planning.spans import campaign_span
from sopengine.planning.targets import Targets
from sopengine.timing.zones import zone as zone_named

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

SUBJECT = "target"
"""`to: target`: the subject of the journey itself."""


def fan_out(campaign: Campaign, targets: Targets, occurrence: Occurrence) -> Iterator[PlannedDelivery]:
    """Every delivery of one occurrence, in the source's order; those a condition rules out carry their reason."""
    return deliveries_for(campaign, targets, occurrence, _rows(targets, occurrence))


def deliveries_for(
    campaign: Campaign, targets: Targets, occurrence: Occurrence, rows: Iterable[Row]
) -> Iterator[PlannedDelivery]:
    """The same for given rows: the engine hands in the rows whose deliveries it has claimed."""
    step = occurrence.step
    message = message_of(step)
    shared = shared_data(campaign, occurrence)
    condition = step.if_.text if step.if_ else ""
    for row in rows:
        person = "" if row is occurrence.subject and step.to != SUBJECT else targets.person(step.to, row)
        own = {"target": row, "person": {"name": person}}
        content = content_of(message, occurrence.number, {**shared, **own} if message.table else shared)
        yield PlannedDelivery(
            occurrence=occurrence,
            target=row,
            channel=channel_for(targets, step, row),
            address=address_of(row),
            message=content.message,
            template=content.template,
            shared=shared,
            own=own,
            person=person,
            skip=_skip(targets, occurrence, row, condition, shared, own),
            lookup=content.lookup,
        )


def message_of(step: Step) -> Message:
    """What the step says: its message, or its task's title as one."""
    match step.action:
        case Send(message):
            return message
        case Task() as task:
            return Message(step.id, (*step.path, "task"), (task.title,), ((*step.path, "task"),))
    raise ValueError(f"step {step.id} says nothing: {type(step.action).__name__}")


def shared_data(campaign: Campaign, occurrence: Occurrence) -> dict[str, Any]:
    """The namespaces that all deliveries of an occurrence share (language.md, Conditions and names)."""
    zone = zone_named(occurrence.zone)
    local: datetime = occurrence.planned_at.astimezone(zone)
    span = campaign_span(campaign, zone)
    return {
        "input": inputs_for(campaign.playbook, occurrence.step, campaign.inputs),
        "slot": {
            "date": occurrence.date,
            "time": local.time(),
            "weekday": WEEKDAYS[occurrence.date.weekday()],
            "number": occurrence.number,
            "day": occurrence.phase_day,
        },
        "campaign": {"id": campaign.id, "start": span.first, "day": (occurrence.date - span.first).days + 1},
        "step": {"id": occurrence.step.own_id},
        "event": dict(occurrence.event or {}),
    }


def _rows(targets: Targets, occurrence: Occurrence) -> Iterable[Row]:
    subject, step = occurrence.subject, occurrence.step
    if subject is None:
        return targets.in_zone(step.to, occurrence.zone)
    if step.to == SUBJECT:
        return (subject,)
    if step.to in targets.campaign.playbook.roles:
        return (targets.for_role(step.to, subject) or subject,)
    return targets.rows(step.to)


def _skip(
    targets: Targets,
    occurrence: Occurrence,
    row: Row,
    condition: str,
    shared: Mapping[str, Any],
    own: Mapping[str, Any],
) -> str:
    """Why this delivery will not be carried out: a false or unknown condition, or nobody to send it to."""
    if condition and evaluate(condition, {**shared, **own}) is not True:
        return "condition"
    step = occurrence.step
    to_role = step.to in targets.campaign.playbook.roles
    if to_role and row is occurrence.subject and isinstance(step.action, Send):
        return "unassigned"
    return ""


def address_of(row: Mapping[str, Any]) -> str:
    """The row's `address`, or the name of its secret; "" leaves it to the channel's own."""
    return str(row.get("address") or row.get("secret") or "")


def channel_for(targets: Targets, step: Step, row: Mapping[str, Any]) -> str:
    """Step `via`, else the row's column, else the audience's or role's `via`, else the workspace's default."""
    campaign = targets.campaign
    to = targets.home(str(row["id"])) if step.to == SUBJECT else step.to
    group = campaign.playbook.audiences.get(to) or campaign.playbook.roles.get(to)
    default = campaign.tasks_via if isinstance(step.action, Task) else campaign.default_channel
    return step.via or str(row.get("channel") or "") or (group.via if group else "") or default

"""A flow → one entry as a sample case would see it: a subject from the data, an event with a value in every field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sopengine.language.events import OF_GROUPS, fields_of
from sopengine.language.model import Journey
from sopengine.language.named import Field, Row
from sopengine.planning.columns import NAMESPACES
from sopengine.planning.journeys import enrol, flows
from sopengine.planning.limits import anchors_in
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.stand_ins import of_field
from sopengine.planning.targets import Targets
from sopengine.timing.zones import zone as zone_named

SAMPLE_MEMBER: Row = {"id": "member-1", "name": "小林"}
_MEMBERS = "members"
"""The usual name of a source whose rows are members."""


def sample_entries(campaign: Campaign, targets: Targets, as_of: datetime, wanted: str = "") -> list[Occurrence]:
    """The occurrences of one entry into each flow, in written order; `wanted` is the subject that was asked for."""
    found: list[Occurrence] = []
    for journey in flows(campaign.playbook):
        subject = _subject(campaign, targets, journey, wanted)
        if subject is None:
            continue
        zone = targets.subject_zone(str(subject["id"]))
        span = targets.calendars.span(zone, anchors_in(subject, *NAMESPACES))
        at = max(as_of, span.begin, campaign.start)
        found += enrol(targets, journey, subject, zone, _event(campaign, journey, at), f"preview/{journey.name}", at)
    return found


def of_group(journey: Journey) -> bool:
    return journey.on_event in OF_GROUPS


def _subject(campaign: Campaign, targets: Targets, journey: Journey, wanted: str) -> Row | None:
    """The row asked for; a group for what groups go through; else a member from the data, or a sample one."""
    asked = targets.subject(wanted)
    names = list(campaign.playbook.audiences)
    if of_group(journey):
        return asked or next((rows[0] for name in names if (rows := targets.rows(name))), None)
    of_members = [name for name in names if campaign.playbook.audiences[name].source == _MEMBERS or name == journey.to]
    return asked or next((rows[0] for name in of_members if (rows := targets.rows(name))), SAMPLE_MEMBER)


def _event(campaign: Campaign, journey: Journey, at: datetime) -> dict[str, Any]:
    if of_group(journey):
        who = {"member": SAMPLE_MEMBER["id"], "name": SAMPLE_MEMBER["name"]}
        return {**who, "members": [dict(SAMPLE_MEMBER)], **_values(campaign, journey, at, ("member", "name"))}
    return _values(campaign, journey, at)


def _values(campaign: Campaign, journey: Journey, at: datetime, besides: tuple[str, ...] = ()) -> dict[str, Any]:
    fields: Mapping[str, Field] = fields_of(journey.on_event, campaign.playbook.events) or {}
    zone = zone_named(campaign.playbook.timezone)
    return {name: of_field(field, at.astimezone(zone)) for name, field in fields.items() if name not in besides}

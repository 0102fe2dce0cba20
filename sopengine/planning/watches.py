"""What is planned outside every schedule: the steps of a watch when it acts, and the moment at which one asks."""

from __future__ import annotations

from datetime import datetime

from sopengine.language.model import Skip, Step, Watch
from sopengine.language.named import Row
from sopengine.planning.identity import watch_key
from sopengine.planning.limits import moved
from sopengine.planning.model import Campaign, Occurrence
from sopengine.timing.words import When
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

_ASKING = Step("", (), When(), Skip())


def acting(campaign: Campaign, watch: Watch, edge: int, at: datetime) -> list[Occurrence]:
    """The occurrences of a watch that acts at `at`; `edge` counts how often its condition has become true."""
    return [
        _at(campaign, step, at, watch_key(campaign.id, watch.name, edge, step.identity), day=str(edge), number=edge)
        for step in watch.do
    ]


def asking(campaign: Campaign, at: datetime, zone: str = "", subject: Row | None = None) -> Occurrence:
    """A moment at which a condition is asked that belongs to no step."""
    return _at(campaign, _ASKING, at, "", zone=zone, subject=subject)


def _at(
    campaign: Campaign,
    step: Step,
    at: datetime,
    key: str,
    *,
    day: str = "",
    number: int = 1,
    zone: str = "",
    subject: Row | None = None,
) -> Occurrence:
    name = zone or campaign.playbook.timezone
    local = zone_named(name)
    bare = Occurrence(
        key=key,
        campaign=campaign.id,
        section="watch",
        step=step,
        phase="",
        day=day,
        ordinal=0,
        zone=name,
        date=local_date(at, local),
        number=number,
        phase_day=0,
        planned_at=at,
        due_at=at,
        expires_at=at,
        useful_until=at,
        subject=subject,
    )
    return moved(campaign, bare, at)

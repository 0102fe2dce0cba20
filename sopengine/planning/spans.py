"""Where phases and the campaign itself lie on the calendar, in one zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sopengine.language.model import Bound, Phase
from sopengine.language.modules.handed import module_anchors
from sopengine.planning.model import Campaign, Span
from sopengine.timing.slots import bound_instant
from sopengine.timing.words import AnchorValue
from sopengine.timing.zones import local_date


def anchors_of(campaign: Campaign) -> dict[str, AnchorValue]:
    """Inputs of type date or datetime, by bare name; those of modules under names of their own."""
    own = {name: value for name, value in campaign.inputs.items() if isinstance(value, date | datetime)}
    return {**own, **module_anchors(campaign.playbook)}


def phase_span(phase: Phase, anchors: Mapping[str, AnchorValue], zone: ZoneInfo) -> Span:
    begin = bound_instant(phase.begin.value, anchors, zone)
    end = bound_instant(phase.end.value, anchors, zone)
    return Span(phase.name, phase.title, begin, end, local_date(begin, zone), _last_day(begin, end, zone))


def campaign_span(campaign: Campaign, zone: ZoneInfo) -> Span:
    """`runs`, else the hull of the phases, else from the start until stopped."""
    playbook, anchors = campaign.playbook, anchors_of(campaign)
    if playbook.runs:
        begin, end = (bound_instant(b.value, anchors, zone) for b in playbook.runs)
    elif playbook.phases:
        spans = [phase_span(phase, anchors, zone) for phase in playbook.phases]
        begin, end = min(s.begin for s in spans), max(s.end for s in spans if s.end)
    else:
        return Span("", playbook.title, campaign.start, None, local_date(campaign.start, zone), None)
    return Span("", playbook.title, begin, end, local_date(begin, zone), _last_day(begin, end, zone))


def _last_day(begin: datetime, end: datetime, zone: ZoneInfo) -> date:
    """The local day of the last moment before the half-open end; never before the first day."""
    return max(local_date(end - timedelta(microseconds=1), zone), local_date(begin, zone))


def bounds(campaign: Campaign) -> list[Bound]:
    """Every bound that needs an anchor to be known before anything can be planned."""
    runs = list(campaign.playbook.runs or ())
    return runs + [b for phase in campaign.playbook.phases for b in (phase.begin, phase.end)]

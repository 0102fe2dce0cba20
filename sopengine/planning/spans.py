"""Where phases and the campaign itself lie on the calendar, in one zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sopengine.language.model import Phase
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


def campaign_span(campaign: Campaign, zone: ZoneInfo, anchors: Mapping[str, AnchorValue] | None = None) -> Span:
    """`runs`, else the hull of the phases, else from the start until stopped. `anchors` are those of the inputs, with
    the columns of one target where the span is counted from them."""
    playbook = campaign.playbook
    anchors = anchors_of(campaign) if anchors is None else anchors
    if playbook.runs:
        begin, end = (bound_instant(b.value, anchors, zone) for b in playbook.runs)
    elif playbook.phases:
        spans = [phase_span(phase, anchors, zone) for phase in playbook.phases]
        begin, end = min(s.begin for s in spans), max(s.end for s in spans if s.end)
    else:
        return Span("", playbook.title, campaign.start, None, local_date(campaign.start, zone), None)
    return Span("", playbook.title, begin, end, local_date(begin, zone), _last_day(begin, end, zone))


def hull(spans: Iterable[Span], zone: ZoneInfo) -> Span | None:
    """From the first beginning to the last end; None of none."""
    all_ = list(spans)
    if not all_:
        return None
    begin = min(span.begin for span in all_)
    end = None if any(span.end is None for span in all_) else max(span.end for span in all_ if span.end)
    last = None if end is None else _last_day(begin, end, zone)
    return replace(all_[0], begin=begin, end=end, first=local_date(begin, zone), last=last)


def _last_day(begin: datetime, end: datetime, zone: ZoneInfo) -> date:
    """The local day of the last moment before the half-open end; never before the first day."""
    return max(local_date(end - timedelta(microseconds=1), zone), local_date(begin, zone))

"""Playbook + inputs + data → Campaign: the same assembly for the dry run and for the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from sopengine.diagnostics import Diagnostic
from sopengine.language.guards import FREE, Guards
from sopengine.language.inputs import Written, typed_inputs
from sopengine.language.model import Playbook
from sopengine.planning.data import typed_sources
from sopengine.planning.model import Campaign
from sopengine.timing.workcalendar import work_calendar


class Assembled(Struct, frozen=True):
    """`campaign` is None when an input it needs has no usable value."""

    campaign: Campaign | None
    diagnostics: tuple[Diagnostic, ...]


def assemble(
    playbook: Playbook,
    inputs: Mapping[str, Any],
    sources: Mapping[str, Sequence[Mapping[str, str]]],
    start: datetime,
    *,
    campaign_id: str = "",
    calendar_overrides: Mapping[date, bool] | None = None,
    default_channel: str = "",
    tasks_via: str = "",
    guards: Guards = FREE,
    written: Written | None = None,
) -> Assembled:
    """`inputs` as given, text or YAML values, `written` where a file says them; `sources` as read; a source that is
    absent leaves the sample."""
    values, problems = typed_inputs(playbook, inputs, written)
    if problems:
        return Assembled(None, tuple(problems))
    data = typed_sources(playbook, sources)
    campaign = Campaign(
        id=campaign_id or playbook.id,
        playbook=playbook,
        inputs=values,
        calendar=work_calendar(playbook.calendar, calendar_overrides or {}),
        start=start,
        sources=data.rows,
        default_channel=default_channel,
        tasks_via=tasks_via,
        guards=guards,
    )
    return Assembled(campaign, data.diagnostics)


def used_sources(playbook: Playbook) -> tuple[str, ...]:
    """The sources its audiences and roles name, in written order."""
    names = [a.source for a in playbook.audiences.values()] + [r.source for r in playbook.roles.values()]
    return tuple(dict.fromkeys(name for name in names if name))

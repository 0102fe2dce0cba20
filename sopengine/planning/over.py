"""A playbook and what is known of its inputs → the moment at which all of it is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sopengine.diagnostics import Diagnostic, Path, Place, Text
from sopengine.language.model import Bound, Playbook
from sopengine.timing.frame import AnchorMissing, bound_instant
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.words import AnchorValue
from sopengine.timing.zones import zone


class End(NamedTuple):
    """`path` is where the playbook says it."""

    instant: datetime
    path: Path


def end_of(playbook: Playbook, inputs: Mapping[str, Any]) -> End | None:
    """The last end of its phases, or of what `runs` says; None where it has none, or where that depends on more than
    `inputs`, which are anchors by name."""
    anchors: dict[str, AnchorValue] = {name: value for name, value in inputs.items() if isinstance(value, date)}
    of_phases: list[tuple[Bound, Path]] = [(phase.end, (*phase.path, "until")) for phase in playbook.phases]
    ends = [(playbook.runs[1], ("runs", "until"))] if playbook.runs else of_phases
    try:
        at_home = zone(playbook.timezone)
        return max((End(bound_instant(bound.value, anchors, at_home), path) for bound, path in ends), default=None)
    except (AnchorMissing, TimeTextError, OverflowError):
        return None


def past(end: End | None, now: datetime, timezone: str, place: Place, path: Path) -> Iterator[Diagnostic]:
    """SOP-W501 at `place`, if the end lies before `now`."""
    if end is None or end.instant > now:
        return
    day = f"{end.instant.astimezone(zone(timezone)):%Y-%m-%d %H:%M}"
    message = Text(f"所有的时间都已经过去，{day} 就结束了", f"All of it is past: it ended on {day}")
    yield Diagnostic("SOP-W501", message, place, _NEW_DATES, path)


_NEW_DATES = Text(
    "多半还是上一场的日期，改成这一场的", "Most likely these are the dates of last time; write the new ones"
)

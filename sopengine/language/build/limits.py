"""Guards, as written → findings where their times cannot be read. They are carried as written."""

from __future__ import annotations

from sopengine.language.build.part import Part
from sopengine.timing.parse import parse_clock, parse_duration


def check_limits(guards: Part) -> None:
    """Quiet hours are clock times, the gap is a duration; the windows of `cap` are judged by the schema."""
    quiet = guards.get("quiet")
    for edge in ("from", "until"):
        quiet.get(edge).parsed(parse_clock)
    guards.get("gap").parsed(parse_duration)

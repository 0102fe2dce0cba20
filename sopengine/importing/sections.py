"""Steps → the flows of a playbook: the standing week, and a phase for each stage that the sheet names."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec import Struct

from sopengine.importing.days import ANCHOR
from sopengine.importing.steps import Step


class Phase(Struct):
    title: str
    relative: bool
    first: date | int
    last: date | int
    steps: list[Step]

    @property
    def begins(self) -> str:
        return _day(self.first)

    @property
    def ends(self) -> str:
        """The day after the last; one more where a time lies in the night after it."""
        more = 2 if any("+1d" in at for step in self.steps for at in step.times.at) else 1
        return _day(self.last + timedelta(more) if isinstance(self.last, date) else self.last + more)


def weekly_of(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.day.kind == "weekly"]


def phases_of(steps: list[Step], title: str) -> list[Phase]:
    """In the order of the sheet; one for the dates and one for the days from the anchor of each stage."""
    phases: dict[tuple[str, bool], Phase] = {}
    for step in steps:
        if step.day.kind == "weekly":
            continue
        relative = step.day.kind == "relative"
        stage = " ".join(step.entry.stage.text.split()) if step.entry.stage else title
        phase = phases.setdefault((stage, relative), Phase(stage, relative, step.day.first, step.day.last, []))
        phase.first = min(phase.first, step.day.first)
        phase.last = max(phase.last, step.day.last)
        phase.steps.append(step)
    return list(phases.values())


def _day(day: date | int) -> str:
    if isinstance(day, date):
        return day.isoformat()
    return ANCHOR if day == 0 else f"{ANCHOR} {'-' if day < 0 else '+'} {abs(day)}d"

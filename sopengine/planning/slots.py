"""An occurrence → the moments at which it comes: one, or one for each turn of targets with times of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sopengine.planning.deliveries import Turn
from sopengine.planning.model import Occurrence
from sopengine.planning.targets import Targets


class Slot(NamedTuple):
    """The occurrence as the targets of this turn see it; `turn` is None where all have it together."""

    occurrence: Occurrence
    at: datetime
    turn: Turn | None = None


def slots(targets: Targets, occurrence: Occurrence) -> Iterator[Slot]:
    calendar = targets.calendars.of(occurrence)
    if calendar is None or not calendar.by_turns:
        yield Slot(occurrence, occurrence.due_at)
        return
    for moment, own in calendar.turns(occurrence).items():
        yield Slot(own, moment, Turn(moment, moment))

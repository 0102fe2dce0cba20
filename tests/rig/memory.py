"""A channel in memory that answers as the dice fall, and keeps what it took."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta

from sopengine.channels.base import Limits, Outcome, Outgoing, Receipt
from sopengine.clock import ManualClock
from tests.rig.judge import Received


@dataclass
class Channel:
    """`took`: every request; those that are `acted` on people saw."""

    clock: ManualClock
    dice: random.Random
    took: list[Received] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    kind: str = "memory"
    formats: tuple[str, ...] = ("text",)
    images: bool = False
    reaches_people: bool = False
    mode: str = "auto"
    local: bool = True
    deduplicates: timedelta | None = None

    def problem(self, message: Outgoing) -> str:
        return ""

    def send(self, message: Outgoing) -> Receipt:
        outcome, acted = self.dice.choices(
            [
                (Outcome.SENT, True),
                (Outcome.UNKNOWN, True),
                (Outcome.UNKNOWN, False),
                (Outcome.NOT_NOW, False),
                (Outcome.RATE_LIMITED, False),
                (Outcome.REFUSED, False),
            ],
            [80, 4, 4, 5, 4, 3],
        )[0]
        self.took.append(Received(self.clock.now(), "file", message.key, message.text, outcome.value, acted))
        return Receipt(outcome, outcome.value)

    def close(self) -> None:
        """Nothing is held."""

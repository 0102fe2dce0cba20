"""A channel in memory: what it answers is the test's choice, what it was given is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sopengine.channels.base import Limits, Outcome, Outgoing, Receipt
from sopengine.clock import Clock


def always(outcome: Outcome, reason: str = "") -> Callable[[Outgoing], Receipt]:
    return lambda _: Receipt(outcome, reason)


@dataclass
class Memory:
    """`arrived` holds the clock's time and the message of every request."""

    clock: Clock
    answer: Callable[[Outgoing], Receipt] = field(default=always(Outcome.SENT))
    limits: Limits = field(default_factory=Limits)
    deduplicates: timedelta | None = None
    kind: str = "memory"
    formats: tuple[str, ...] = ("text", "markdown")
    reaches_people: bool = False
    mode: str = "auto"
    local: bool = False
    arrived: list[tuple[datetime, Outgoing]] = field(default_factory=list)

    def problem(self, message: Outgoing) -> str:
        return ""

    def send(self, message: Outgoing) -> Receipt:
        self.arrived.append((self.clock.now(), message))
        return self.answer(message)

    def close(self) -> None:
        """Nothing is held open."""

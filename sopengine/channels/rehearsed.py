"""A channel of a rehearsal: it keeps the limits of the one it stands for, reaches nobody and answers as it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sopengine.channels.base import Channel, Limits, Outcome, Outgoing, Receipt


class Rehearsed:
    kind = "rehearsed"
    reaches_people = False
    local = True  # one after the other, so that every rehearsal ends alike

    def __init__(self, stands_for: Channel, answer: Callable[[], Outcome | None]) -> None:
        """`answer` says what happens now: None for what the channel does when all is well."""
        self._for, self._answer = stands_for, answer
        self.limits: Limits = stands_for.limits
        self.formats, self.images, self.mode = stands_for.formats, stands_for.images, stands_for.mode
        self.deduplicates: timedelta | None = stands_for.deduplicates

    def problem(self, message: Outgoing) -> str:
        return self._for.problem(message)

    def send(self, message: Outgoing) -> Receipt:
        if problem := self.problem(message):
            return Receipt(Outcome.REFUSED, problem)
        well = Outcome.HANDED_OVER if self.mode == "manual" else Outcome.SENT
        outcome = self._answer() or well
        return Receipt(outcome, "" if outcome is well else "rehearsed")

    def close(self) -> None:
        self._for.close()

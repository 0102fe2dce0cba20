"""A channel → the same channel with its text going to a file instead: safe first runs that reach nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sopengine.channels.base import Channel, Outcome, Outgoing, Receipt
from sopengine.channels.file import append, find, line


class Redirected:
    """Refuses what the replaced channel would refuse, keeps its pace and mode, and needs none of its secrets."""

    reaches_people = False
    local = True
    deduplicates: timedelta | None = None

    def __init__(self, replaced: Channel, name: str, path: Path) -> None:
        self.kind = replaced.kind
        self.limits = replaced.limits
        self.formats = replaced.formats
        self.images = replaced.images
        self.mode = replaced.mode
        self._replaced = replaced
        self._name = name
        self._path = path

    def problem(self, message: Outgoing) -> str:
        return self._replaced.problem(message)

    def send(self, message: Outgoing) -> Receipt:
        if problem := self.problem(message):
            return Receipt(Outcome.REFUSED, problem)
        receipt = append(self._path, line(message, self._name, instead=True))
        if receipt.outcome is Outcome.SENT and self.mode == "manual":
            return Receipt(Outcome.HANDED_OVER, "written to the file; a person confirms")
        return receipt

    def lookup(self, key: str, address: str) -> Receipt:
        if self.mode == "manual":  # what was found would still have to be handed to a person
            return Receipt(Outcome.UNKNOWN)
        return find(self._path, key)

    def close(self) -> None:
        self._replaced.close()

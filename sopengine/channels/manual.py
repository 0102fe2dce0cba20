"""A message → the word that a person has to post it: the engine makes the task."""

from __future__ import annotations

from datetime import timedelta

from sopengine.channels.base import ChannelSettings, Limits, Outcome, Outgoing, Receipt
from sopengine.channels.limits import merged, problem_of
from sopengine.channels.options import Options
from sopengine.channels.secrets import Secrets

OPTIONS: Options = {}


class Manual:
    kind = "manual"
    formats: tuple[str, ...] = ("text", "markdown")
    images = True
    reaches_people = True
    mode = "manual"
    local = True
    deduplicates: timedelta | None = timedelta(days=36_500)
    """Nothing leaves before the task is stored, together with the outcome: a cut-off attempt may be repeated."""

    def __init__(self, settings: ChannelSettings, secrets: Secrets) -> None:
        self.limits = merged(Limits(), settings.limits)

    def problem(self, message: Outgoing) -> str:
        return problem_of(message.text, message, self.limits, self.formats)

    def send(self, message: Outgoing) -> Receipt:
        if problem := self.problem(message):
            return Receipt(Outcome.REFUSED, problem)
        return Receipt(Outcome.HANDED_OVER, "a person posts it and confirms")

    def close(self) -> None:
        """Nothing is held open."""

"""The values of a comparison: two plans of a campaign, and step by step what the one has and the other has not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.review.comparison.edits import Line, edits, whole
from sopengine.review.model import Item

What = Literal["same", "changed", "moved", "added", "removed"]


class Times(NamedTuple):
    """One slot: its item in the old plan and in the new one, the first of its targets where they are several. None on
    the side that has no such slot."""

    before: Item | None
    after: Item | None

    @property
    def item(self) -> Item:
        """As it is to be, else as it was."""
        found = self.after or self.before
        assert found is not None
        return found


class Field(NamedTuple):
    """Something besides time and text that differs: the key it is known by in JSON, its name, both values."""

    key: str
    name: Text
    before: Text
    after: Text


class Change(Struct, frozen=True):
    """One difference, with the slots and targets that share it. The text shown is that of the first slot; `texts` tells
    how many different ones stand behind it."""

    what: What
    slots: tuple[Times, ...]  # in order of time
    targets: tuple[str, ...]  # in the order of their list; none for what is for nobody in particular
    fields: tuple[Field, ...] = ()
    texts: int = 1

    @property
    def shown(self) -> Times:
        return self.slots[0]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its text with what is cut and what is new, the whole one where it is new or gone; none where it is equal."""
        before, after = (item.text.rstrip("\n") if item else None for item in self.shown)
        if before is None or after is None:
            return whole(after or before or "", "old" if after is None else "new")
        return edits(before, after) if before != after else ()


class Standing(NamedTuple):
    """What a running campaign says of a step: the status of an upgrade, in a word and in words, how many messages went
    out and stay as they are, how many messages, tasks and waits are under way."""

    status: str
    said: Text
    sent: int
    waiting: int


class StepChange(Struct, frozen=True):
    """One step of either plan. `settings` names what else is written differently and no item shows."""

    step: str
    was: str  # its id in the old plan, where that is another
    what: What
    changes: tuple[Change, ...] = ()
    settings: tuple[str, ...] = ()
    standing: Standing | None = None


class Version(NamedTuple):
    """One of the two plans: the name people know it by, and the hash of its bundle. `running`: what a campaign goes by
    now."""

    name: str
    hash: str
    running: bool = False


class Comparison(Struct, frozen=True):
    """`steps` are all, in the order of the new plan, then those that are gone. `others` names what differs besides."""

    title: str
    before: Version
    after: Version
    as_of: datetime  # aware, in the campaign's zone
    timezone: str
    steps: Sequence[StepChange]
    others: Sequence[Text] = ()

    @property
    def differs(self) -> bool:
        return bool(self.others) or any(step.what != "same" for step in self.steps)

    def count(self, what: What) -> int:
        return sum(step.what == what for step in self.steps)

    @property
    def sent(self) -> int:
        return sum(step.standing.sent for step in self.steps if step.standing)

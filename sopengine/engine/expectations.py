"""What a rehearsal expects, held against its ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sopengine.diagnostics import Text
from sopengine.language.rehearsal import Expected
from sopengine.store.rows import State, TaskState
from sopengine.store.store import Store
from sopengine.timing.zones import zone

_ONLY_TASKS = {"open", "acknowledged", "done", "declined", "overdue"}
_ONLY_MESSAGES = {state.name.lower() for state in State} - {state.name.lower() for state in TaskState}
_SAME = timedelta(minutes=1)
"""Moments are written to the minute."""


class Outcome(NamedTuple):
    """What became of one message or task."""

    kind: str  # message | task
    target: str
    state: str
    at: datetime
    reason: str
    text: str

    def said(self, zone_name: str) -> str:
        at = f"{self.at.astimezone(zone(zone_name)):%Y-%m-%d %H:%M}"
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.target} {self.state} {at}{why}"


class Held(NamedTuple):
    """An expectation and what there was; `agrees` counts what was as expected."""

    expected: Expected
    found: Sequence[Outcome]
    agrees: int
    said: Text | None = None  # what `why` answers, where that is asked

    @property
    def met(self) -> bool:
        if self.said is not None and self.expected.why not in self.said.zh + "\n" + self.said.en:
            return False
        if self.expected.asks_only_why:
            return True
        if self.expected.times is not None:
            return self.agrees == self.expected.times
        return bool(self.found) and self.agrees == len(self.found)


def held(
    store: Store,
    expects: Iterable[Expected],
    campaign: str,
    zone_name: str,
    why: Callable[[Expected, str], Text],
) -> Iterator[Held]:
    """`why` answers as `sopengine why` does, of the campaign that is named."""
    for one in expects:
        whose = one.campaign or campaign
        found = [row for row in _outcomes(store, whose, one) if one.target in ("", row.target)]
        agrees = sum(_agrees(one, row, zone_name) for row in found)
        yield Held(one, found, agrees, why(one, whose) if one.why else None)


def _outcomes(store: Store, campaign: str, one: Expected) -> list[Outcome]:
    """Its messages and its tasks; the notices of tasks are no messages of the step."""
    rows: list[Outcome] = []
    if one.state not in _ONLY_TASKS:
        for d in store.deliveries(campaign, one.step):
            if not d.notice:
                at = d.sent_at or d.changed_at
                rows.append(Outcome("message", d.target, d.state.name.lower(), at, d.reason or d.hold, d.text or ""))
    if one.state not in _ONLY_MESSAGES:
        for t in store.tasks(list(TaskState), campaign=campaign):
            if t.step == one.step and t.delivery is None and not t.approves:
                at = t.done_at or t.created_at
                rows.append(Outcome("task", t.target, t.state.name.lower(), at, t.reason, t.title))
    return rows


def _agrees(one: Expected, row: Outcome, zone_name: str) -> bool:
    if one.state and row.state != one.state:
        return False
    if one.at is not None:
        at = one.at.replace(tzinfo=zone(zone_name))
        if not at <= row.at < at + _SAME:
            return False
    return one.text in row.text and one.reason in row.reason

"""Scopes that end (semantics.md S5): the rules of a playbook by scope, and whether one has ended for somebody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from sopengine.language.model import ExitRule, Journey, Playbook
from sopengine.language.named import Condition
from sopengine.planning.journeys import flows, scope_of
from sopengine.planning.model import Occurrence

PLAYBOOK = "playbook"


class ScopedRule(NamedTuple):
    """One `exit_when` item with the scope it stands in; `journey` where that is a flow."""

    scope: str
    reason: str
    event: str
    condition: Condition | None
    journey: Journey | None = None


def exit_rules(playbook: Playbook) -> Iterator[ScopedRule]:
    yield from _scoped(PLAYBOOK, playbook.exits)
    for phase in playbook.phases:
        yield from _scoped(f"phase:{phase.name}", phase.exits)
    if playbook.weekly:
        yield from _scoped("weekly", playbook.weekly.exits)
    for journey in flows(playbook):
        yield from _scoped(scope_of(journey), journey.exits, journey)


def _scoped(scope: str, rules: tuple[ExitRule, ...], journey: Journey | None = None) -> Iterator[ScopedRule]:
    for rule in rules:
        yield ScopedRule(scope, rule.reason, rule.event, rule.condition, journey)


def scopes_around(occurrence: Occurrence) -> tuple[str, str]:
    """The scopes an occurrence stands in, the widest first."""
    return PLAYBOOK, scope_around(occurrence)


def scope_around(occurrence: Occurrence) -> str:
    """Its own flow, phase or schedule."""
    names = {"phases": f"phase:{occurrence.phase}", "journeys": f"journey:{occurrence.phase}"}
    return names.get(occurrence.section, occurrence.section)


def has_ended(ended: Mapping[tuple[str, str], str], scopes: Collection[str], subject: str) -> str:
    """The reason for which one of these scopes has ended for this subject; "" where none has."""
    return next((ended[scope, whom] for scope in scopes for whom in ("", subject) if (scope, whom) in ended), "")

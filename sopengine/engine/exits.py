"""Exit conditions (`exit_when: {if: …}`), asked before every fan-out and every send (semantics.md S5)."""

from __future__ import annotations

from datetime import datetime

from sopengine.engine.campaigns import Running
from sopengine.engine.facts import StoredFacts
from sopengine.engine.scopes import ScopedRule, exit_rules, has_ended, scopes_around
from sopengine.language.expressions.conditions import condition_asks, condition_names
from sopengine.language.expressions.history import OF_EVENTS, Ask
from sopengine.language.model import Playbook
from sopengine.planning.deliveries import Case, cases, judge
from sopengine.planning.model import Occurrence, PlannedDelivery
from sopengine.planning.targets import Targets
from sopengine.store.flow_rows import EndScope
from sopengine.store.store import Store

_OF_A_SUBJECT = ("target", "member", "event")


class Exits:
    def __init__(self, store: Store, facts: StoredFacts) -> None:
        self._store, self._facts = store, facts

    def check(self, running: Running, targets: Targets, occurrence: Occurrence, now: datetime) -> None:
        """End the scopes around a due occurrence whose conditions hold: for all, or for the subjects they speak of."""
        for rule in self._rules(running, occurrence):
            assert rule.condition is not None
            text, whole = rule.condition.text, _of_all(rule, running.campaign.playbook)
            for case in (None,) if whole else cases(targets, occurrence, occurrence.step):
                if judge(running.campaign, targets, occurrence, case, self._facts, text, self._facts.now):
                    self._end(running, rule, occurrence, "" if case is None else str(case.target["id"]), now)

    def before_send(self, running: Running, planned: PlannedDelivery, now: datetime) -> str:
        """The reason for which a claimed delivery is not to be sent any more; its scope has then ended."""
        if not running.may_end:
            return ""
        occurrence = planned.occurrence
        for rule in self._rules(running, occurrence):
            assert rule.condition is not None
            whole = _of_all(rule, running.campaign.playbook)
            case = None if whole else Case(planned.target, planned.receiver)
            if judge(
                running.campaign, running.frozen, occurrence, case, self._facts, rule.condition.text, self._facts.now
            ):
                self._end(running, rule, occurrence, "" if whole else planned.target_id, now)
        return has_ended(self._store.ended(running.row.id), scopes_around(occurrence), planned.target_id)

    def _rules(self, running: Running, occurrence: Occurrence) -> list[ScopedRule]:
        around = scopes_around(occurrence)
        return [r for r in exit_rules(running.campaign.playbook) if r.condition is not None and r.scope in around]

    def _end(self, running: Running, rule: ScopedRule, occurrence: Occurrence, subject: str, now: datetime) -> None:
        entry = occurrence.entry if rule.journey is not None else ""
        self._store.end_scope(EndScope(running.row.id, rule.scope, subject, rule.reason, entry=entry), now)


def _of_all(rule: ScopedRule, playbook: Playbook) -> bool:
    """Whether it ends its scope for everybody; a flow is always one subject's."""
    assert rule.condition is not None
    return rule.journey is None and not speaks_of_subject(rule.condition.text, playbook)


def speaks_of_subject(text: str, playbook: Playbook) -> bool:
    """Whether a condition is one of a target or member, of what happened to it, or of a metric that has a value for
    each of some rows: it then ends its scope for that one only."""
    if any(name.parts[0] in _OF_A_SUBJECT for name in condition_names(text)):
        return True
    return any(ask.kind in (*OF_EVENTS, "rank") or _of_rows(ask, playbook) for ask in condition_asks(text))


def _of_rows(ask: Ask, playbook: Playbook) -> bool:
    metric = playbook.metrics.get(ask.name)
    return ask.kind == "metric" and metric is not None and bool(metric.per)

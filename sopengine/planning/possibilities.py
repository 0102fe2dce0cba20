"""An occurrence before its time → all it may come to: what depends on facts yet to come is shown, not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sopengine.language.asking import asks_for_tags
from sopengine.language.expressions.conditions import Parsed, condition_names, parse_condition
from sopengine.language.model import Choose, Step
from sopengine.language.named import Condition
from sopengine.planning.deliveries import Turn, Views, cases, fan_out
from sopengine.planning.facts import NOTHING, Facts
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery
from sopengine.planning.targets import Targets

_KNOWN_BEFORE = ("input", "target", "slot", "campaign", "goal", "person")


def depends_on_facts(step: Step) -> bool:
    """Whether what the step does is decided by something that is only known at its time."""
    conditions: list[Condition | None] = [step.if_]
    if isinstance(step.action, Choose):
        for arm in step.action.arms:
            conditions.append(arm.condition)
            if depends_on_facts(arm.step):
                return True
    return any(_open(condition.text) for condition in conditions if condition is not None)


@lru_cache(maxsize=1024)
def _open(text: str) -> bool:
    parsed = parse_condition(text)
    if (isinstance(parsed, Parsed) and parsed.history) or asks_for_tags(text):
        return True
    return any(
        name.parts[0] not in _KNOWN_BEFORE and name.parts[:2] != ("step", "id") for name in condition_names(text)
    )


def possible(
    campaign: Campaign, targets: Targets, occurrence: Occurrence, facts: Facts = NOTHING, turn: Turn | None = None
) -> Iterator[PlannedDelivery]:
    """What `fan_out` plans; where that depends on facts, every arm in written order, for all whom it may reach."""
    step = occurrence.step
    targets = targets.widest()  # whoever may be in an audience that asks
    if not depends_on_facts(step):
        yield from fan_out(campaign, targets, occurrence, facts, turn)
        return
    views = Views(campaign, targets, occurrence, facts, turn)
    for number, arm in step.all_arms():
        reached = cases(targets, occurrence, arm if not step.to or arm.to == step.to else step)
        for case, planner, without in views.seen(reached):
            yield planner.planned(arm, planner.answered_by(step, arm, case), without, arm=number)

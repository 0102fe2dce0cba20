"""The ordered arms of a `choose` and one case's data → the arm that is carried out, and why (semantics.md S6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sopengine.language.expressions.conditions import asks_for_unknown, evaluate, inputs_of
from sopengine.language.expressions.history import History
from sopengine.language.model import Choose, Step

UNKNOWN = "unknown"


class Chosen(NamedTuple):
    """`arm` is the arm's number ("2", "2.1" inside another choose); "" where an unknown condition left none.
    `verdict` names it, and the values its decision rests on, for the log."""

    arm: str
    verdict: str


def choose(step: Step, context: Mapping[str, Any], history: History | None = None) -> Chosen:
    """The first arm that is true. After an unknown one only arms that ask `is unknown` are tried, and never `else`."""
    if not isinstance(step.action, Choose):
        return Chosen("", "")
    unknown = False
    read: dict[str, str] = {}
    for number, arm in enumerate(step.action.arms, 1):
        if arm.condition is None:
            truth: bool | None = not unknown
        elif unknown and not asks_for_unknown(arm.condition.text):
            continue
        else:
            truth = evaluate(arm.condition.text, context, history)
            read |= inputs_of(arm.condition.text, context, history)
        if truth:
            inner = choose(arm.step, context, history)
            if isinstance(arm.step.action, Choose) and not inner.arm:
                return Chosen("", _verdict(UNKNOWN, read))
            arm_number = f"{number}.{inner.arm}".rstrip(".")
            return Chosen(arm_number, _verdict(f"arm {arm_number}", read))
        unknown = unknown or truth is None
    return Chosen("", _verdict(UNKNOWN, read))


def _verdict(word: str, read: Mapping[str, str]) -> str:
    shown = ", ".join(f"{name} = {value}" for name, value in read.items())
    return f"{word}: {shown}" if shown else word

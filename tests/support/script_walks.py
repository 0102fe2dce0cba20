"""From a script alone: replies that are worth giving at a question, and for each ending replies that lead to it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from decimal import Decimal

from sopengine.language.named import FieldType, Value
from sopengine.language.script import Question, Script
from sopengine.planning.script_walk import Ended, NotTaken, Walk, reply

ZONE = "Asia/Shanghai"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SAMPLES = {
    FieldType.TEXT: ["山野"],
    FieldType.BOOL: ["是", "否"],
    FieldType.DATE: ["2026-06-18"],
    FieldType.TIME: ["10:00"],
    FieldType.DATETIME: ["2026-06-18T20:00"],
    FieldType.DURATION: ["30m"],
    FieldType.LIST: ["甲, 乙"],
}


def worth_giving(question: Question, script: Script, inputs: Mapping[str, Value]) -> list[str]:
    """Every choice; of numbers those at and beside each one that a condition or an input names."""
    if question.choices:
        return list(question.choices)
    if question.type in _SAMPLES:
        return _SAMPLES[question.type]
    conditions = [b.condition.text for node in script.nodes.values() for b in node.branches()]
    named = {Decimal(found) for text in conditions for found in _NUMBER.findall(text)}
    named |= {Decimal(value) for value in inputs.values() if type(value) in (int, Decimal)}  # type: ignore[arg-type]
    around = (base + step for base in sorted({Decimal(1), *named}) for step in (-1, 0, 1))
    return [str(max(number, Decimal(0))) for number in around]


def replies_at(walk: Walk) -> list[str]:
    """Legal replies where the walk stands."""
    match walk.stop:
        case Question() as question:
            return worth_giving(question, walk.script, walk.inputs)
        case tuple() as answers:
            return [answer.text for answer in answers]
    return []


def walks_to_endings(first: Walk) -> dict[str, list[str]]:
    """The shortest replies from there to each ending that any can reach."""
    found: dict[str, list[str]] = {}
    seen = set()
    waiting: deque[tuple[Walk, list[str]]] = deque([(first, [])])
    while waiting:
        walk, given = waiting.popleft()
        if isinstance(walk.stop, Ended):
            found.setdefault(walk.stop.ending, given)
        state = (walk.node, walk.stop, tuple(sorted((name, str(value)) for name, value in walk.asked.items())))
        if state not in seen:
            seen.add(state)
            waiting.extend((reply(walk, text), [*given, text]) for text in replies_at(walk))
    return found


def refused(walk: Walk, text: str) -> bool:
    try:
        reply(walk, text)
    except NotTaken as error:
        return bool(error.message.zh and error.message.en)
    return False

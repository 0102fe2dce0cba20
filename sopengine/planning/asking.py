"""The texts of steps in; what they ask for beyond their own names out: the past, tags, results of other steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from sopengine.language.asking import asks_for_tags, asks_of_past, audience_asks
from sopengine.language.model import Choose, Playbook, Send, Step, Task

_STEP_NAMED = re.compile(r"\bstep\s*\.\s*(?!id\b)(\w+)")


def steps_asked(texts: Iterable[str]) -> frozenset[str]:
    """The steps whose results these texts ask for, as they spell them: a look into the store each."""
    return frozenset(name for text in texts for name in _steps_named(text))


@lru_cache(maxsize=4096)
def _steps_named(text: str) -> tuple[str, ...]:
    return tuple(_STEP_NAMED.findall(text))


def playbook_asks(playbook: Playbook) -> bool:
    """Whether what it plans or says depends on what happened, or on tags."""
    texts = [text for step in playbook.steps() for text in texts_of(step)]
    return any(asks_of_past(text) or asks_for_tags(text) for text in texts) or any(
        audience_asks(playbook, name) for name in playbook.audiences
    )


def texts_of(step: Step) -> Iterator[str]:
    """The conditions and templates of a step and its arms."""
    if step.if_:
        yield step.if_.text
    match step.action:
        case Choose(arms):
            for arm in arms:
                if arm.condition:
                    yield arm.condition.text
                yield from texts_of(arm.step)
        case Send(message):
            yield from (text for text, _ in message.texts())
        case Task(title):
            yield title

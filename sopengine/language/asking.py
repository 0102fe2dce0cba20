"""A condition or template in; whether it asks of the past or of tags out."""

from __future__ import annotations

import re
from functools import lru_cache

from sopengine.language.expressions.conditions import condition_asks
from sopengine.language.expressions.templates import template_asks
from sopengine.language.model import Playbook

_TAGS = re.compile(r"\btags\b")


@lru_cache(maxsize=4096)
def asks_of_past(text: str) -> bool:
    return bool(template_asks(text) or condition_asks(text))


@lru_cache(maxsize=4096)
def asks_for_tags(text: str) -> bool:
    return _TAGS.search(text) is not None


def audience_asks(playbook: Playbook, name: str) -> bool:
    """Whether who is in an audience depends on what happened, or on tags: it is then always live (semantics.md S1)."""
    audience, seen = playbook.audiences.get(name), set[str]()
    while audience is not None and audience.name not in seen:
        seen.add(audience.name)
        if audience.where and (asks_of_past(audience.where.text) or asks_for_tags(audience.where.text)):
            return True
        audience = playbook.audiences.get(audience.of)
    return False

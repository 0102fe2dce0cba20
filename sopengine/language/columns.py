"""The columns that audiences and roles declare, and the sources they take their rows from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sopengine.language.model import Playbook
from sopengine.language.named import Audience, FieldType


def source_of(playbook: Playbook, audience: Audience) -> str:
    """The source an audience's rows come from, its own or that of the audience it is a part of; "" where the check
    has found that to be nobody, or a circle."""
    seen = {audience.name}
    while audience.of and audience.of not in seen and audience.of in playbook.audiences:
        seen.add(audience.of)
        audience = playbook.audiences[audience.of]
    return audience.source


def columns_of(playbook: Playbook, source: str) -> dict[str, FieldType]:
    """The declared columns of a source, from all audiences and roles that use it."""
    found: dict[str, FieldType] = {}
    for name, columns in _declared(playbook):
        if name == source:
            found |= columns
    return found


def declared_columns(playbook: Playbook, to: str) -> dict[str, FieldType]:
    """The declared columns of the rows of this audience or role."""
    if to in playbook.audiences:
        return columns_of(playbook, source_of(playbook, playbook.audiences[to]))
    role = playbook.roles.get(to)
    return columns_of(playbook, role.source) if role is not None and role.source else {}


def _declared(playbook: Playbook) -> Iterator[tuple[str, Mapping[str, FieldType]]]:
    for audience in playbook.audiences.values():
        yield source_of(playbook, audience), audience.columns
    for role in playbook.roles.values():
        if role.source:
            yield role.source, role.columns

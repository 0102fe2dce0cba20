"""Whom an event is about, or who may enter a flow: rows of audiences, and members known from events alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sopengine.language.named import Row, Scalar
from sopengine.planning.ledger import Person
from sopengine.planning.targets import Targets


class Subject(NamedTuple):
    row: Row
    zone: str


def subject_of(
    targets: Targets, who: str, members: Callable[[], Mapping[str, Person]], is_group: bool
) -> Subject | None:
    """The row of an audience, else that of a member; None for somebody this campaign is not about. `members` looks up
    who is known from events, where that is needed."""
    row = targets.subject(who)
    if row is not None:
        return Subject(row, targets.subject_zone(who))
    if is_group:
        return None
    person = members().get(who)
    return member_of(targets, person) if person is not None else None


def member_of(targets: Targets, person: Person) -> Subject | None:
    """Somebody who is in a group of this campaign's audiences, or in any where it has no audiences."""
    playbook = targets.campaign.playbook
    if not playbook.audiences:
        return Subject({"id": person.id, "name": person.name or person.id}, playbook.timezone)
    homes = [group for group in person.groups if targets.subject(group) is not None]
    if not homes:
        return None
    group = targets.subject(homes[-1])
    assert group is not None
    row: dict[str, Scalar] = {"id": person.id, "name": person.name or person.id, **_belonging(targets, group)}
    return Subject(row, targets.subject_zone(homes[-1]))


def _belonging(targets: Targets, group: Row) -> dict[str, Scalar]:
    """Who answers for the group answers for its members; its channel and address stay the group's own."""
    columns = {role.match for role in targets.campaign.playbook.roles.values() if role.match}
    return {column: group[column] for column in columns if group.get(column)}


def everybody(
    targets: Targets, members_of: Callable[[list[str]], Mapping[str, Sequence[Person]]], *, people: bool
) -> Iterator[Subject]:
    """Whoever may enter a flow that a condition starts. `people`: its steps speak to members, so that groups, which
    others have joined, are left out, and those who joined them are taken in."""
    rows = {str(row["id"]): row for row in targets.everybody()}
    joined = members_of(list(rows)) if people else {}
    for who, row in rows.items():
        if who not in joined:
            yield Subject(row, targets.subject_zone(who))
    told = set(rows)
    for persons in joined.values():
        for person in persons:
            if person.id not in told and (found := member_of(targets, person)) is not None:
                told.add(person.id)
                yield found

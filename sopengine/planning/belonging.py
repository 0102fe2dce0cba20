"""To which row of a metric (`per: store`) a subject belongs: its own column says, or it is such a row, or its group."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sopengine.language.columns import source_of
from sopengine.language.named import Row
from sopengine.planning.ledger import Person
from sopengine.planning.targets import Targets, with_id

Members = Callable[[list[str]], Mapping[str, Person]]


class Belonging:
    """Over the rows of a campaign's sources, whatever an audience takes of them."""

    def __init__(self, targets: Targets) -> None:
        self._targets, self._playbook = targets, targets.campaign.playbook
        self._by_id: dict[str, Mapping[str, Row]] = {}

    def key(self, per: str, to: str, row: Row) -> str:
        """What a row of the audience, role or source `to` belongs to; "" for nothing."""
        if row.get(per):
            return str(row[per])
        return str(row["id"]) if self._source(to) in self._homes(per) else ""

    def of(self, per: str, subjects: Collection[str], receivers: Iterable[str], members: Members) -> dict[str, str]:
        """Subjects → what they belong to; one that belongs to nothing is left out. `receivers` are the audiences and
        roles in which a subject is looked for first; one that is in none belongs where its groups do."""
        sources = dict.fromkeys(map(self._source, (*receivers, *self._playbook.audiences, *self._playbook.roles)))
        found = {one: key for one in subjects if (key := self._looked_up(per, one, sources))}
        others = [one for one in subjects if one not in found]
        for one, person in members(others).items() if others else ():
            keys = (self._looked_up(per, group, sources) for group in reversed(person.groups))
            if key := next(filter(None, keys), ""):
                found[one] = key
        return found

    def known(self, per: str) -> list[str]:
        """Everything that rows belong to, in the order of the sources; empty where no row belongs to anything."""
        names = dict.fromkeys((*self._playbook.roles, *self._playbook.audiences))
        sources = dict.fromkeys(filter(None, map(self._source, names)))
        keys = (self.key(per, source, row) for source in sources for row in self._rows_of(source).values())
        return list(dict.fromkeys(filter(None, keys)))

    def name(self, per: str, key: str) -> str:
        """What people call it: the name in the row that it is, else its id."""
        rows = (self._rows_of(source).get(key) for source in sorted(self._homes(per)))
        return next((str(row["name"]) for row in rows if row is not None and row.get("name")), key)

    def rows(self, name: str) -> Sequence[Row]:
        """Of an audience or a role, as it takes them; of a source, all."""
        if name in self._playbook.audiences or name in self._playbook.roles:
            return self._targets.rows(name)
        return list(self._rows_of(name).values())

    def _looked_up(self, per: str, subject: str, sources: Iterable[str]) -> str:
        for source in sources:
            row = self._rows_of(source).get(subject)
            if row is not None and (key := self.key(per, source, row)):
                return key
        return ""

    def _homes(self, per: str) -> frozenset[str]:
        """The sources whose rows are what the metric counts by: those of roles that match by this column, or of its
        name."""
        matching = {role.source for role in self._playbook.roles.values() if role.match == per and role.source}
        return frozenset(matching | {per, f"{per}s"})

    def _source(self, to: str) -> str:
        if audience := self._playbook.audiences.get(to):
            return source_of(self._playbook, audience)
        role = self._playbook.roles.get(to)
        return to if role is None else role.source

    def _rows_of(self, source: str) -> Mapping[str, Row]:
        if source not in self._by_id:
            rows = self._targets.campaign.sources.get(source)
            if rows is None:  # the samples stand in
                alike = [a for a in self._playbook.audiences.values() if a.source == source and a.sample]
                rows = [with_id(audience.sample, "sample") for audience in alike]
            self._by_id[source] = {str(row["id"]): row for row in rows}
        return self._by_id[source]

"""Who a step reaches: the rows of its audience or role, with their zones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

from sopengine.language.asking import asks_for_tags, audience_asks
from sopengine.language.columns import source_of
from sopengine.language.expressions.conditions import evaluate
from sopengine.language.expressions.history import History
from sopengine.language.named import Audience, Role, Row
from sopengine.planning.calendars import Calendars
from sopengine.planning.data import zone_column
from sopengine.planning.model import Campaign

SUBJECT, MEMBER = "target", "member"
"""`to: target` is the subject of the flow itself, `to: member` the member it speaks of, or each of those who joined."""


class Judging(Protocol):
    """What is known when an audience asks of the past, or of tags."""

    def expect(self, subjects: Iterable[str]) -> None: ...

    def with_tags(self, row: Row) -> Row: ...

    def history(self, *rows: tuple[str, Row]) -> History: ...


class Targets:
    """The rows of every audience and role of one campaign; each list is computed once. An audience that asks of the
    past or of tags has the rows for which `past` answers yes; without one, nobody."""

    def __init__(self, campaign: Campaign, past: Judging | None = None) -> None:
        self.campaign = campaign
        self._past = past
        self._audiences: dict[str, tuple[Row, ...]] = {}
        self._by_id: dict[str, dict[str, Row]] = {}
        playbook = campaign.playbook
        self._asking = frozenset(name for name in playbook.audiences if audience_asks(playbook, name))

    def seen(self, past: Callable[[], Judging | None]) -> Targets:
        """The same, with the audiences that ask as `past` knows them."""
        if not self._asking:
            return self
        found = Targets(self.campaign, past())
        found._audiences |= {name: rows for name, rows in self._audiences.items() if name not in self._asking}
        found._by_id |= {name: rows for name, rows in self._by_id.items() if name not in self._asking}
        found.__dict__["calendars"] = self.calendars
        return found

    def widest(self) -> Targets:
        """The same, with everybody who may be in it at one time or another in the audiences that ask."""
        if not self._asking:
            return self
        found = Targets(self.campaign)
        found._audiences = {name: tuple(self._widest(name)) for name in self._asking}
        found._asking = frozenset()
        return found

    @cached_property
    def calendars(self) -> Calendars:
        """When each of them has its turn; of an audience that asks, everybody who may be in it."""
        return Calendars(self.widest())

    def rows(self, to: str) -> tuple[Row, ...]:
        """All rows of the audience or role `to`, in the source's order."""
        if to not in self._audiences:
            playbook = self.campaign.playbook
            if audience := playbook.audiences.get(to):
                self._audiences[to] = self._audience_rows(audience)
            elif role := playbook.roles.get(to):
                self._audiences[to] = self._role_rows(role)
            else:
                self._audiences[to] = ()
        return self._audiences[to]

    def row(self, to: str, target_id: str) -> Row | None:
        if to in self._asking and to not in self._audiences:  # one alone is judged alone, not everybody
            audience = self.campaign.playbook.audiences[to]
            row = self.row(audience.of, target_id) if audience.of else self._of_source(audience).get(target_id)
            return row if row is not None and self._takes(audience, row) else None
        if to not in self._by_id:
            self._by_id[to] = {str(row["id"]): row for row in self.rows(to)}
        return self._by_id[to].get(target_id)

    def home(self, target_id: str) -> str:
        """The first audience that has this id: where the subject of an event is found; "" for nobody."""
        names = self.campaign.playbook.audiences
        return next((name for name in names if self.row(name, target_id) is not None), "")

    def subject(self, target_id: str) -> Row | None:
        """The row with this id in whichever audience has it: the subject of an event."""
        return self.row(self.home(target_id), target_id)

    def member(self, data: Mapping[str, Any]) -> Row:
        """The row of somebody an event names, with what an audience knows beyond it."""
        return {**data, **(self.subject(str(data["id"])) or {})}

    def everybody(self) -> tuple[Row, ...]:
        """The rows of all audiences: whoever may become a subject."""
        return tuple(row for name in self.campaign.playbook.audiences for row in self.rows(name))

    def subject_zone(self, target_id: str) -> str:
        """The zone of the audience in which `subject` finds this id; the playbook's for nobody."""
        home = self.home(target_id)
        row = self.row(home, target_id)
        return self.campaign.playbook.timezone if row is None else self.zone_of(home, row)

    def is_sample(self, to: str) -> bool:
        """Whether there is no data, so that the sample stands in."""
        playbook = self.campaign.playbook
        if to in playbook.audiences:
            return source_of(playbook, playbook.audiences[to]) not in self.campaign.sources
        role = playbook.roles.get(to)
        return bool(role and role.source and role.source not in self.campaign.sources)

    def zones(self, to: str) -> tuple[str, ...]:
        """The zones in which a step to `to` is planned; one occurrence each (language.md, Time)."""
        audience = self.campaign.playbook.audiences.get(to)
        if not zone_column(audience):
            return (self._fixed_zone(audience),)
        return tuple(dict.fromkeys(self.zone_of(to, row) for row in self._widest(to))) or (self._fixed_zone(None),)

    def zone_of(self, to: str, row: Row) -> str:
        audience = self.campaign.playbook.audiences.get(to)
        if column := zone_column(audience):
            return str(row.get(column) or self.campaign.playbook.timezone)
        return self._fixed_zone(audience)

    def in_zone(self, to: str, zone: str) -> Sequence[Row]:
        if not zone_column(self.campaign.playbook.audiences.get(to)):
            return self.rows(to)
        return [row for row in self.rows(to) if self.zone_of(to, row) == zone]

    def for_role(self, role_name: str, subject: Row) -> Row | None:
        """The row of a role that answers for a subject: its key equals the subject's `match` column."""
        role = self.campaign.playbook.roles[role_name]
        if not role.source:
            return self.rows(role_name)[0]
        return self.row(role_name, str(subject.get(role.match or "id", "")))

    def person(self, to: str, row: Row) -> str:
        """Who does the work: the role's person, or the row's own `person` column."""
        role = self.campaign.playbook.roles.get(to)
        if role is None:
            return str(row.get("person") or "")
        return str(row.get(role.person) or "") if role.source else role.person

    def _fixed_zone(self, audience: Audience | None) -> str:
        return (audience.zone if audience else "") or self.campaign.playbook.timezone

    def _widest(self, to: str) -> Sequence[Row]:
        """Everybody who may be in it at one time or another."""
        if to not in self._asking:
            return self.rows(to)
        audience = self.campaign.playbook.audiences[to]
        return self._widest(audience.of) if audience.of else list(self._of_source(audience).values())

    def _of_source(self, audience: Audience) -> Mapping[str, Row]:
        """By id; the sample where there is no data."""
        key = f"source {audience.source}"
        if key not in self._by_id:
            rows = self.campaign.sources.get(audience.source)
            rows = [with_id(audience.sample, "sample")] if rows is None else rows
            self._by_id[key] = {str(row["id"]): row for row in rows}
        return self._by_id[key]

    def _audience_rows(self, audience: Audience) -> tuple[Row, ...]:
        if audience.of:
            rows: Sequence[Row] = self.rows(audience.of)
        elif (found := self.campaign.sources.get(audience.source)) is not None:
            rows = found
        else:
            return (with_id(audience.sample, "sample"),)
        if audience.name in self._asking and self._past is not None:
            self._past.expect(str(row["id"]) for row in rows)
        return tuple(row for row in rows if self._takes(audience, row))

    def _takes(self, audience: Audience, row: Row) -> bool:
        if audience.where is None:
            return True
        text, context = audience.where.text, {"input": self.campaign.inputs, "target": row}
        if self._past is None or audience.name not in self._asking:
            return evaluate(text, context) is True
        if asks_for_tags(text):
            context["target"] = self._past.with_tags(row)
        return evaluate(text, context, self._past.history((audience.name, row))) is True

    def _role_rows(self, role: Role) -> tuple[Row, ...]:
        if not role.source:
            return ({"id": role.name, "name": role.person or role.name},)
        found = self.campaign.sources.get(role.source)
        return tuple(found) if found is not None else (with_id({}, role.name),)


def with_id(row: Row, fallback: str) -> Row:
    """The row, with an id and a name where it has none."""
    return {"id": fallback, "name": fallback, **row}

"""What has been reported, as planning asks for it: a protocol that the store fulfils, and one over plain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from msgspec import Struct, field

from sopengine.language.events import OF_GROUPS

Value = tuple[str, datetime, Any]
"""Whom a value is about ("" for everything), when it was reported, and the value."""


class Person(Protocol):
    """Somebody known from events, and the ids of the groups they are in."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def groups(self) -> tuple[str, ...]: ...


class Ledger(Protocol):
    """Times are aware and half-open, `begin` None is the beginning; `subjects` None is everybody. Answers are by
    subject and leave out those without any; an event about a group belongs to the member it names as well."""

    def event_counts(
        self, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
    ) -> Mapping[str, int]: ...

    def event_moments(
        self, event: str, subjects: Collection[str], begin: datetime | None, until: datetime
    ) -> Mapping[str, Sequence[datetime]]: ...

    def last_events(
        self, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
    ) -> Mapping[str, tuple[datetime, Mapping[str, Any]]]:
        """The newest: when, and its data."""

    def event_values(self, event: str, field: str, begin: datetime | None, until: datetime) -> Sequence[Value]:
        """A field of every event that carries it, oldest first."""

    def form_values(
        self, campaign: str, step: str, field: str, begin: datetime | None, until: datetime
    ) -> Sequence[Value]:
        """A field of the step's done tasks, about their targets, oldest first."""

    def metric_values(self, metric: str, begin: datetime | None, until: datetime) -> Sequence[Value]:
        """What was set for a metric, oldest first."""

    def tags_of(self, subjects: Collection[str], at: datetime) -> Mapping[str, Mapping[str, Any]]:
        """By name, as of `at`: True, a value, or None for a tag that was removed."""

    def members(self, ids: Collection[str]) -> Mapping[str, Person]:
        """Those of these ids that events know as members."""


class Happened(NamedTuple):
    event: str
    subject: str
    at: datetime
    data: Mapping[str, Any] = {}


class Somebody(NamedTuple):
    id: str
    name: str
    groups: tuple[str, ...]


class PlainLedger(Struct, frozen=True, dict=True):
    """Plain values in the order in which they were reported. Empty, it is what is known before anything happened."""

    events: Sequence[Happened] = ()
    forms: Mapping[tuple[str, str], Sequence[tuple[str, datetime, Mapping[str, Any]]]] = field(default_factory=dict)
    """Of done tasks, by campaign and step: target, moment, fields."""
    readings: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    """By metric."""
    tags: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def _of(
        self, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
    ) -> dict[str, list[Happened]]:
        found: dict[str, list[Happened]] = defaultdict(list)
        for one in self.events:
            if one.event != event or not one.at < until or (begin is not None and one.at < begin):
                continue
            whose = [one.subject]
            if subjects is not None and event in OF_GROUPS and one.data.get("member"):
                whose.append(str(one.data["member"]))
            for subject in whose:
                if subjects is None or subject in subjects:
                    found[subject].append(one)
        return {subject: sorted(some, key=lambda one: one.at) for subject, some in found.items()}

    def event_counts(
        self, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
    ) -> Mapping[str, int]:
        return {subject: len(some) for subject, some in self._of(event, subjects, begin, until).items()}

    def event_moments(
        self, event: str, subjects: Collection[str], begin: datetime | None, until: datetime
    ) -> Mapping[str, Sequence[datetime]]:
        found = self._of(event, subjects, begin, until)
        return {subject: [one.at for one in some] for subject, some in found.items()}

    def last_events(
        self, event: str, subjects: Collection[str] | None, begin: datetime | None, until: datetime
    ) -> Mapping[str, tuple[datetime, Mapping[str, Any]]]:
        found = self._of(event, subjects, begin, until)
        return {subject: (some[-1].at, some[-1].data) for subject, some in found.items()}

    def event_values(self, event: str, field: str, begin: datetime | None, until: datetime) -> Sequence[Value]:
        found = [one for some in self._of(event, None, begin, until).values() for one in some]
        carrying = [one for one in found if one.data.get(field) is not None]
        return _between([(one.subject, one.at, one.data[field]) for one in carrying], begin, until)

    def form_values(
        self, campaign: str, step: str, field: str, begin: datetime | None, until: datetime
    ) -> Sequence[Value]:
        done = self.forms.get((campaign, step), ())
        filled_in = [(target, at, data[field]) for target, at, data in done if data.get(field) is not None]
        return _between(filled_in, begin, until)

    def metric_values(self, metric: str, begin: datetime | None, until: datetime) -> Sequence[Value]:
        return _between(self.readings.get(metric, ()), begin, until)

    def tags_of(self, subjects: Collection[str], at: datetime) -> Mapping[str, Mapping[str, Any]]:
        return {subject: self.tags[subject] for subject in subjects if subject in self.tags}

    def members(self, ids: Collection[str]) -> Mapping[str, Person]:
        found: dict[str, Person] = {}
        for one in sorted(self.events, key=lambda one: one.at):
            member = str(one.data.get("member") or "")
            if one.event not in OF_GROUPS or member not in ids:
                continue
            before = found.get(member, Somebody(member, "", ()))
            groups = tuple(group for group in before.groups if group != one.subject)
            groups += (one.subject,) if one.event == "member.joined" else ()
            found[member] = Somebody(member, str(one.data.get("name") or before.name), groups)
        return found


def _between(values: Sequence[Value], begin: datetime | None, until: datetime) -> list[Value]:
    inside = [value for value in values if value[1] < until and (begin is None or value[1] >= begin)]
    return sorted(inside, key=lambda value: value[1])

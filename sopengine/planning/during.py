"""What phases of running campaigns say about other playbooks → the deliveries of those that are skipped or reworded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import date, time
from functools import cached_property
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.language.columns import source_of
from sopengine.language.model import During, Phase, Send
from sopengine.language.named import Row
from sopengine.planning.columns import NAMESPACES, column
from sopengine.planning.content import content_of
from sopengine.planning.deliveries import shared_data
from sopengine.planning.limits import anchors_in
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery, Span
from sopengine.planning.spans import anchors_of, phase_span
from sopengine.planning.targets import MEMBER, SUBJECT, Targets
from sopengine.timing.words import AnchorTime, AnchorValue
from sopengine.timing.zones import zone as zone_named

DURING: Literal["during"] = "during"
Whom: TypeAlias = tuple[str, str]
"""The source of a row and its id: one target, whatever the playbooks call it."""
Shared: TypeAlias = MutableMapping[tuple[int, str, tuple[object, ...]], tuple[Mapping[str, Any], Mapping[str, Any]]]
"""The data of a delivery that another campaign rewords, as it was and as it is then; kept so that deliveries that
shared theirs still do."""


class Ruling(Struct, frozen=True, dict=True):
    """A phase that speaks of other playbooks, for its own targets. `ended` says whether it is over for one of them."""

    targets: Targets
    phase: Phase
    ended: Callable[[str], bool] = lambda _: False
    _spans: dict[tuple[str, tuple[object, ...]], Span] = field(default_factory=dict)

    @property
    def campaign(self) -> Campaign:
        return self.targets.campaign

    @property
    def name(self) -> str:
        return f"{self.campaign.id}/{self.phase.name}"

    @cached_property
    def whom(self) -> Mapping[Whom, tuple[Row, str]]:
        """The rows that the phase's steps speak to, each with its zone."""
        found: dict[Whom, tuple[Row, str]] = {}
        for to in dict.fromkeys(arm.to for step in self.phase.steps for _, arm in step.all_arms()):
            if source := source_named(self.campaign, to):
                rows = self.targets.rows(to)
                found |= {(source, str(row["id"])): (row, self.targets.zone_of(to, row)) for row in rows}
        return found

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Those of a row that its days are counted from."""
        bounds = (self.phase.begin.value, self.phase.end.value)
        return tuple(filter(None, (column(value.name) for value in bounds if isinstance(value, AnchorTime))))

    def holds_for(self, whom: Whom, planned: PlannedDelivery) -> bool:
        row, zone = self.whom.get(whom, (None, ""))
        if row is None or self.ended(planned.target_id):
            return False
        if not all(isinstance(row.get(name), date | time) for name in self.columns):
            return False  # a row without days of its own
        key = (zone, tuple(row.get(name) for name in self.columns))
        if key not in self._spans:
            self._spans[key] = phase_span(self.phase, self.anchors(row), zone_named(zone))
        span, due = self._spans[key], planned.occurrence.due_at
        return span.begin <= due and (span.end is None or due < span.end)

    def anchors(self, row: Row) -> dict[str, AnchorValue]:
        return {**anchors_of(self.campaign), **anchors_in({name: row.get(name) for name in self.columns}, *NAMESPACES)}


class Rulings:
    """Those of all running campaigns; of several that speak of one step, that of the campaign started last holds."""

    def __init__(self, rulings: Iterable[Ruling] = ()) -> None:
        latest_first = sorted(rulings, key=lambda r: (r.campaign.start, r.campaign.id), reverse=True)
        self._about: dict[str, list[tuple[Ruling, During]]] = {}
        for ruling in latest_first:
            for rule in ruling.phase.during:
                self._about.setdefault(rule.playbook, []).append((ruling, rule))
        self._shared: Shared = {}

    def applied(self, campaign: Campaign, targets: Targets, planned: PlannedDelivery) -> PlannedDelivery:
        """The delivery as it is carried out: itself, skipped, or with another campaign's words."""
        rules = self._about.get(campaign.playbook.id)
        if not rules or planned.skip:
            return planned
        whom = target_of(targets, planned)
        for ruling, rule in rules:
            if (
                ruling.campaign.id != campaign.id
                and speaks_of(rule, campaign, planned.occurrence, planned.message.name)
                and ruling.holds_for(whom, planned)
            ):
                return self._ruled(planned, ruling, rule, whom)
        return planned

    def _ruled(self, planned: PlannedDelivery, ruling: Ruling, rule: During, whom: Whom) -> PlannedDelivery:
        if not rule.message:
            return planned._replace(skip=f"{DURING}: {ruling.name}")
        if not isinstance(planned.step.action, Send):
            return planned  # only words can be said instead; `check` and `start` say so
        return said_instead(planned, ruling, rule.message, whom, self._shared)


NONE = Rulings()


def speaks_of(rule: During, campaign: Campaign, occurrence: Occurrence, message: str) -> bool:
    """By the id of its step; where no step has the name, by that of its message."""
    if occurrence.step.id == rule.name:
        return True
    return message == rule.name and all(step.id != rule.name for step in campaign.playbook.steps())


def said_instead(planned: PlannedDelivery, ruling: Ruling, message: str, whom: Whom, shared: Shared) -> PlannedDelivery:
    """The delivery with a message of another campaign: its inputs and its days are that campaign's, the slot, the
    target and the event are the delivery's own."""
    row, _ = ruling.whom.get(whom, ({}, ""))
    key = (id(planned.shared), ruling.name, tuple(row.get(name) for name in ruling.columns))
    if key not in shared:
        own = ruling.anchors(row) if ruling.columns else None
        occurrence = replace(planned.occurrence, step=replace(planned.occurrence.step, module=""), anchors=own)
        shared[key] = (planned.shared, shared_data(ruling.targets, occurrence))
    data = shared[key][1]
    words = ruling.campaign.playbook.messages[message]
    content = content_of(words, planned.occurrence.number, {**data, **planned.own} if words.table else data)
    return planned._replace(
        message=content.message,
        template=content.template,
        lookup=content.lookup,
        shared=data,
        during=f"{ruling.name}/{message}",
    )


def target_of(targets: Targets, planned: PlannedDelivery) -> Whom:
    to = planned.step.to
    home = targets.home(planned.target_id) if to in (SUBJECT, MEMBER) else to
    return source_named(targets.campaign, home), planned.target_id


def source_named(campaign: Campaign, to: str) -> str:
    """The source behind an audience or role; "" for what has none."""
    playbook = campaign.playbook
    if audience := playbook.audiences.get(to):
        return source_of(playbook, audience)
    role = playbook.roles.get(to)
    return role.source if role else ""

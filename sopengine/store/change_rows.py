"""What a change of a running campaign hands the store, and the versions that come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from msgspec import Struct, field

from sopengine.store.delivery_rows import MovedDelivery
from sopengine.store.rows import MovedTask, OccurrenceRow

Kind = Literal["slip", "upgrade", "patch-copy"]


class NewVersion(Struct, frozen=True):
    """What a campaign is from now on: its bundle under its hash, and what it is called."""

    campaign: str
    kind: Kind
    bundle: str
    content: bytes
    title: str
    reason: str
    ends_at: datetime | None
    planned_until: datetime | None
    flows: Sequence[str]  # the names of its welcome and journeys
    detail: Mapping[str, Any] = field(default_factory=dict)  # for people: what was mapped to what


class Replanned(Struct, frozen=True):
    """What is stored, as the new version has it. Rows that are moved keep their `id` and their key."""

    moved: Sequence[OccurrenceRow] = ()
    limited: Sequence[OccurrenceRow] = ()  # the same for those whose limits alone are others
    ordered: Sequence[OccurrenceRow] = ()  # of entries under way: only their place and `required` are new
    gone: Sequence[int] = ()  # what is unsent of these occurrences is withdrawn
    dropped: Sequence[int] = ()  # the same, and people's open work with it: their steps are written no more
    revived: Sequence[OccurrenceRow] = ()  # withdrawn by an earlier change, and in the plan again
    new: Sequence[OccurrenceRow] = ()
    behind: Sequence[OccurrenceRow] = ()  # new, and past already: recorded, and never carried out
    deliveries: Sequence[MovedDelivery] = ()
    past: Sequence[int] = ()  # deliveries whose time would be past already
    returned: Sequence[MovedDelivery] = ()  # withdrawn as past by an earlier change, and ahead again
    unaddressed: Sequence[int] = ()  # deliveries to targets that their step does not go to any more
    work: Sequence[MovedTask] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)  # steps: old id → new id

    @property
    def ids_gone(self) -> tuple[int, ...]:
        return (*self.gone, *self.dropped)


class VersionRow(NamedTuple):
    """One change of a campaign; `before` is the bundle it had until then."""

    id: int
    campaign: str
    kind: str
    before: str
    bundle: str
    at: datetime
    actor: str
    reason: str
    detail: Mapping[str, Any]


class Used(NamedTuple):
    """An arm of a step ("" where it does not choose) of which something is under way, which `open` counts, or may be
    tried again. `kind` is message, task or wait."""

    step: str
    arm: str
    kind: str
    open: int


class Entry(NamedTuple):
    """One entry of a flow under way: the moment it counts from."""

    journey: str
    entry: str
    at: datetime

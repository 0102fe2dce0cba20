"""What guards will make of a dry run's deliveries: moved, left out, and how full each cap becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec import Struct, field

from sopengine.diagnostics import Text
from sopengine.language.guards import Guards
from sopengine.planning.deliveries import Turn
from sopengine.planning.facts import Facts
from sopengine.planning.forecast import Entry, Fate, UsedBefore, forecast
from sopengine.planning.guards import guards_by_step
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery
from sopengine.planning.occurrences import plan
from sopengine.planning.possibilities import depends_on_facts, possible
from sopengine.planning.slots import slots
from sopengine.planning.targets import Targets
from sopengine.review.during import Others
from sopengine.timing.zones import zone as zone_named

CODES: Mapping[str, str] = {"quiet": "SOP-W541", "cap": "SOP-W542", "gap": "SOP-W543", "rollout": "SOP-W544"}


HELP: Mapping[str, Text] = {
    "quiet": Text(
        "挪到时段以外，或写 then: earlier | drop", "move it out of those hours, or write then: earlier | drop"
    ),
    "cap": Text(
        "少排几条，或写 on_cap: skip 让次要的让路，用 priority 排先后",
        "plan fewer, or write on_cap: skip on what matters less, and priority on what goes first",
    ),
    "rollout": Text(
        "少分几批、gap 短一些，或写 useful_until 让它有用得久一些",
        "fewer waves or a shorter gap, or useful_until, so that it is of use for longer",
    ),
    "gap": Text("把时间错开，先后用 priority 定", "plan them further apart; priority says what goes first"),
}
_WORDS = (
    ("quiet ", "免打扰 "),
    ("cap ", "频次上限 "),
    ("gap ", "间隔 "),
    ("rollout ", "分批 "),
    (" after the wave before", " 之后接上一批"),
    (" per ", " 条，按 "),
    (" and ", "、"),
    (": used by ", "，已用："),
    (": kept for ", "，留给："),
    (", kept for ", "，留给："),
    (" after ", "，上一条是 "),
    ("; no time left", "，过后就没有用处了"),
)


def in_chinese(reason: str) -> str:
    """A guard's reason as the log has it, in the words of an operator."""
    for word, chinese in _WORDS:
        reason = reason.replace(word, chinese, 1)
    return reason


class Looked(Protocol):
    """An occurrence as a dry run looks at it."""

    @property
    def occurrence(self) -> Occurrence: ...

    @property
    def turn(self) -> Turn | None: ...


class Tally(Struct):
    """Of one step and guard: how many deliveries it moves and how many it leaves out; the first of them."""

    moved: int = 0
    left_out: int = 0
    first: Fate | None = None
    zone: str = ""

    def text(self, step: str) -> Text:
        assert self.first is not None
        at = f"{self.first.at.astimezone(zone_named(self.zone)):%m-%d %H:%M}"
        reason = self.first.reason
        chinese = in_chinese(reason)
        if not self.left_out:
            return Text(
                f"步骤 {step}：{self.moved} 条改时间（{chinese}），第一条改到 {at}",
                f"step {step}: {self.moved} deliveries are moved by {reason}, the first to {at}",
            )
        moved = Text(f"；另有 {self.moved} 条改时间", f", {self.moved} more are moved") if self.moved else Text("", "")
        return Text(
            f"步骤 {step}：{self.left_out} 条发不出去：{chinese}{moved.zh}",
            f"step {step}: {self.left_out} deliveries do not go out: {reason}{moved.en}",
        )


class Quota(NamedTuple):
    """One rule, and how many deliveries it holds up."""

    rule: str
    moved: int
    left_out: int


class Guarded(Struct, frozen=True):
    """`fates` by delivery and arm; `first` is when the first delivery of an occurrence goes, by its key. `theirs` are
    those of the running campaigns."""

    fates: Mapping[str, Fate] = field(default_factory=dict)
    theirs: Mapping[str, Fate] = field(default_factory=dict)
    first: Mapping[tuple[str, datetime], datetime] = field(default_factory=dict)
    tallies: Mapping[tuple[str, str], Tally] = field(default_factory=dict)

    def fate(self, delivery: PlannedDelivery) -> Fate | None:
        return self.fates.get(f"{delivery.key}/{delivery.arm}") if self.fates else None

    def moment(self, occurrence: Occurrence, at: datetime) -> datetime:
        return self.first.get((occurrence.key, at), at)

    def quotas(self) -> list[Quota]:
        counts: dict[str, Counter[bool]] = {}
        for fate in self.fates.values():
            rule = fate.reason.partition(": ")[0].partition(";")[0].partition(" after ")[0]
            counts.setdefault(rule, Counter())[bool(fate.state)] += 1
        return [Quota(rule, count[False], count[True]) for rule, count in sorted(counts.items())]


NOTHING_GUARDED = Guarded()


def guarded(
    campaign: Campaign,
    targets: Targets,
    facts: Facts,
    looks: Iterable[Looked],
    running: Others,
    as_of: datetime,
    used_before: UsedBefore,
) -> Guarded:
    """`looks` are those with a time; what other campaigns will send counts too."""
    guards = guards_by_step(campaign)
    rolls = any(step.rollout for step in campaign.playbook.steps())
    if not (rolls or any(guards.values()) or any(any(guards_by_step(other).values()) for other, _ in running)):
        return NOTHING_GUARDED
    mine = list(_entries(campaign, targets, facts, guards, looks))
    last = max((entry.delivery.due_at for _, entry in mine), default=as_of)
    others = entries_of(running, facts, as_of, last)
    fates = forecast([*(entry for _, entry in mine), *others], used_before)
    first: dict[tuple[str, datetime], datetime] = {}
    tallies: dict[tuple[str, str], Tally] = {}
    for look, entry in mine:
        fate = fates.get(entry.key)
        at = fate.at if fate else entry.delivery.due_at
        key = look.occurrence.key, look.occurrence.due_at
        first[key] = min(first.get(key, at), at)
        if fate is not None:
            _count(tallies, entry, fate)
    ours = {entry.key for _, entry in mine}
    own = {key: fate for key, fate in fates.items() if key in ours}
    return Guarded(own, {key: fate for key, fate in fates.items() if key not in ours}, first, tallies)


def _count(tallies: dict[tuple[str, str], Tally], entry: Entry, fate: Fate) -> None:
    tally = tallies.setdefault((entry.delivery.occurrence.step.id, fate.guard), Tally())
    tally.left_out += bool(fate.state)
    tally.moved += not fate.state
    if tally.first is None or (fate.state and not tally.first.state):
        tally.first, tally.zone = fate, entry.delivery.occurrence.zone


def _entries(
    campaign: Campaign, targets: Targets, facts: Facts, guards: Mapping[str, Guards], looks: Iterable[Looked]
) -> Iterator[tuple[Looked, Entry]]:
    for look in looks:
        step = look.occurrence.step
        counted = not depends_on_facts(step)
        for delivery in possible(campaign, targets, look.occurrence, facts, look.turn):
            yield look, Entry(campaign, targets, guards[step.id], delivery, counted)


def entries_of(others: Others, facts: Facts, begin: datetime, end: datetime) -> Iterator[Entry]:
    """What other campaigns will surely do in this time, as far as it has times of its own."""
    for campaign, targets in others:
        yield from _of_another(campaign, targets, facts, begin, end)


def _of_another(campaign: Campaign, targets: Targets, facts: Facts, begin: datetime, end: datetime) -> Iterator[Entry]:
    guards = guards_by_step(campaign)
    for occurrence in plan(campaign, targets, begin, end):
        if not (occurrence.untimed or depends_on_facts(occurrence.step)):
            for slot in slots(targets, occurrence):
                for delivery in possible(campaign, targets, slot.occurrence, facts, slot.turn):
                    yield Entry(campaign, targets, guards[occurrence.step.id], delivery)

"""A plan before it runs → what its guards will make of it: the engine's judgements, made in the engine's order.

Quiet hours hold a delivery at its time; caps and gaps are asked when it would go, the earlier first, of what is due
together the more important; a cap keeps room for what matters more and is still to come. What depends on facts yet
to come uses nothing up, and no room is kept for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from msgspec import Struct, field

from sopengine.language.guards import Guards, Scope
from sopengine.language.model import Send
from sopengine.planning.allowance import Coming, Message, Never, Use, Wait, allowed
from sopengine.planning.coming import Ahead
from sopengine.planning.guards import QUIET, hush
from sopengine.planning.limits import for_target
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery
from sopengine.planning.recipients import recipient_of
from sopengine.planning.targets import MEMBER, Targets
from sopengine.planning.waves import ROLLOUT, Earlier, may_go, out_of_time, rolls_out
from sopengine.timing.zones import zone as zone_named

UsedBefore = Callable[[Scope, str, datetime], Sequence[Use]]


def nothing_before(scope: Scope, value: str, since: datetime) -> Sequence[Use]:
    return ()


class Fate(NamedTuple):
    """What becomes of a delivery that does not simply go at its time: it goes `at` another one, or `skipped` or
    `missed` not at all. `guard` is quiet, cap, gap or rollout; `reason` names the rule and what used it up."""

    at: datetime
    guard: str
    reason: str
    state: str = ""


class Gone(NamedTuple):
    at: datetime
    text: str


class Entry(NamedTuple):
    """One delivery of the plan. `counted`: it will surely go if nothing guards against it."""

    campaign: Campaign
    targets: Targets
    guards: Guards
    delivery: PlannedDelivery
    counted: bool = True

    @property
    def key(self) -> str:
        return f"{self.delivery.key}/{self.delivery.arm}"


class Judged(Struct):
    """A delivery on its way through the forecast."""

    entry: Entry
    occurrence: Occurrence
    message: Message
    guard: str = ""
    reason: str = ""

    @property
    def priority(self) -> int:
        return self.entry.delivery.step.priority

    @property
    def text(self) -> str:
        return f"{self.entry.campaign.id}/{self.entry.delivery.step.id}"

    def coming(self, moment: datetime) -> Coming:
        return Coming(self.entry.key, moment, self.text, self.entry.guards.caps)

    @property
    def rolls_out(self) -> bool:
        return rolls_out(self.entry.delivery.step) is not None


class Rolling(Struct):
    """The waves of one slot: of each delivery its wave, and when it has its turn as far as is known; lost ones are
    those whose time is over before it comes."""

    turns: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def before(self, wave: int) -> Earlier:
        earlier = {key: at for key, (its, at) in self.turns.items() if its < wave}
        return Earlier(
            max(earlier.values(), default=None), number=len(earlier), lost=sum(key in self.lost for key in earlier)
        )


def forecast(entries: Iterable[Entry], used_before: UsedBefore = nothing_before) -> dict[str, Fate]:
    """By `Entry.key`: what is shifted or left out. `used_before` knows what went before all of them."""
    fates: dict[str, Fate] = {}
    gone: dict[tuple[Scope, str], list[Gone]] = defaultdict(list)

    def uses(scope: Scope, value: str, since: datetime) -> Sequence[Use]:
        mine = [use for use in gone[scope, value] if use.at >= since]
        return [*used_before(scope, value, since), *mine]

    rolling: dict[str, Rolling] = defaultdict(Rolling)
    queue = [(one.occurrence.due_at, -one.priority, n, one) for n, one in enumerate(due(entries))]
    ahead = _ahead(queue)
    heapify(queue)
    for moment, _, _, one in queue:
        if one.rolls_out:
            rolling[one.occurrence.key].turns[one.entry.key] = one.entry.delivery.wave, moment
    while queue:
        moment, rank, number, one = heappop(queue)
        waves = rolling[one.occurrence.key] if one.rolls_out else None
        verdict = _verdict(one, moment, uses, ahead, waves)
        if waves is not None:
            _took_turn(waves, one.entry, verdict)
        if isinstance(verdict, Fate):
            if verdict.state:
                fates[one.entry.key] = verdict
                ahead.over(one.entry.key, one.message.counts)
            else:
                one.guard, one.reason = verdict.guard, verdict.reason
                heappush(queue, (verdict.at, rank, number, one))
                ahead.put_off(one.entry.key, one.message.counts, verdict.at)
            continue
        ahead.over(one.entry.key, one.message.counts)
        if one.guard:
            fates[one.entry.key] = Fate(moment, one.guard, one.reason)
        if one.entry.counted:
            for scope, value in one.message.counts.items():
                gone[scope, value].append(Gone(moment, one.text))
    return fates


def _took_turn(waves: Rolling, entry: Entry, verdict: Fate | None) -> None:
    if verdict is None:
        return
    if verdict.state == "skipped":
        del waves.turns[entry.key]
    elif verdict.state:
        waves.lost.add(entry.key)
    else:
        waves.turns[entry.key] = entry.delivery.wave, verdict.at


def _ahead(queue: Iterable[tuple[datetime, int, int, Judged]]) -> Ahead:
    surely = [(moment, one) for moment, _, _, one in queue if one.entry.counted and one.entry.guards.caps]
    least, ahead = min((one.priority for _, one in surely), default=0), Ahead()
    for moment, one in surely:
        if one.priority > least:
            ahead.add(one.message.counts, one.priority, one.coming(moment))
    return ahead


def due(entries: Iterable[Entry]) -> Iterable[Judged]:
    for entry in entries:
        planned = entry.delivery
        if planned.skip or not isinstance(planned.step.action, Send):
            continue
        occurrence = for_target(entry.campaign, planned)
        recipient = recipient_of(entry.targets, planned.step.to, planned.receiver)
        counts: dict[Scope, str] = {"target": recipient, "sender": planned.channel, "address": planned.bucket}
        if planned.step.to == MEMBER:
            counts["member"] = recipient
        clock = occurrence.planned_at.astimezone(zone_named(occurrence.zone)).time()
        message = Message(recipient, counts, clock, occurrence.useful_until, planned.step.on_cap)
        yield Judged(entry, occurrence, message)


def _verdict(
    one: Judged,
    moment: datetime,
    uses: Callable[[Scope, str, datetime], Sequence[Use]],
    ahead: Ahead,
    waves: Rolling | None,
) -> Fate | None:
    entry, useful = one.entry, one.occurrence.useful_until
    step, wave = entry.delivery.step, entry.delivery.wave
    if reason := out_of_time(step, wave, moment, useful):
        return Fate(moment, ROLLOUT, reason, "missed")
    quiet = hush(entry.guards, one.occurrence, entry.delivery.step, moment)
    if quiet is not None:
        if quiet.drop:
            return Fate(moment, QUIET, quiet.reason, "skipped")
        if quiet.until >= useful:
            return Fate(moment, QUIET, f"{quiet.reason}; no time left", "missed")
        return Fate(quiet.until, QUIET, quiet.reason)
    turn = may_go(step.rollout, wave, moment, useful, waves.before(wave)) if waves and step.rollout else None
    zone, coming = zone_named(one.occurrence.zone), ahead.of(one.priority)
    match turn or allowed(entry.guards, one.message, moment, zone, uses, coming):
        case Wait(until, hold, reason):
            return Fate(max(until, moment + timedelta(microseconds=1)), hold, reason)
        case Never(missed, reason):
            return Fate(moment, reason.partition(" ")[0], reason, "missed" if missed else "skipped")
    return None

"""Guards in the engine (semantics.md S4): quiet hours at fan-out and at send, caps and gaps at claim, who opted out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.facts import StoredFacts
from sopengine.engine.room import Room
from sopengine.errors import SopError
from sopengine.language.guards import Guards, Scope
from sopengine.language.model import Send, Step
from sopengine.planning.allowance import Message, Never, Wait, allowed
from sopengine.planning.deliveries import CONDITION, Case, judge
from sopengine.planning.guards import QUIET, guards_of, hush, released
from sopengine.planning.lateness import ON_TIME
from sopengine.planning.model import Occurrence, PlannedDelivery
from sopengine.planning.targets import MEMBER
from sopengine.planning.waves import ROLLOUT, Earlier, may_go, out_of_time, turn_of
from sopengine.store.delivery_rows import Claimed, Result
from sopengine.store.errors import StoreError
from sopengine.store.rows import State
from sopengine.store.store import Store
from sopengine.store.uses import Drop, Hold, Judge, Uses, Verdict
from sopengine.timing.zones import zone as zone_named

OPTED_OUT = "opted-out"
"""The tag of those whom nobody writes to any more, and the reason for which they are left out."""
COLUMN = "opted_out"
_NO = (None, "", "0", "no", "false", False, "否")
COUNTED_BY: Mapping[Scope, str] = {
    "target": "recipient",
    "member": "recipient",
    "sender": "channel",
    "address": "bucket",
}
"""What the ledger calls whom a cap counts for."""


class Timed(NamedTuple):
    """A delivery as its guards let it go, at a moment and inside a window; or `state`, with why it does not go."""

    occurrence: Occurrence
    hold: str = ""
    state: State | None = None
    reason: str = ""


def at_fan_out(running: Running, planned: PlannedDelivery, occurrence: Occurrence) -> Timed:
    """`occurrence` with the target's own time. Quiet hours hold, drop or end it; a wave waits for its turn."""
    if reason := out_of_time(planned.step, planned.wave, occurrence.due_at, occurrence.useful_until):
        return Timed(occurrence, state=State.MISSED, reason=reason)
    found = hush(guards_of(running.campaign, occurrence), occurrence, planned.step, occurrence.due_at)
    if found is None:
        waits = turn_of(planned.step, planned.wave)
        return Timed(occurrence, hold=ROLLOUT if waits else "", reason=waits)
    if found.drop:
        return Timed(occurrence, state=State.SKIPPED, reason=found.reason)
    if found.until >= occurrence.useful_until:
        return Timed(occurrence, state=State.MISSED, reason=f"{found.reason}; no time left")
    return Timed(released(occurrence, found.until), hold=QUIET, reason=found.reason)


class Guarding:
    """`do_not_contact` reads the ids that must never be written to; it is asked once a pass."""

    def __init__(
        self, store: Store, campaigns: Campaigns, facts: StoredFacts, do_not_contact: Callable[[], Collection[str]]
    ) -> None:
        self._store, self._campaigns, self._facts, self._listed = store, campaigns, facts, do_not_contact
        self._room = Room(store, campaigns)
        self._never: Collection[str] | None = None

    def begin_pass(self) -> None:
        self._never = None
        self._room.begin_pass()

    def at(self, now: datetime) -> Judge:
        """Asked for each delivery in the commit that would claim it."""
        self._room.look(now)
        return lambda claimed, uses: self._claims(claimed, uses, now)

    def _claims(self, claimed: Claimed, uses: Uses, now: datetime) -> Verdict:
        running = self._campaigns.by_id(claimed.campaign)
        if claimed.notice or claimed.doubtful:
            return None  # what may have gone already is only asked for
        step = running.steps[claimed.step].arm(claimed.arm)
        guards = running.guards[claimed.step]
        match (
            _hushed(claimed, guards, step, now)
            or _wave(claimed, step, uses, now)
            or self._allowed(claimed, guards, step, uses, now)
        ):
            case Wait(until, hold, reason):
                asked_again = claimed.hold == hold == ROLLOUT and now - claimed.due_at > ON_TIME
                return Hold(until, hold, reason, told=asked_again)
            case Never(missed, reason):
                return Drop(State.MISSED if missed else State.SKIPPED, reason)
        return None

    def _allowed(self, claimed: Claimed, guards: Guards, step: Step, uses: Uses, now: datetime) -> Wait | Never | None:
        if not (guards.caps or guards.gap):
            return None
        zone = zone_named(claimed.zone)
        counts: dict[Scope, str] = {scope: getattr(claimed, by) for scope, by in COUNTED_BY.items()}
        if step.to != MEMBER:
            del counts["member"]
        message = Message(
            claimed.recipient,
            counts,
            claimed.planned_at.astimezone(zone).time(),
            claimed.useful_until,
            step.on_cap,
        )
        coming = self._room.coming(uses, COUNTED_BY, claimed.priority, now)
        return allowed(guards, message, now, zone, lambda by, value, at: uses.since(COUNTED_BY[by], value, at), coming)

    def before_send(self, claimed: Sequence[tuple[Claimed, PlannedDelivery]], now: datetime) -> dict[int, Result]:
        """By delivery: what becomes of those that are not to go now. SopError where the list cannot be read."""
        messages = [
            (claim, planned) for claim, planned in claimed if isinstance(planned.step.action, Send) and not claim.notice
        ]
        never = self._opted_out(messages, now)
        found: dict[int, Result] = {}
        for claim, planned in messages:
            if str(planned.receiver["id"]) in never or planned.receiver.get(COLUMN) not in _NO:
                found[claim.id] = Result(claim.id, claim.fence, State.SKIPPED, OPTED_OUT)
            elif (result := self._quiet_now(claim, planned, now) or self._checked_again(claim, planned)) is not None:
                found[claim.id] = result
        return found

    def _opted_out(self, messages: Sequence[tuple[Claimed, PlannedDelivery]], now: datetime) -> set[str]:
        if self._never is None:
            self._never = frozenset(self._listed())
        receivers = {str(planned.receiver["id"]) for _, planned in messages}
        tagged = {who for who, tags in self._store.tags_of(receivers, now).items() if OPTED_OUT in tags}
        return tagged | (receivers & frozenset(self._never))

    def _quiet_now(self, claim: Claimed, planned: PlannedDelivery, now: datetime) -> Result | None:
        """A late pass, or another try, may come to send in quiet hours what was planned outside them."""
        occurrence = planned.occurrence
        running = self._campaigns.by_id(claim.campaign)
        found = hush(running.guards[claim.step], occurrence, planned.step, now)
        if found is None:
            return None
        if found.drop:
            return Result(claim.id, claim.fence, State.SKIPPED, found.reason)
        if found.until >= claim.useful_until:
            return Result(claim.id, claim.fence, State.MISSED, f"{found.reason}; no time left")
        expires = min(claim.expires_at + (found.until - now), claim.useful_until)
        return Result(claim.id, claim.fence, State.PLANNED, QUIET, run_after=found.until, expires_at=expires)

    def _checked_again(self, claim: Claimed, planned: PlannedDelivery) -> Result | None:
        """What was held long after its slot is asked its own condition once more."""
        if claim.hold not in (QUIET, "cap") or planned.step.if_ is None:
            return None
        running = self._campaigns.by_id(claim.campaign)
        case, text = Case(planned.target, planned.receiver), planned.step.if_.text
        try:
            holds = judge(
                running.campaign, running.frozen, planned.occurrence, case, self._facts, text, self._facts.now
            )
        except StoreError:
            raise
        except SopError:
            return None  # decided at its slot; what it speaks of cannot be read now
        return None if holds else Result(claim.id, claim.fence, State.SKIPPED, f"{CONDITION}, asked again: {text}")


def _hushed(claimed: Claimed, guards: Guards, step: Step, now: datetime) -> Wait | Never | None:
    """What was put off, by a cap or by another try, may come into quiet hours; they are asked before all else."""
    found = hush(guards, claimed, step, now)
    if found is None:
        return None
    if found.drop or found.until >= claimed.useful_until:
        return Never(not found.drop, found.reason if found.drop else f"{found.reason}; no time left")
    return Wait(found.until, QUIET, found.reason)


def _wave(claimed: Claimed, step: Step, uses: Uses, now: datetime) -> Wait | Never | None:
    """What the rollout of a step says: a wave goes when the ones before have."""
    if not claimed.wave or step.rollout is None:
        return None
    earlier = Earlier(*uses.waves_before(claimed.occurrence, claimed.wave))
    return may_go(step.rollout, claimed.wave, now, claimed.useful_until, earlier)

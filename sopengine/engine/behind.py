"""What a resume sets going: for each slot behind the pause, how many run, are skipped and why, or are too late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.facts import StoredFacts
from sopengine.engine.fan_out import PAST_AT_START, superseded
from sopengine.engine.rows import to_occurrence
from sopengine.engine.scopes import has_ended, scopes_around
from sopengine.engine.whom import targets_of
from sopengine.errors import SopError
from sopengine.planning.deliveries import Turn, fan_out
from sopengine.planning.limits import for_target, moved
from sopengine.planning.model import Occurrence, PlannedDelivery
from sopengine.store.errors import StoreError
from sopengine.store.reasons import LEFT_OUT
from sopengine.store.rows import OccurrenceRow
from sopengine.store.store import Scope, Store


class Going(Struct):
    """One slot of one step: numbers of targets. `skipped` is by reason, of which only the first word is kept."""

    campaign: str
    step: str
    slot: datetime
    runs: int = 0
    missed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)


class Total(Struct, frozen=True):
    runs: int
    skipped: int
    missed: int


def total(goings: Sequence[Going]) -> Total:
    return Total(
        sum(one.runs for one in goings),
        sum(sum(one.skipped.values()) for one in goings),
        sum(one.missed for one in goings),
    )


def behind(
    store: Store, campaigns: Campaigns, facts: StoredFacts, scope: Scope, name: str, now: datetime
) -> list[Going]:
    """In the order of their slots; as the engine would decide now, without deciding anything."""
    goings: dict[tuple[str, str, datetime], Going] = {}

    def going(campaign: str, step: str, slot: datetime) -> Going:
        return goings.setdefault((campaign, step, slot), Going(campaign, step, slot))

    for held in store.held_behind(scope, name, now):
        one = going(held.campaign, held.step, held.slot)
        one.missed, one.runs = one.missed + held.late, one.runs + (not held.late)
    if scope in ("campaign", "all"):
        due = store.due_behind(name if scope == "campaign" else None, now)
        late = superseded([(row, campaigns.by_id(row.campaign).steps[row.step].catch_up) for row in due], now)
        ready = store.ready_at(due)
        for row in due:
            one = going(row.campaign, row.step, row.planned_at)
            running = campaigns.by_id(row.campaign)
            occurrence = to_occurrence(row, running.steps[row.step])
            if row.id in ready and ready[row.id] > occurrence.due_at:
                occurrence = moved(running.campaign, occurrence, ready[row.id])
            planned = _planned(campaigns, facts, running, occurrence, now)
            left = _left(store, running, occurrence, row)
            for case in planned:
                _count(one, left, running, case, late=row.id in late, now=now)
    return sorted(goings.values(), key=lambda one: (one.slot, one.campaign, one.step))


class Left(Struct, frozen=True):
    """What takes targets out before a step's own condition is asked: all, by a reason; or some, each by its own."""

    whole: str
    targets: Mapping[str, str]
    ended: Mapping[tuple[str, str], str]
    scopes: tuple[str, str]

    def reason(self, target: str) -> str:
        if self.whole or target in self.targets:
            return self.whole or LEFT_OUT
        return "exited" if has_ended(self.ended, self.scopes, target) else ""


def _left(store: Store, running: Running, occurrence: Occurrence, row: OccurrenceRow) -> Left:
    gone = store.left_out(row.campaign, row.step, row.key)
    past = not row.entry and row.due_at < running.campaign.start
    whole = PAST_AT_START if past else LEFT_OUT if "" in gone else ""
    return Left(whole, gone, store.ended(row.campaign), scopes_around(occurrence))


def _count(one: Going, left: Left, running: Running, case: PlannedDelivery, *, late: bool, now: datetime) -> None:
    if reason := case.skip or left.reason(case.target_id):
        word = reason.partition(":")[0]
        one.skipped[word] = one.skipped.get(word, 0) + 1
    elif late or now > for_target(running.campaign, case).expires_at:
        one.missed += 1
    else:
        one.runs += 1


def _planned(
    campaigns: Campaigns, facts: StoredFacts, running: Running, occurrence: Occurrence, now: datetime
) -> list[PlannedDelivery]:
    """Those whose turn has come; of a list that cannot be read now, as it was at the start."""
    calendar = running.frozen.calendars.of(occurrence)
    turn = Turn(occurrence.due_at, now) if calendar is not None and calendar.by_turns else None
    try:
        targets = targets_of(campaigns, facts, running, occurrence)
    except StoreError:
        raise
    except SopError:
        targets = running.frozen
    return list(fan_out(running.campaign, targets, occurrence, facts, turn))

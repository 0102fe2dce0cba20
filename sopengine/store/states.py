"""The one table of legal transitions (semantics.md S2, S7); whatever is not listed is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from sopengine.store.rows import OccurrenceState, State, TaskState

OPEN_DELIVERY = (State.PLANNED, State.CLAIMED, State.SENDING, State.AWAITING_CONFIRM)
"""Not final: what comes after waits. UNKNOWN is final for the flow, though a person or a late answer may resolve it."""
ENDED_WELL = (State.SENT, State.CONFIRMED)

OPEN_TASK = (TaskState.OPEN, TaskState.ACKNOWLEDGED)
WORKABLE = (*OPEN_TASK, TaskState.OVERDUE)
"""May still be done; overdue ones are final for the flow and done late."""

_DELIVERY: Mapping[IntEnum, tuple[IntEnum, ...]] = {
    State.PLANNED: (State.CLAIMED, State.MISSED, State.SKIPPED, State.WITHDRAWN, State.UNKNOWN),
    State.CLAIMED: (
        State.PLANNED,
        State.SENDING,
        State.FAILED,
        State.MISSED,
        State.SKIPPED,
        State.WITHDRAWN,
        State.UNKNOWN,
    ),
    State.SENDING: (State.SENT, State.AWAITING_CONFIRM, State.FAILED, State.UNKNOWN, State.PLANNED),
    State.UNKNOWN: (State.SENT, State.AWAITING_CONFIRM, State.FAILED, State.PLANNED),
    State.AWAITING_CONFIRM: (State.CONFIRMED, State.WITHDRAWN),
    State.FAILED: (State.PLANNED,),  # retry
    State.MISSED: (State.PLANNED,),  # run-missed
    State.WITHDRAWN: (State.PLANNED,),  # past after a change, and ahead again after another one
}
_TASK: Mapping[IntEnum, tuple[IntEnum, ...]] = {
    TaskState.OPEN: (
        TaskState.ACKNOWLEDGED,
        TaskState.DONE,
        TaskState.DECLINED,
        TaskState.OVERDUE,
        TaskState.WITHDRAWN,
    ),
    TaskState.ACKNOWLEDGED: (TaskState.DONE, TaskState.DECLINED, TaskState.OVERDUE, TaskState.WITHDRAWN),
    TaskState.OVERDUE: (TaskState.DONE, TaskState.WITHDRAWN),
    TaskState.MISSED: (TaskState.OPEN,),  # run-missed
}
_OCCURRENCE: Mapping[IntEnum, tuple[IntEnum, ...]] = {
    OccurrenceState.PLANNED: (
        OccurrenceState.FANNED_OUT,
        OccurrenceState.SKIPPED,
        OccurrenceState.MISSED,
        OccurrenceState.WITHDRAWN,
    ),
    OccurrenceState.MISSED: (OccurrenceState.PLANNED,),  # run-missed
    OccurrenceState.WITHDRAWN: (OccurrenceState.PLANNED,),  # a change that another one takes back
    OccurrenceState.FANNED_OUT: (OccurrenceState.PLANNED,),  # a list that is read anew has more turns
}
_CAMPAIGN: Mapping[str, tuple[str, ...]] = {
    "running": ("paused", "stopped", "finished"),
    "paused": ("running", "stopped", "finished"),
}
_TABLES: Mapping[type[IntEnum], Mapping[IntEnum, tuple[IntEnum, ...]]] = {
    State: _DELIVERY,
    TaskState: _TASK,
    OccurrenceState: _OCCURRENCE,
}
_WORDS = {kind: {int(state): state.name.lower() for state in kind} for kind in _TABLES}


class IllegalTransition(AssertionError):
    """A mistake of ours: somebody asked for a transition that is not in the table."""


def legal(before: IntEnum, after: IntEnum) -> bool:
    return type(before) is type(after) and after in _TABLES[type(before)].get(before, ())


def require(before: IntEnum, after: IntEnum) -> None:
    if not legal(before, after):
        raise IllegalTransition(f"{word(before)} → {word(after)}")


def ending(wanted: State, doubtful: bool) -> State:
    """How an unsent delivery ends: one of which an earlier attempt may have been taken is never called unsent."""
    return State.UNKNOWN if doubtful else wanted


def require_campaign(before: str, after: str) -> None:
    if after not in _CAMPAIGN.get(before, ()):
        raise IllegalTransition(f"campaign {before} → {after}")


def word(state: IntEnum) -> str:
    """The state as the log and the user see it."""
    return _WORDS[type(state)][int(state)]

"""A planned case whose action neither sends nor asks → the effect that is stored and carried out with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sopengine.engine.campaigns import Running
from sopengine.engine.scopes import scope_around
from sopengine.language.expressions.conditions import value_of
from sopengine.language.model import Choose, Emit, Exit, Go, Journey, Pause, Skip, Split, Tag
from sopengine.planning.identity import effect_key
from sopengine.planning.journeys import flow_of, leads_to, scope_of
from sopengine.planning.model import PlannedDelivery
from sopengine.planning.splitting import split_arm
from sopengine.store.flow_rows import Deed, EndScope, Jump, NewEffect, PauseSends, Raise, SetTags, TagChange, WaitRow
from sopengine.store.rows import EventRow
from sopengine.store.values import plain
from sopengine.timing.frame import anchor_day
from sopengine.timing.words import AnchorTime
from sopengine.timing.zones import resolve
from sopengine.timing.zones import zone as zone_named

Made = tuple[str, tuple[Deed, ...]]
"""The result by which later steps know the effect (`step.ID.result`), and what is carried out with it."""


def effect_of(running: Running, planned: PlannedDelivery, occurrence_id: int) -> NewEffect:
    action = planned.step.action
    kind = "none" if isinstance(action, Choose | Skip) else type(action).__name__.lower()
    common: dict[str, Any] = {
        "key": effect_key(planned.key),
        "occurrence": occurrence_id,
        "target": planned.target_id,
        "kind": kind,
        "at": planned.occurrence.due_at,
        "arm": planned.arm,
        "verdict": planned.verdict,
    }
    if planned.skip:
        return NewEffect(**common, state="skipped", reason=planned.skip)
    result, deeds = _MAKE[type(action)](running, planned, action)
    return NewEffect(**common, result=result, deeds=deeds)


def ended_wait(wait: WaitRow, journey: Journey, result: str, way: str, at: datetime) -> NewEffect:
    """What a wait came to: the event, or `timeout`; `way` leads on."""
    deeds = _way(wait.campaign, journey, wait.entry, wait.sequence, way, f"{wait.step}: {result}")
    return NewEffect(
        key=effect_key(wait.occurrence_key),
        occurrence=wait.occurrence,
        target=wait.subject,
        kind="wait",
        at=at,
        result=result,
        deeds=deeds,
    )


def _way(campaign: str, journey: Journey, entry: str, sequence: int, way: str, reason: str) -> tuple[Deed, ...]:
    to = leads_to(journey, sequence, way)
    if to is None:
        return (EndScope(campaign, scope_of(journey), "", reason, entry=entry),)
    return (Jump(campaign, entry, sequence, to, reason),) if to > sequence + 1 else ()


def _go(running: Running, planned: PlannedDelivery, go: Go) -> Made:
    occurrence = planned.occurrence
    journey = flow_of(running.campaign.playbook, occurrence)
    reason = f"{occurrence.step.id} went on to {go.step}"
    return go.step, _way(running.row.id, journey, occurrence.entry, occurrence.sequence, go.step, reason)


def _exit(running: Running, planned: PlannedDelivery, action: Exit) -> Made:
    occurrence = planned.occurrence
    subject = "" if occurrence.entry else planned.target_id
    end = EndScope(running.row.id, scope_around(occurrence), subject, action.reason, entry=occurrence.entry)
    return action.reason, (end,)


def _split(running: Running, planned: PlannedDelivery, split: Split) -> Made:
    value = value_of(split.by, {**planned.shared, **planned.own})
    return split_arm(split, "" if value is None else str(value)), ()


def _emit(running: Running, planned: PlannedDelivery, emit: Emit) -> Made:
    subject = planned.target_id or running.row.id
    event = EventRow(emit.event, subject, plain(emit.data), _moment(planned, emit), f"emit/{planned.key}")
    return emit.event, (Raise(event),)


def _moment(planned: PlannedDelivery, emit: Emit) -> datetime:
    """The day the event counts for, at the slot's time of day; without one, the slot itself."""
    occurrence = planned.occurrence
    if emit.on is None:
        return occurrence.due_at
    zone = zone_named(occurrence.zone)
    anchors = {"slot.date": occurrence.date, **_days(planned.shared["input"])}
    day = anchor_day(emit.on, anchors, zone) if isinstance(emit.on, AnchorTime) else emit.on
    clock = occurrence.due_at.astimezone(zone).time()
    return resolve(datetime.combine(day, clock), zone).instant


def _days(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if isinstance(value, date)}


def _tag(running: Running, planned: PlannedDelivery, tag: Tag) -> Made:
    who = planned.target_id
    changes = [
        *(TagChange(who, name) for name in tag.add),
        *(TagChange(who, name, None) for name in tag.remove),
        *(TagChange(who, name, value) for name, value in tag.values.items()),
    ]
    shown = [*tag.add, *(f"-{name}" for name in tag.remove), *(f"{n}: {v}" for n, v in tag.values.items())]
    return ", ".join(shown), (SetTags(running.row.id, tuple(changes)),)


def _pause(running: Running, planned: PlannedDelivery, action: Pause) -> Made:
    return action.what, (PauseSends(running.row.id, f"step {planned.occurrence.step.id}"),)


_MAKE: dict[type, Callable[[Running, PlannedDelivery, Any], Made]] = {
    Go: _go,
    Exit: _exit,
    Split: _split,
    Emit: _emit,
    Pause: _pause,
    Tag: _tag,
    Skip: lambda *_: ("skip", ()),
}

"""Campaigns and a script in, a ledger out: what would happen, played on a clock that jumps.

The ledger is the caller's and lies beside nothing that is real; channels answer as the script says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from sopengine.channels.base import Channel, Outcome
from sopengine.channels.rehearsed import Rehearsed
from sopengine.clock import ManualClock
from sopengine.diagnostics import Findings, Text
from sopengine.engine.bundle import Bundle
from sopengine.engine.daemon import run_simulated
from sopengine.engine.forms import Forms
from sopengine.engine.start import start
from sopengine.engine.tick import Engine
from sopengine.engine.vocabulary import vocabulary
from sopengine.errors import Refused
from sopengine.language.feed.events import read_events
from sopengine.language.feed.forms import FormMistake, filled_in
from sopengine.language.feed.readings import read_readings
from sopengine.language.rehearsal import Happening
from sopengine.language.values import as_text
from sopengine.planning.model import Campaign
from sopengine.store.rows import EventRow, Reading
from sopengine.store.states import WORKABLE
from sopengine.store.store import Store
from sopengine.timing.zones import add, zone

ACTOR = "rehearsal"
_OUTCOMES = {outcome.value.replace("_", "-"): outcome for outcome in Outcome}


class Cast(Struct, frozen=True):
    """A campaign that takes part, and when it is started."""

    campaign: Campaign
    bundle: Bundle
    at: datetime  # aware


class Faults:
    """What each channel answers at a moment."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._faults: list[tuple[str, Outcome, datetime | None]] = []

    def begin(self, channel: str, outcome: Outcome, until: datetime | None) -> None:
        self._faults.insert(0, (channel, outcome, until))

    def of(self, channel: str) -> Outcome | None:
        now = self._clock.now()
        found = (what for name, what, until in self._faults if name == channel and (until is None or now < until))
        return next(found, None)


def rehearsed(channels: Mapping[str, Channel], faults: Faults) -> dict[str, Channel]:
    def answer(name: str) -> Callable[[], Outcome | None]:
        return lambda: faults.of(name)

    return {name: Rehearsed(channel, answer(name)) for name, channel in channels.items()}


class Stage:
    """Where a rehearsal is played. `zone_name` is that of the moments of its script."""

    def __init__(self, store: Store, engine: Engine, clock: ManualClock, faults: Faults, zone_name: str) -> None:
        self._store, self._engine, self._clock, self._faults = store, engine, clock, faults
        self._zone = zone(zone_name)
        self._up_from: datetime | None = None

    def play(self, cast: Sequence[Cast], happens: Iterable[Happening], until: datetime) -> None:
        """Refused where the script cannot be carried out, with the place in it."""
        main = cast[0].campaign.id
        scenes: list[tuple[datetime, Callable[[], None]]] = [(one.at, self._starting(one)) for one in cast]
        for one in happens:
            scenes.append((self._instant(one.at), self._doing(one, main)))
        for at, carry_out in sorted(scenes, key=lambda scene: scene[0]):
            self._run_to(at)
            carry_out()
        self._run_to(until)

    def _run_to(self, at: datetime) -> None:
        """Passes up to that moment, as far as the engine is not down."""
        if self._up_from is None or at >= self._up_from:
            if self._up_from is not None and self._clock.now() < self._up_from:
                self._clock.move_to(self._up_from)
            self._up_from = None
            run_simulated(self._engine, self._clock, at)
        if self._clock.now() < at:
            self._clock.move_to(at)

    def _instant(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=self._zone)

    def _starting(self, one: Cast) -> Callable[[], None]:
        return lambda: (start(self._store, one.campaign, one.bundle, self._clock.now(), ACTOR), None)[1]

    def _doing(self, one: Happening, main: str) -> Callable[[], None]:
        return lambda: self._carry_out(one, main)

    def _carry_out(self, one: Happening, main: str) -> None:
        now = self._clock.now()
        match one.kind:
            case "event" | "metric":
                self._tell(one, now)
            case "done":
                self._done(one, now)
            case "down":
                assert one.length is not None
                self._up_from = add(now, one.length, self._zone)
            case "channel":
                until = add(now, one.length, self._zone) if one.length else None
                self._faults.begin(one.what, _OUTCOMES[str(one.said["answers"])], until)
            case "pause" | "resume":
                whole = one.what == "all"
                change = self._store.pause if one.kind == "pause" else self._store.resume
                change("all" if whole else "campaign", "" if whole else one.what, now, ACTOR)
            case "stop":
                self._store.stop(main, now, ACTOR, one.what)

    def _tell(self, one: Happening, now: datetime) -> None:
        known, findings = vocabulary(self._store), Findings()
        if one.kind == "event":
            line = {"event": one.what, "subject": as_text(one.said["subject"]), "data": one.said.get("data") or {}}
            told, _ = read_events(_line(line), "", "jsonl", known.events, findings, now=now, zone=self._zone)
            _refuse(one, findings)
            self._store.add_events(EventRow(t.event, t.subject, t.data, t.at, t.dedupe) for t in told)
            return
        line = {"value": as_text(one.said["value"]), "for": as_text(one.said.get("for", ""))}
        values, _ = read_readings(
            _line(line), "", "jsonl", known.metrics, findings, now=now, zone=self._zone, metric=one.what
        )
        _refuse(one, findings)
        self._store.add_readings([Reading(v.metric, v.value, v.at, v.about, v.dedupe) for v in values], ACTOR)

    def _done(self, one: Happening, now: datetime) -> None:
        target, forms = as_text(one.said.get("target", "")), Forms(self._store)
        tasks = [t for t in self._store.tasks(WORKABLE) if t.step == one.what and target in ("", t.target)]
        if not tasks:
            whose = f" ({target})" if target else ""
            raise Refused(
                Text(
                    f"{one.at}：步骤 {one.what}{whose} 没有可以做的任务",
                    f"{one.at}: step {one.what}{whose} has no task that could be done",
                )
            )
        for task in tasks:
            given = {name: as_text(value) for name, value in (one.said.get("fields") or {}).items()}
            try:
                values = filled_in(forms.form(task), given, self._zone.key)
            except FormMistake as mistake:
                raise Refused(mistake.message) from None
            self._store.complete_task(task.id, now, as_text(one.said.get("by", ACTOR)), values)


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps({key: value for key, value in values.items() if value != ""}, default=str).encode()


def _refuse(one: Happening, findings: Findings) -> None:
    if found := tuple(findings):
        raise Refused(Text(f"{one.at}：{found[0].message.zh}", f"{one.at}: {found[0].message.en}"))

"""Campaigns and a script in, a ledger out: what would happen, played on a clock that jumps.

The ledger is the caller's and lies beside nothing that is real; channels answer as the script says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from msgspec import Struct

from sopengine.channels.base import Channel, Outcome
from sopengine.channels.rehearsed import Rehearsed
from sopengine.clock import ManualClock
from sopengine.diagnostics import Findings, Text
from sopengine.engine.bundle import Bundle
from sopengine.engine.daemon import run_simulated
from sopengine.engine.rehearsed_hands import ACTOR, Hands
from sopengine.engine.start import start
from sopengine.engine.tick import Engine
from sopengine.engine.vocabulary import Vocabulary, vocabulary
from sopengine.errors import Refused
from sopengine.language.feed.events import read_events
from sopengine.language.feed.readings import read_readings
from sopengine.language.rehearsal import Happening
from sopengine.language.values import as_text
from sopengine.planning.model import Campaign
from sopengine.store.rows import EventRow, Reading
from sopengine.store.store import Store
from sopengine.timing.zones import add, zone

_OUTCOMES = {outcome.value.replace("_", "-"): outcome for outcome in Outcome}


Scene = tuple[datetime, Callable[[], None]]
"""What happens at a moment."""


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


def _when(scene: Scene) -> datetime:
    return scene[0]


def rehearsed(channels: Mapping[str, Channel], faults: Faults) -> dict[str, Channel]:
    def answer(name: str) -> Callable[[], Outcome | None]:
        return lambda: faults.of(name)

    return {name: Rehearsed(channel, answer(name)) for name, channel in channels.items()}


class Stage:
    """Where a rehearsal is played. `zone_name` is that of the moments of its script."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        clock: ManualClock,
        faults: Faults,
        zone_name: str,
        change: Callable[[Happening, str, datetime], None],
    ) -> None:
        """`change` carries out what goes on with other words or days: slip, upgrade, patch-copy."""
        self._store, self._engine, self._clock, self._faults = store, engine, clock, faults
        self._zone, self._change, self._hands = zone(zone_name), change, Hands(store, zone_name)
        self._up_from: datetime | None = None
        self._known: tuple[list[tuple[str, str, str]], Vocabulary] | None = None

    def play(self, cast: Sequence[Cast], happens: Iterable[Happening], until: datetime) -> None:
        """Refused where the script cannot be carried out, with the place in it."""
        main = cast[0].campaign.id
        scenes: list[Scene] = [(one.at, self._starting(one)) for one in cast]
        for one in happens:
            scenes += self._scenes(one, main)
        for at, together in groupby(sorted(scenes, key=_when), key=_when):
            self._run_to(at)
            for _, carry_out in together:
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

    def _scenes(self, one: Happening, main: str) -> Iterator[Scene]:
        """One; of an event that comes many times one for each second in which it does."""
        begin, times = self._instant(one.at), one.said.get("times")
        if times is None:
            yield begin, lambda: self._carry_out(one, one.campaign or main)
            return
        end = add(begin, one.length, self._zone) if one.length else begin
        numbers: dict[datetime, list[int]] = {}
        for number in range(times):
            at = begin + (end - begin) * number / times
            numbers.setdefault(at.replace(microsecond=0), []).append(number + 1)
        for at, some in numbers.items():
            yield at, partial(self._events, one, some)

    def _carry_out(self, one: Happening, campaign: str) -> None:
        now = self._clock.now()
        if self._hands.can(one.kind):
            self._hands.carry_out(one, campaign, now)
            return
        match one.kind:
            case "event":
                self._events(one)
            case "metric":
                self._metric(one, now)
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
                self._store.stop(campaign, now, ACTOR, one.what)
            case _:
                self._change(one, campaign, now)

    def _events(self, one: Happening, numbers: Sequence[int] = ()) -> None:
        known, findings, now = self._vocabulary(), Findings(), self._clock.now()
        subject, data = as_text(one.said["subject"]), one.said.get("data") or {}
        lines = [_line({"event": one.what, "subject": subject, "data": data})]
        if numbers:
            lines = [_line({"event": one.what, **_numbered({"subject": subject, "data": data}, n)}) for n in numbers]
        told, _ = read_events(b"\n".join(lines), "", "jsonl", known.events, findings, now=now, zone=self._zone)
        _refuse(one, findings)
        self._store.add_events(EventRow(t.event, t.subject, t.data, t.at, t.dedupe) for t in told)

    def _vocabulary(self) -> Vocabulary:
        """Read anew where a campaign is another than it was."""
        playing = [(row.id, row.state, row.bundle) for row in self._store.campaigns()]
        if self._known is None or self._known[0] != playing:
            self._known = (playing, vocabulary(self._store))
        return self._known[1]

    def _metric(self, one: Happening, now: datetime) -> None:
        known, findings = self._vocabulary(), Findings()
        line = {"value": as_text(one.said["value"]), "for": as_text(one.said.get("for", ""))}
        values, _ = read_readings(
            _line(line), "", "jsonl", known.metrics, findings, now=now, zone=self._zone, metric=one.what
        )
        _refuse(one, findings)
        self._store.add_readings([Reading(v.metric, v.value, v.at, v.about, v.dedupe) for v in values], ACTOR)


def _numbered(value: Any, number: int) -> Any:
    """With the number in place of each `*`."""
    if isinstance(value, Mapping):
        return {name: _numbered(one, number) for name, one in value.items()}
    return value.replace("*", str(number)) if isinstance(value, str) else value


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps({key: value for key, value in values.items() if value != ""}, default=str).encode()


def _refuse(one: Happening, findings: Findings) -> None:
    if found := tuple(findings):
        raise Refused(Text(f"{one.at}：{found[0].message.zh}", f"{one.at}: {found[0].message.en}"))

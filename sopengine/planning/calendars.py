"""Steps × calendars → occurrences. A step whose times lean on columns has one calendar for each set of their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sopengine.language.model import Phase, Send, Step, Task
from sopengine.language.named import Row
from sopengine.planning.awaiting import after_event, held_for, waits_for_event
from sopengine.planning.columns import NAMESPACES, birthdays, column, columns_of_span, columns_of_step, has_own_span
from sopengine.planning.identity import occurrence_key
from sopengine.planning.limits import anchors_in, moved
from sopengine.planning.model import Occurrence, Section, Span
from sopengine.planning.spans import anchors_of, campaign_span, hull, phase_span
from sopengine.planning.waves import delay, waves_of, whole
from sopengine.timing.frame import anchor_day
from sopengine.timing.slots import Frame, Slot, after_moments, last_listed, ordinals, slots
from sopengine.timing.spread import after, place
from sopengine.timing.words import AnchorTime, AnchorValue, OnAnchor, OnDate
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

if TYPE_CHECKING:
    from sopengine.planning.targets import Targets

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2200, 1, 1)
"""The days among which a bounded flow is searched."""
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
MARGIN = timedelta(days=40)
"""An open flow is searched this much further: `shift` and the offsets of anchors lead back from a later day."""
AHEAD = timedelta(days=40)
"""A calendar that is asked for one day more grows by this much: day after day it is not worked out anew."""

Values: TypeAlias = tuple[tuple[str, AnchorValue | int], ...]
"""What a row has in the columns that a calendar asks for, by name; and its place in the spread or rollout of a step."""
SlotKey: TypeAlias = tuple[str, int]


class Placed(NamedTuple):
    """A step with the flow it stands in; `phase` is None in weekly."""

    section: Section
    phase: Phase | None
    step: Step


class Calendars:
    """The calendars of all steps of phases and weekly; what is worked out once is kept."""

    def __init__(self, targets: Targets) -> None:
        self.targets, self.campaign = targets, targets.campaign
        self.anchors = anchors_of(self.campaign)
        playbook = self.campaign.playbook
        placed = [Placed("phases", phase, step) for phase in playbook.phases for step in phase.steps]
        placed += [Placed("weekly", None, step) for step in (playbook.weekly.steps if playbook.weekly else ())]
        self._placed = {one.step.id: one for one in _without_circles(placed)}
        self._known: dict[tuple[str, str], StepCalendar] = {}
        self._spans: dict[str, Span] = {}

    def plan(self, end: datetime) -> Iterator[Occurrence]:
        """In written order, which breaks ties of time; of open flows those due before `end`, and some after it."""
        for step_id in self._placed:
            for one in self.of_step(step_id):
                yield from one.merged(local_date(end, one.zone) + timedelta(days=1))

    def of_step(self, step_id: str) -> list[StepCalendar]:
        """One for each zone; none for a step of another flow."""
        placed = self._placed.get(step_id)
        return [] if placed is None else [self._in_zone(placed, zone) for zone in self.targets.zones(placed.step.to)]

    def of(self, occurrence: Occurrence) -> StepCalendar | None:
        """None for a step that an event started: it has the calendar of its subject."""
        placed = self._placed.get(occurrence.step.id) if occurrence.subject is None else None
        return None if placed is None else self._in_zone(placed, occurrence.zone)

    def moved(self, occurrence: Occurrence, moment: datetime) -> Occurrence:
        """The same occurrence at another moment; its limits are those of the first target where each has its own."""
        calendar = self.of(occurrence)
        if calendar is not None and calendar.needed and occurrence.anchors is None:
            own = next(iter(calendar.turns(occurrence).values()), None)
            if own is None:
                return replace(occurrence, due_at=moment)
            occurrence = replace(occurrence, anchors=own.anchors)
        return moved(self.campaign, occurrence, moment)

    def span(self, zone: str, anchors: Mapping[str, AnchorValue] | None = None) -> Span:
        """The campaign's days: those of a target whose anchors are given, where they are counted from its columns;
        else from the first beginning to the last end of all targets."""
        columns, here = columns_of_span(self.campaign.playbook), zone_named(zone)
        if all(f"target.{column}" in (anchors or {}) for column in columns):
            return campaign_span(self.campaign, here, {**self.anchors, **(anchors or {})})
        if zone not in self._spans:
            spans = (campaign_span(self.campaign, here, own) for own in self._each(columns, self._receivers()))
            self._spans[zone] = hull(spans, here) or self._nobody(here)
        return self._spans[zone]

    def phase(self, phase: Phase, zone: str) -> Span | None:
        """Over all targets; None where it is counted from columns that nobody has."""
        columns = [column(b.value.name) for b in (phase.begin, phase.end) if isinstance(b.value, AnchorTime)]
        own = self._each(tuple(filter(None, columns)), {step.to for step in phase.steps})
        here = zone_named(zone)
        return hull((phase_span(phase, anchors, here) for anchors in own), here)

    def _receivers(self) -> dict[str, None]:
        return dict.fromkeys(one.step.to for one in self._placed.values())

    def _each(self, columns: tuple[str, ...], receivers: Iterable[str]) -> Iterator[Mapping[str, AnchorValue]]:
        """The anchors of each set of values that rows have in these columns; once, without columns."""
        rows = (row for to in receivers for row in self.targets.rows(to)) if columns else ({},)
        values = dict.fromkeys(tuple((name, row.get(name)) for name in columns) for row in rows)
        for own in values:
            if all(isinstance(value, date | time) for _, value in own):
                yield {**self.anchors, **anchors_in(dict(own), *NAMESPACES)}

    def _nobody(self, zone: ZoneInfo) -> Span:
        """Nobody has a day of their own: over as soon as it begins."""
        start = self.campaign.start
        day = local_date(start, zone)
        return Span("", self.campaign.playbook.title, start, start, day, day)

    def _in_zone(self, placed: Placed, zone: str) -> StepCalendar:
        key = placed.step.id, zone
        if key not in self._known:
            self._known[key] = StepCalendar(self, placed, zone)
        return self._known[key]


class StepCalendar:
    """One step in one zone."""

    def __init__(self, all_: Calendars, placed: Placed, zone_name: str) -> None:
        self._all, self._placed, self.step, self.zone_name = all_, placed, placed.step, zone_name
        self.zone, playbook = zone_named(zone_name), all_.campaign.playbook
        self.before: StepCalendar | None = self._before()
        own_span = columns_of_span(playbook) if has_own_span(playbook, self.step.to) else ()
        weekly = own_span if placed.phase is None else ()
        before: tuple[str, ...] = self.before.needed if self.before is not None else ()
        self.needed: tuple[str, ...] = tuple(
            dict.fromkeys((*columns_of_step(self.step, placed.phase), *weekly, *before))
        )
        self.helpful: tuple[str, ...] = tuple(name for name in own_span if name not in self.needed)
        self._birthdays = birthdays(self.step)
        self._asked = {*self.needed, *self.helpful, *self._staggered()}
        self._by_values: dict[Values, tuple[date, dict[SlotKey, Occurrence]]] = {}

    def _before(self) -> StepCalendar | None:
        """The calendar of the step it comes after, where both go to the same people: it goes on target by target."""
        subject = _subject(self.step)
        placed = self._all._placed.get(subject) if subject else None  # "" is also the id of a step that lacks one
        same_people = placed is not None and placed.step.to == self.step.to
        return self._all._in_zone(placed, self.zone_name) if placed and same_people else None

    def rows(self) -> Sequence[Row]:
        about = self.step.action.about if isinstance(self.step.action, Task) else ""
        return self._all.targets.rows(about) if about else self._all.targets.in_zone(self.step.to, self.zone_name)

    # one target

    def values(self, row: Row) -> Values | str:
        """Of a row that lacks a column, the column's name."""
        found: list[tuple[str, AnchorValue | int]] = []
        for name in (*self.needed, *self.helpful):
            value = row.get(name)
            if isinstance(value, date | time):
                found.append((name, self._birthday(name, value) if name in self._birthdays else value))
            elif name in self.needed:
                return name
        target = str(row["id"])
        return (*found, *((name, before.standing(target)) for name, before in self._staggered().items()))

    def _birthday(self, name: str, value: AnchorValue) -> AnchorValue:
        day = anchor_day(AnchorTime(name), {name: value}, self.zone)
        return date(2000, day.month, day.day)  # a leap year

    def _staggered(self) -> dict[str, StepCalendar]:
        """The steps it comes after that reach their targets one after the other; each moves a target's own moment."""
        if self.before is None:
            return {}
        step = self.before.step
        mine = {_place_in(step): self.before} if step.when.spread or step.rollout else {}
        return {**self.before._staggered(), **mine}

    def standing(self, target: str) -> int:
        """Where a target stands in the step's spread, in seconds, or in which wave of its rollout."""
        if self.step.rollout is not None:
            return self._waves.get(target, 0)
        return place(target, self.step.when.spread) if self.step.when.spread else 0

    @cached_property
    def _waves(self) -> Mapping[str, int]:
        return waves_of(self.step.rollout, self.rows()) if self.step.rollout else {}

    def occurrence(self, occurrence: Occurrence, row: Row) -> Occurrence | str | None:
        """The occurrence at this target's own time; None if its calendar has no such slot, and the name of the column
        that leaves it without a calendar."""
        values = self.values(row)
        if isinstance(values, str):
            return values
        own = self.on(values, _rule_day(occurrence.day)).get((occurrence.day, occurrence.ordinal))
        if own is None or self.before is not None or self.step.when.after is None:
            return own
        return moved(self._all.campaign, own, occurrence.due_at)  # what it comes after is final for all of them

    @property
    def varies(self) -> bool:
        """Whether targets may see an occurrence differently."""
        return bool(self._asked)

    @property
    def by_turns(self) -> bool:
        """Whether an occurrence is carried out target by target. A message can wait in the store for its own place in
        the spread; a task or a tag cannot."""
        spread_out = self.step.when.spread is not None and not isinstance(self.step.action, Send)
        return bool(self.needed) or bool(self._staggered()) or spread_out

    def turn(self, own: Occurrence, row: Row) -> datetime:
        """When this target's turn comes."""
        spread = self.step.when.spread
        if spread is None or isinstance(self.step.action, Send):
            return own.due_at
        return own.due_at + self.staggered(own, self.standing(str(row["id"])))

    def turns(self, occurrence: Occurrence) -> dict[datetime, Occurrence]:
        """The moments at which some target has its turn, in order, each with the occurrence as that target sees it."""
        found = {moment: own for moment, own, _ in self.each(occurrence)}
        return dict(sorted(found.items(), key=lambda turn: turn[0]))

    def each(self, occurrence: Occurrence) -> Iterator[tuple[datetime, Occurrence, Row]]:
        """Every target that has such a slot: its turn, the occurrence as it sees it, and its row."""
        for row in self.rows():
            own = self.occurrence(occurrence, row)
            if isinstance(own, Occurrence):
                yield self.turn(own, row), own, row

    def first_turn(self, occurrence: Occurrence) -> datetime:
        return next(iter(self.turns(occurrence)), occurrence.due_at)

    # all targets

    def merged(self, until: date) -> list[Occurrence]:
        """One occurrence for each slot that any calendar has, at its earliest time."""
        if not self._asked:
            return list(self.on((), until).values())
        found: dict[SlotKey, Occurrence] = {}
        for values in self._distinct():
            for key, occurrence in self.on(values, until).items():
                if key not in found or occurrence.due_at < found[key].due_at:
                    found[key] = occurrence
        return list(found.values())

    def frames(self) -> Iterator[Frame]:
        """The days and anchors of each calendar; none for a row whose days run backwards."""
        for values in self._distinct():
            anchors = self._anchors(values)
            if (frame := self._frame(self._span(anchors), anchors)) is not None:
                yield frame

    def _frame(self, span: Span, anchors: Mapping[str, AnchorValue]) -> Frame | None:
        if self.needed and span.end is not None and span.end <= span.begin:
            return None
        return Frame(self.zone, self._all.campaign.calendar, span.first, span.last, anchors)

    def _distinct(self) -> Iterable[Values]:
        """The values that any target has; a step that needs none is planned even for nobody."""
        values = (self.values(row) for row in self.rows())
        found = dict.fromkeys(one for one in values if not isinstance(one, str))
        return found or ([] if self.needed else [()])

    def on(self, values: Values, until: date) -> Mapping[SlotKey, Occurrence]:
        """The whole calendar of targets with these values, in time order; of an open flow up to `until` at least."""
        known = self._by_values.get(values)
        if known is None or known[0] < until:
            until += AHEAD if known is not None else timedelta(0)
            anchors = self._anchors(values)
            made = {(o.day, o.ordinal): o for o in self._made(values, anchors, until)}
            known = self._by_values[values] = (until, made)
        return known[1]

    def _anchors(self, values: Values) -> dict[str, AnchorValue]:
        return {**self._all.anchors, **anchors_in(dict(values), *NAMESPACES)}

    def _span(self, anchors: Mapping[str, AnchorValue]) -> Span:
        if self._placed.phase is not None:
            return phase_span(self._placed.phase, anchors, self.zone)
        return self._all.span(self.zone_name, anchors)

    def _made(self, values: Values, anchors: Mapping[str, AnchorValue], until: date) -> Iterator[Occurrence]:
        span = self._span(anchors)
        frame = self._frame(span, anchors)
        if frame is None:
            return
        if event := after_event(self.step):
            yield from self._after_event(event, span, frame)
        elif self.step.when.after is not None:
            yield from self._after(values, span, frame, until)
        else:
            yield from self._on_slots(span, frame, until)

    def _on_slots(self, span: Span, frame: Frame, until: date) -> Iterator[Occurrence]:
        campaign, phase = self._all.campaign, self._placed.phase
        for number, slot in enumerate(self._slots(span, frame, until), 1):
            event = held_for(campaign, self.step, phase, slot.instant, frame.anchors, self.zone)
            yield self._occurrence(
                span,
                frame.anchors,
                self.step.days.get(slot.day, slot.day),
                slot.ordinal,
                slot.date,
                number,
                slot.instant,
                waits_for=waits_for_event(event) if event else "",
                note=slot.note,
            )

    def _after_event(self, event: str, span: Span, frame: Frame) -> Iterator[Occurrence]:
        """Planned without a time: from the beginning of its flow until that is over it waits for the event."""
        begin = max(span.begin, self._all.campaign.start)
        for number, (ordinal, _) in enumerate(after_moments(self.step.when, begin, frame), 1):
            day = local_date(begin, self.zone)
            waiting = self._occurrence(
                span, frame.anchors, "", ordinal, day, number, begin, waits_for=waits_for_event(event)
            )
            end = span.end or NEVER
            yield replace(waiting, untimed=True, expires_at=end, useful_until=end)

    def _slots(self, span: Span, frame: Frame, until: date) -> Iterator[Slot]:
        # Rules stay inside the frame; listed days may lie outside their phase: planned all the same, and warned about.
        last = LAST_DAY
        if span.last is None:
            last = max(until + MARGIN, (last_listed(self.step.when.on, frame) or until) + timedelta(days=1))
        begin = span.begin if _is_dated(self.step) else max(span.begin, self._all.campaign.start)
        for slot in slots(self.step.when, frame, FIRST_DAY, last):
            inside = slot.instant >= begin and (span.end is None or slot.instant < span.end)
            if self._placed.phase is not None or inside:
                yield slot  # the standing schedule begins nothing outside the span, its rules nothing before the start

    def _after(self, values: Values, span: Span, frame: Frame, until: date) -> Iterator[Occurrence]:
        """One occurrence for each of the step it comes after; its time is an estimate until that one is final."""
        number = 0
        for origin, final_at in self._origins(values, until):
            for index, moment in after_moments(self.step.when, final_at, frame):
                number += 1
                ordinal = origin.ordinal * ordinals(self.step.when) + index
                day = local_date(moment, self.zone)
                waiting = self._occurrence(
                    span, frame.anchors, origin.day, ordinal, day, number, moment, waits_for=origin.key
                )
                yield replace(waiting, untimed=True) if origin.untimed else waiting

    def _origins(self, values: Values, until: date) -> Iterator[tuple[Occurrence, datetime]]:
        """The occurrences it comes after, each with the moment at which it is thought to be final."""
        if self.before is not None:
            mine = tuple((name, value) for name, value in values if name in self.before._asked)
            seconds = dict(values).get(_place_in(self.before.step), 0)
            for origin in self.before.on(mine, until).values():
                yield origin, origin.due_at + self.before.staggered(origin, seconds)
            return
        calendars = self._all.of_step(_subject(self.step))
        for calendar in [one for one in calendars if one.zone_name == self.zone_name] or calendars:
            for origin in calendar.merged(until):
                yield origin, calendar.last(origin)

    def staggered(self, occurrence: Occurrence, place: AnchorValue | int) -> timedelta:
        if self.step.rollout is not None:
            return delay(self.step.rollout, place) if isinstance(place, int) else timedelta(0)
        spread = self.step.when.spread
        room = occurrence.useful_until - occurrence.due_at
        return after(place, spread, room) if spread and isinstance(place, int) else timedelta(0)

    def last(self, occurrence: Occurrence) -> datetime:
        """When the last of its targets has its turn."""
        if self.step.rollout is not None:
            return occurrence.due_at + whole(self.step.rollout)
        spread = self.step.when.spread
        if not (spread or self._asked):
            return occurrence.due_at
        moments = [occurrence.due_at]
        for row in self.rows():
            own = self.occurrence(occurrence, row)
            if isinstance(own, Occurrence):
                moments.append(
                    own.due_at + (self.staggered(own, self.standing(str(row["id"]))) if spread else timedelta(0))
                )
        return max(moments)

    def _occurrence(
        self,
        span: Span,
        anchors: Mapping[str, AnchorValue],
        day: str,
        ordinal: int,
        local_day: date,
        number: int,
        planned: datetime,
        *,
        waits_for: str = "",
        note: str = "",
    ) -> Occurrence:
        campaign, step = self._all.campaign, self.step
        due = campaign.start if step.if_past == "now" and planned < campaign.start else planned
        in_phase = self._placed.phase is not None
        bare = Occurrence(
            key=occurrence_key(campaign.id, step.identity, day, ordinal, self.zone_name),
            campaign=campaign.id,
            section=self._placed.section,
            step=step,
            phase=span.name if in_phase else "",
            day=day,
            ordinal=ordinal,
            zone=self.zone_name,
            date=local_day,
            number=number,
            phase_day=(local_day - span.first).days + 1 if in_phase else 0,
            planned_at=planned,
            due_at=due,
            expires_at=due,
            useful_until=due,
            waits_for=waits_for,
            note=note,
            anchors=anchors,
        )
        return moved(campaign, bare, due, span if in_phase else None)


def _without_circles(placed: list[Placed]) -> list[Placed]:
    """Steps that wait for each other are findings of the check, and never planned."""
    known: set[str] = set()
    while new := {p.step.id for p in placed if p.step.id not in known and _subject(p.step) in (known | {""})}:
        known |= new
    return [one for one in placed if one.step.id in known]


def _subject(step: Step) -> str:
    """The step it comes after; "" for none."""
    after = step.when.after
    return after.subject if after is not None and after.of_step else ""


def _place_in(step: Step) -> str:
    """The name, among a row's values, of its place in the spread of a step."""
    return f"place in {step.id}"


def _rule_day(day: str) -> date:
    """Up to where an open flow has to be searched for this day; a day that is listed is found anyway."""
    try:
        return date.fromisoformat(day) + timedelta(days=1)
    except ValueError:
        return FIRST_DAY


def _is_dated(step: Step) -> bool:
    """Whether its days are written down one by one, so that one already past at the start is worth a word."""
    return all(isinstance(rule, OnDate | OnAnchor) for rule in step.when.on)

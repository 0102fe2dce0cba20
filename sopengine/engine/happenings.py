"""Each new event is offered once to every running campaign: it ends scopes and waits, and it starts flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from sopengine.engine.awaited import Awaited
from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.effects import ended_wait
from sopengine.engine.facts import StoredFacts
from sopengine.engine.rows import to_row
from sopengine.engine.scopes import exit_rules, has_ended
from sopengine.language.events import OF_GROUPS
from sopengine.language.model import Journey, Wait
from sopengine.planning.journeys import enrol, flows, key_of, scope_of
from sopengine.planning.subjects import Subject, subject_of
from sopengine.store.flow_rows import Answer, Collect, Collected, Confirm, EndScope, EndWait, Enrol, Ignore
from sopengine.store.rows import EventRow
from sopengine.store.store import Store
from sopengine.timing.zones import add
from sopengine.timing.zones import zone as zone_named

BATCH = 500
NOBODY = Ignore("nobody in the audiences")
BECAME_TRUE = "when."
"""Begins the name of the event by which a journey with `when` is entered; the journey's name follows."""


class Happenings:
    def __init__(self, store: Store, campaigns: Campaigns, facts: StoredFacts) -> None:
        self._store, self._campaigns, self._facts = store, campaigns, facts
        self._awaited = Awaited(store, campaigns)

    def handle(self, now: datetime) -> int:
        """Offer new events, close collections and end waits whose time is up; returns how much was done."""
        return self._new(now) + self._collected(now) + self._over(now) + self._awaited.in_vain(now)

    def _new(self, now: datetime) -> int:
        done = 0
        while events := self._store.new_events(BATCH):
            for event in events:
                running = [self._campaigns.running(row) for row in self._store.campaigns(("running", "paused"))]
                named = {name for one in running for name in (one.row.id, one.campaign.playbook.id)}
                answers = [answer for one in running for answer in self._answers(one, event, named)]
                done += bool(answers)
                self._store.answer(event, answers, now)
                for answer in answers:
                    if isinstance(answer, Confirm):
                        self._campaigns.forget(answer.campaign)
            if len(events) < BATCH:
                break
        return done

    def _answers(self, one: Running, event: EventRow, named: Set[str]) -> Iterator[Answer]:
        """`named` are the names of all campaigns and their playbooks."""
        data = event_data(event)
        yield from self._awaited.answers(one, event, named - {one.row.id, one.campaign.playbook.id})
        yield from self._ends(one, event, data)
        yield from self._waits(one, event, data)
        for journey in flows(one.campaign.playbook):
            if _starts(one, journey, event):
                yield self._entry(one, journey, event, data)

    def _ends(self, one: Running, event: EventRow, data: Mapping[str, Any]) -> Iterator[EndScope]:
        for rule in exit_rules(one.campaign.playbook):
            if rule.event != event.name:
                continue
            subject = self._spoken_of(one, event)
            if rule.journey is not None:
                yield EndScope(one.row.id, rule.scope, event.subject, rule.reason, key=key_of(rule.journey, data))
            elif subject is not None:
                yield EndScope(one.row.id, rule.scope, subject, rule.reason)

    def _spoken_of(self, one: Running, event: EventRow) -> str | None:
        """Whose scope an event ends: its subject's; everybody's ("") where it is about the campaign; None where it is
        about somebody who is not in it."""
        if event.subject in ("", one.row.id, one.campaign.playbook.id):
            return ""
        return event.subject if self._subject(one, event) is not None else None

    def _waits(self, one: Running, event: EventRow, data: Mapping[str, Any]) -> Iterator[EndWait]:
        actions = [arm.action for step in one.steps.values() for _, arm in step.all_arms()]
        if not any(isinstance(action, Wait) and event.name in action.events for action in actions):
            return
        for wait in self._store.waits_of(one.row.id, event.subject):
            action = one.steps[wait.step].arm(wait.arm).action
            assert isinstance(action, Wait)
            journey = _flow_with(one, wait.step)
            key = key_of(journey, data)
            agrees = not key or key == wait.key
            if event.name in action.events and agrees and wait.since <= event.at <= wait.until:
                yield EndWait(wait, ended_wait(wait, journey, event.name, action.then, event.at))

    def _over(self, now: datetime) -> int:
        ended = 0
        for wait in self._store.waits_over(now):
            one = self._campaigns.by_id(wait.campaign)
            action = one.steps[wait.step].arm(wait.arm).action
            assert isinstance(action, Wait)
            effect = ended_wait(wait, _flow_with(one, wait.step), "timeout", action.timeout, wait.until)
            ended += self._store.end_wait(wait, effect, now)
        return ended

    def _subject(self, one: Running, event: EventRow) -> Subject | None:
        """Whom an event is about, as a target of this campaign when it happened."""
        targets, zone = self._campaigns.live_or_frozen(one), one.campaign.playbook.timezone
        seen = targets.seen(lambda: self._facts.past(targets, event.at, zone, f"event {event.id}"))
        return subject_of(seen, event.subject, lambda: self._store.members([event.subject]), event.name in OF_GROUPS)

    # entries

    def _entry(self, one: Running, journey: Journey, event: EventRow, data: Mapping[str, Any]) -> Answer:
        if journey.collect is None:
            return self._enrolled(one, journey, event, data)
        found = self._subject(one, event)
        if found is None:
            return NOBODY
        zone = zone_named(found.zone)
        together = key_of(journey, data) if journey.key else ""
        return Collect(one.row.id, journey.name, together, add(event.at, journey.collect, zone), event)

    def _enrolled(self, one: Running, journey: Journey, event: EventRow, data: Mapping[str, Any]) -> Enrol | Ignore:
        key = key_of(journey, data)
        subject = self._subject(one, event)
        if subject is None:
            return NOBODY
        if has_ended(self._store.ended(one.row.id), ("playbook", scope_of(journey)), event.subject):
            return Ignore(f"{journey.name} has ended for {event.subject}")
        if refused := self._not_again(one, journey, event, key):
            return refused
        entry = f"{journey.name}/{event.id}"
        targets = self._campaigns.live_or_frozen(one)
        found = enrol(targets, journey, subject.row, subject.zone, data, entry, event.at)
        if not found:
            return Ignore("outside the campaign's time")
        rows = [to_row(occurrence) for occurrence in found]
        return Enrol(one.row.id, journey.name, event.subject, key, entry, event.id, rows)

    def _not_again(self, one: Running, journey: Journey, event: EventRow, key: str) -> Ignore | None:
        """One open entry per subject and key; the welcome, without a key, has one per event."""
        if journey.name == "welcome" and not journey.key:
            return None
        newest = self._store.newest_entry(one.row.id, journey.name, event.subject, key)
        if newest is None:
            return None
        if newest.ended_at is None:
            return Ignore(f"{journey.name} is still open for {event.subject}")
        zone = zone_named(one.campaign.playbook.timezone)
        if journey.again is not None and event.at < add(newest.ended_at, journey.again, zone):
            return Ignore(f"{journey.name} was left too lately by {event.subject}")
        return None

    def _collected(self, now: datetime) -> int:
        done = 0
        for collected in self._store.collections_due(now):
            one = self._campaigns.by_id(collected.campaign)
            journey = next(j for j in flows(one.campaign.playbook) if j.name == collected.journey)
            event = _as_one(collected)
            answer = self._enrolled(one, journey, event, event_data(event))
            done += self._store.enter_collected(collected, answer if isinstance(answer, Enrol) else None, now)
        return done


def _starts(one: Running, journey: Journey, event: EventRow) -> bool:
    if journey.when is not None:
        return event.name == BECAME_TRUE + journey.name and event.data.get("campaign") == one.row.id
    return journey.on_event == event.name


def _as_one(collected: Collected) -> EventRow:
    """The first event at the close of the window, with everybody the others name."""
    first = collected.events[0]
    if not first.name.startswith("member."):
        return replace(first, at=collected.closes_at)
    members = {str(m["id"]): m for event in collected.events for m in event_data(event)["members"]}
    return replace(first, at=collected.closes_at, data={**first.data, "members": list(members.values())})


def _flow_with(one: Running, step: str) -> Journey:
    return next(journey for journey in flows(one.campaign.playbook) if any(s.id == step for s in journey.steps))


def event_data(event: EventRow) -> dict[str, Any]:
    """What templates see as `event`: its data, and for members joining or leaving who they are (`event.members`)."""
    data = dict(event.data)
    if event.name in ("member.joined", "member.left"):
        data.setdefault("members", [{"id": data.get("member", ""), "name": data.get("name", "")}])
    return data

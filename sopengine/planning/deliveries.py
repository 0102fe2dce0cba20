"""An occurrence × its targets → what is planned for each: who gets it, through which channel, with which data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from msgspec.structs import replace

from sopengine.language.asking import asks_for_tags, asks_of_past
from sopengine.language.expressions.conditions import evaluate, inputs_of
from sopengine.language.expressions.history import Ask, History, answer
from sopengine.language.expressions.names import step_word
from sopengine.language.expressions.templates import ANSWERS, template_asks
from sopengine.language.model import Choose, Exit, Go, Pause, Send, Step, Tag, Task, Wait
from sopengine.language.modules.handed import inputs_for
from sopengine.language.named import Message, Row
from sopengine.planning.asking import steps_asked, texts_of
from sopengine.planning.choice import UNKNOWN, Chosen, choose
from sopengine.planning.content import Content, content_of
from sopengine.planning.data import COLUMN_ZONE
from sopengine.planning.facts import NOTHING, Facts
from sopengine.planning.limits import anchors_for, missing
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery
from sopengine.planning.past import Past
from sopengine.planning.targets import MEMBER, SUBJECT, Targets
from sopengine.planning.waves import rolls_out, waves_of
from sopengine.timing.zones import zone as zone_named

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CONDITION, UNASSIGNED, EMPTY = "condition", "unassigned", " is empty"
WHOLE: Row = {"id": ""}
"""The target of a step that speaks of no one in particular: the campaign as a whole."""
STAND_INS = "_stand_ins"
"""Beside a delivery's data: the questions whose answers are samples."""
_SAYS_NOTHING = Message("", ())


class Turn(NamedTuple):
    """From one moment to another, both included."""

    begin: datetime
    end: datetime

    def has(self, moment: datetime) -> bool:
        return self.begin <= moment <= self.end


class Asked:
    """What conditions and templates ask for beyond their names, worked out once for an occurrence."""

    def __init__(self, texts: tuple[str, ...], at: datetime | None = None) -> None:
        self.at = at
        self.past = any(map(asks_of_past, texts))
        self.tags = any(map(asks_for_tags, texts))
        self.steps = steps_asked(texts)


class Case(NamedTuple):
    """Whom a step is about, and who gets what it says: the same row, or for a role the row that answers for it."""

    target: Row
    receiver: Row | None  # None: nobody answers for it


def fan_out(
    campaign: Campaign, targets: Targets, occurrence: Occurrence, facts: Facts = NOTHING, turn: Turn | None = None
) -> Iterator[PlannedDelivery]:
    """Everything one occurrence plans, in the source's order; what a condition rules out carries its reason.

    With a `turn` only for the targets whose own time lies in it; those that have none belong to the first."""
    views = Views(campaign, targets, occurrence, facts, turn)
    step = occurrence.step
    if isinstance(step.action, Choose) and not step.to:
        yield from views.whole.judged_once(step)
        return
    for case, planner, without in views.seen(cases(targets, occurrence, step)):
        if without:
            yield planner.planned(step, case, without)
        elif isinstance(step.action, Choose):
            yield planner.judged(step, case)
        else:
            yield planner.planned(step, case, planner.skip(step, case))


def again(
    campaign: Campaign,
    targets: Targets,
    occurrence: Occurrence,
    cases: Iterable[tuple[Row, Row | None, str]],
    facts: Facts = NOTHING,
) -> Iterator[PlannedDelivery]:
    """What was fanned out, made once more for sending: target, receiver and arm are settled, no condition is asked."""
    views = Views(campaign, targets, occurrence, facts)
    settled = [(Case(target, receiver), arm) for target, receiver, arm in cases]
    planners = [(views.of(case) or (views.whole, ""))[0] for case, _ in settled]
    for planner, (case, _) in zip(planners, settled, strict=True):
        planner.expect(case)
    for planner, (case, arm) in zip(planners, settled, strict=True):
        yield planner.planned(occurrence.step.arm(arm), case, arm=arm)


def judge(
    campaign: Campaign,
    targets: Targets,
    occurrence: Occurrence,
    case: Case | None,
    facts: Facts,
    text: str,
    at: datetime | None = None,
) -> bool | None:
    """The answer of a condition that is no step's own: for one case, or for the campaign as a whole. `at`: as things
    stand then, and not at the planned time. Its names are the playbook's, also around a module's step."""
    occurrence = replace(occurrence, step=replace(occurrence.step, module=""))
    views = Views(campaign, targets, occurrence, facts, texts=(text,), at=at)
    planner, _ = (views.of(case) if case else None) or (views.whole, "")
    case = case or Case(WHOLE, WHOLE)
    return evaluate(text, planner.context(occurrence.step, case), planner.history(occurrence.step, case))


class Views:
    """An occurrence as each target sees it: at the slot of its own calendar, where it has one. `texts` are the
    conditions and templates at hand, those of the step unless said; `at` is the moment at which what they ask of the
    past is answered, the planned one unless said."""

    def __init__(
        self,
        campaign: Campaign,
        targets: Targets,
        occurrence: Occurrence,
        facts: Facts,
        turn: Turn | None = None,
        *,
        texts: tuple[str, ...] = (),
        at: datetime | None = None,
    ) -> None:
        self._parts, self._occurrence, self._turn = (campaign, targets, facts), occurrence, turn
        self._asked = Asked(texts or tuple(texts_of(occurrence.step)), at)
        calendar = targets.calendars.of(occurrence)
        self._calendar = calendar if calendar and (calendar.varies or calendar.by_turns) else None
        self._planners: dict[int, tuple[Occurrence, Planner]] = {}
        lacking = missing(occurrence.step, anchors_for(campaign, occurrence)) if occurrence.subject is not None else ""
        self._without = f"{lacking}{EMPTY}" if lacking else ""
        self._first = turn is None or (calendar is not None and turn.has(calendar.first_turn(occurrence)))

    @cached_property
    def whole(self) -> Planner:
        campaign, targets, facts = self._parts
        return Planner(campaign, targets, self._occurrence, facts, self._asked)

    def seen(self, cases: Iterable[Case]) -> Iterator[tuple[Case, Planner, str]]:
        """Each case with its planner, and why there is nothing to plan. Where the past is asked about them, it knows of
        all before the first is judged."""
        found = ((case, *view) for case in cases if (view := self.of(case)) is not None)
        if self._asked.past or self._asked.tags:
            known = list(found)
            for case, planner, _ in known:
                planner.expect(case)
            yield from known
        else:
            yield from found

    def of(self, case: Case) -> tuple[Planner, str] | None:
        """Its planner, and why there is nothing for it to plan; None if it has no such slot, or not in this turn."""
        if self._calendar is None:
            return self.whole, self._without
        own = self._calendar.occurrence(self._occurrence, case.target)
        if own is None:
            return None
        if isinstance(own, str):
            return (self.whole, f"{COLUMN_ZONE}{own}{EMPTY}") if self._first else None
        if self._turn and not self._turn.has(self._calendar.turn(own, case.target)):
            return None
        return self._planner(own), ""

    def _planner(self, own: Occurrence) -> Planner:
        if id(own) not in self._planners:
            campaign, targets, facts = self._parts
            self._planners[id(own)] = own, Planner(campaign, targets, own, facts, self._asked)
        return self._planners[id(own)][1]


class Planner:
    """What all cases of one occurrence share."""

    def __init__(
        self, campaign: Campaign, targets: Targets, occurrence: Occurrence, facts: Facts, asked: Asked
    ) -> None:
        self.campaign, self.targets, self.occurrence, self.facts = campaign, targets, occurrence, facts
        self.shared = shared_data(targets, occurrence)
        self.asked = asked
        self._at = asked.at or occurrence.planned_at
        self._waves: dict[str, Mapping[str, int]] = {}

    @cached_property
    def past(self) -> Past:
        occurrence = self.occurrence
        return self.facts.past(self.targets, self._at, occurrence.zone, occurrence.key)

    def expect(self, case: Case) -> None:
        """The case will be asked about."""
        if (self.asked.past or self.asked.tags) and case.target is not WHOLE:
            self.past.expect([str(case.target["id"])])

    def context(self, step: Step, case: Case) -> dict[str, Any]:
        return {**self.shared, **self.own(step, case)}

    def history(self, step: Step, case: Case) -> History | None:
        """Of whom the step is about, beside who gets what it says; none where nothing asks for it."""
        if not self.asked.past:
            return None
        rows = [] if case.target is WHOLE else [(self._home(step, case.target), case.target)]
        if case.receiver is not None and case.receiver is not case.target:
            rows.append((step.to, case.receiver))
        return self.past.history(*rows)

    def _home(self, step: Step, row: Row) -> str:
        """The audience or role a row comes from."""
        if about := _about(step):
            return about
        return step.to if self.occurrence.subject is None else self.targets.home(str(row["id"]))

    def planned(self, step: Step, case: Case, skip: str = "", *, arm: str = "", verdict: str = "") -> PlannedDelivery:
        receiver = case.target if case.receiver is None else case.receiver
        own = self.own(step, case)
        content = self._content(step, own)
        if asked := template_asks(content.template):
            own[ANSWERS], own[STAND_INS] = self._answers(asked, step, case, own)
        if self.asked.steps and (named := steps_asked([content.template])) and (new := self._samples(step, named, own)):
            own["step"] = {**new, **own["step"]}
            own[STAND_INS] = [*own.get(STAND_INS, ()), *(f"step.{name}" for name in new)]
        return PlannedDelivery(
            occurrence=self.occurrence,
            step=step,
            target=case.target,
            receiver=receiver,
            channel=channel_for(self.targets, step, receiver),
            address=address_of(receiver),
            message=content.message,
            template=content.template,
            shared=self.shared,
            own=own,
            person=self._person(step, case),
            skip=skip or (UNASSIGNED if case.receiver is None and not isinstance(step.action, Task) else ""),
            lookup=content.lookup,
            arm=arm,
            verdict=verdict,
            wave=self._wave(step, case),
        )

    def _wave(self, step: Step, case: Case) -> int:
        """Its wave in the rollout, by its place in the list of whoever gets the step."""
        rollout = rolls_out(step)
        if rollout is None:
            return 0
        if step.to not in self._waves:
            self._waves[step.to] = waves_of(rollout, self.targets.in_zone(step.to, self.occurrence.zone))
        return self._waves[step.to].get(str(case.target["id"]), 0)

    def _answers(
        self, asked: Iterable[Ask], step: Step, case: Case, own: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        """What a template asks of the past, answered here: nothing but plain data goes to who renders it. What is not
        known is left out; the second list names what a sample stands in for."""
        history, context = self.history(step, case), {**self.shared, **own}
        found = {ask.text: (ask, answer(ask, context, history)) for ask in asked}
        at = self._at.astimezone(zone_named(self.occurrence.zone))
        samples = {text: self.facts.stand_in(ask, value, self.campaign, at) for text, (ask, value) in found.items()}
        known = {text: value for text, (_, value) in found.items() if value is not None}
        stand_ins = {text: value for text, value in samples.items() if value is not None}
        return known | stand_ins, list(stand_ins)

    def _samples(self, step: Step, named: Iterable[str], own: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
        """Of the steps that a text names and of which nothing is known yet, by the names they have in it."""
        within = f"{step_word(step.module)}_" if step.module else ""
        lacking = {within + name: name for name in named if name not in own["step"]}
        at = self._at.astimezone(zone_named(self.occurrence.zone))
        found = self.facts.sample_steps(self.campaign, frozenset(lacking), at) if lacking else {}
        return {lacking[name]: result for name, result in found.items()}

    def _content(self, step: Step, own: Mapping[str, Any]) -> Content:
        message = message_of(step)
        if not (message.variants or message.table):
            return Content(message, "")
        return content_of(message, self.occurrence.number, {**self.shared, **own} if message.table else self.shared)

    def judged(self, step: Step, case: Case) -> PlannedDelivery:
        """`choose` for one target; a role in an arm answers for that target."""
        if skip := self.skip(step, case):
            return self.planned(step, case, skip)
        chosen = choose(step, self.context(step, case), self.history(step, case))
        if not chosen.arm:
            return self.planned(step, case, chosen.verdict)
        arm = step.arm(chosen.arm)
        return self.planned(arm, self.answered_by(step, arm, case), arm=chosen.arm, verdict=chosen.verdict)

    def answered_by(self, step: Step, arm: Step, case: Case) -> Case:
        """The case as an arm takes it: a role in an arm answers for the target."""
        if arm.to == step.to or not step.to:
            return case
        return Case(case.target, _receiver(self.targets, arm, case.target))

    def judged_once(self, step: Step) -> Iterator[PlannedDelivery]:
        """`choose` for the slot; whom it reaches is up to the arm."""
        case = Case(WHOLE, WHOLE)
        skip = self.skip(step, case)
        chosen = Chosen("", skip) if skip else choose(step, self.context(step, case), self.history(step, case))
        if not chosen.arm:
            yield self.planned(step, case, chosen.verdict)
            return
        arm = step.arm(chosen.arm)
        reached = list(cases(self.targets, self.occurrence, arm))
        for case in reached:
            self.expect(case)
        for case in reached:
            yield self.planned(arm, case, arm=chosen.arm, verdict=chosen.verdict)

    def skip(self, step: Step, case: Case) -> str:
        """Why this case is ruled out by the step's own condition: false, or unknown, with the values it rests on."""
        if step.if_ is None:
            return ""
        context, history = self.context(step, case), self.history(step, case)
        truth = evaluate(step.if_.text, context, history)
        if truth:
            return ""
        values = ", ".join(f"{name} = {value}" for name, value in inputs_of(step.if_.text, context, history).items())
        word = CONDITION if truth is False else UNKNOWN
        return f"{word}: {values}" if values else word

    def own(self, step: Step, case: Case) -> dict[str, Any]:
        """The namespaces of one case (language.md, Conditions and names)."""
        receiver = case.receiver or {}
        named = {"name": self._person(step, case)}
        data: dict[str, Any] = {
            "target": self._tagged(case.target),
            "person": {**receiver, **named} if _to_role(self.targets, step) else named,
        }
        if (member := self._member(step, case)) is not None:
            data["member"] = self._tagged(member)
        if self.asked.steps:
            data["step"] = {**self._other_steps(step, str(case.target["id"])), **self.shared["step"]}
        return data

    def _other_steps(self, step: Step, target: str) -> dict[str, Any]:
        """What became of the steps that are asked for, by the names they have where they are asked for."""
        within = f"{step_word(step.module)}_" if step.module else ""
        names = {within + name: name for name in self.asked.steps}
        known = self.facts.steps(self.occurrence, target, frozenset(names))
        return {names[name]: result for name, result in known.items()}

    def _tagged(self, row: Row) -> Row:
        return self.past.with_tags(row) if self.asked.tags and row is not WHOLE else row

    def _member(self, step: Step, case: Case) -> Row | None:
        """The member that is spoken of: each one who joined, the subject of a journey, a row of `about`; outside flows
        the row itself."""
        if _about(step) or step.to == MEMBER:
            return case.target
        subject = self.occurrence.subject
        if subject is None:
            return None if case.target is WHOLE else case.target
        return None if "members" in (self.occurrence.event or {}) else subject

    def _person(self, step: Step, case: Case) -> str:
        return "" if case.receiver is None else self.targets.person(step.to, case.receiver)


def message_of(step: Step) -> Message:
    """What the step says: its message, or its task's title as one; of other steps an empty one."""
    match step.action:
        case Send(message):
            return message
        case Task() as task:
            return Message(step.id, (*step.path, "task"), (task.title,), ((*step.path, "task"),))
    return _SAYS_NOTHING


def shared_data(targets: Targets, occurrence: Occurrence) -> dict[str, Any]:
    """The namespaces that all deliveries of an occurrence share (language.md, Conditions and names)."""
    campaign, zone = targets.campaign, zone_named(occurrence.zone)
    local: datetime = occurrence.planned_at.astimezone(zone)
    span = targets.calendars.span(occurrence.zone, anchors_for(campaign, occurrence))
    return {
        "input": inputs_for(campaign.playbook, occurrence.step, campaign.inputs),
        "slot": {
            "date": occurrence.date,
            "time": local.time(),
            "weekday": WEEKDAYS[occurrence.date.weekday()],
            "number": occurrence.number,
            "day": occurrence.phase_day,
        },
        "campaign": {"id": campaign.id, "start": span.first, "day": (occurrence.date - span.first).days + 1},
        "step": {"id": occurrence.step.own_id},
        "event": dict(occurrence.event or {}),
    }


def cases(targets: Targets, occurrence: Occurrence, step: Step) -> Iterator[Case]:
    """Whom a step is about: the rows of its audience or role, the subject, those who joined, the rows of `about`."""
    subject, event = occurrence.subject, occurrence.event or {}
    if about := _about(step):
        for row in targets.rows(about):
            yield Case(row, _receiver(targets, step, row))
    elif not step.to:
        yield Case(WHOLE, WHOLE)
    elif subject is not None and isinstance(step.action, Wait | Go | Exit | Pause):
        yield Case(subject, subject)  # of the flow as a whole
    elif subject is None:
        for row in targets.in_zone(step.to, occurrence.zone):
            yield Case(row, row)
    elif _to_members(step, event):
        for member in event["members"]:
            row = targets.member(member)
            yield Case(row, row)
    elif step.to in (SUBJECT, MEMBER):
        yield Case(subject, subject)
    elif _to_role(targets, step):
        yield Case(subject, targets.for_role(step.to, subject))
    else:
        for row in targets.rows(step.to):
            yield Case(row, row)


def _to_members(step: Step, event: Mapping[str, Any]) -> bool:
    """Each one who joined; tags are theirs and not the group's."""
    return "members" in event and (step.to == MEMBER or (step.to == SUBJECT and isinstance(step.action, Tag)))


def _receiver(targets: Targets, step: Step, target: Row) -> Row | None:
    return targets.for_role(step.to, target) if _to_role(targets, step) else target


def _to_role(targets: Targets, step: Step) -> bool:
    return step.to in targets.campaign.playbook.roles


def _about(step: Step) -> str:
    return step.action.about if isinstance(step.action, Task) else ""


def address_of(row: Mapping[str, Any]) -> str:
    """The row's `address`, or the name of its secret; "" leaves it to the channel's own."""
    return str(row.get("address") or row.get("secret") or "")


def channel_for(targets: Targets, step: Step, row: Mapping[str, Any]) -> str:
    """Step `via`, else the row's column, else the audience's or role's `via`, else the workspace's default."""
    campaign = targets.campaign
    to = targets.home(str(row["id"])) if step.to in (SUBJECT, MEMBER) else step.to
    group = campaign.playbook.audiences.get(to) or campaign.playbook.roles.get(to)
    default = campaign.tasks_via if isinstance(step.action, Task) else campaign.default_channel
    return step.via or str(row.get("channel") or "") or (group.via if group else "") or default

"""A look at an occurrence → what all its items share: times as people read them, conditions, what triggers it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from sopengine.diagnostics import Place, Text
from sopengine.language.asking import audience_asks
from sopengine.language.build.times import AT_ONCE
from sopengine.language.model import Choose, Playbook, Step
from sopengine.planning.during import DURING
from sopengine.planning.journeys import flow_of
from sopengine.planning.limits import due_of_task
from sopengine.planning.model import Occurrence, PlannedDelivery
from sopengine.planning.possibilities import depends_on_facts
from sopengine.planning.timers import timers_of
from sopengine.review.during import instead_of
from sopengine.review.guarding import NOTHING_GUARDED
from sopengine.review.model import TimerShown
from sopengine.review.preview import Look, Preview
from sopengine.review.suspicions import Suspicions
from sopengine.review.timers import shown
from sopengine.timing.parse import duration_text
from sopengine.timing.words import OnAnchor, OnDate
from sopengine.timing.zones import zone as zone_named


class Slot(Struct, frozen=True):
    """What all items of one occurrence share, worked out once; times are local, None for what an event triggers."""

    occurrence: Occurrence
    step: Step  # as the arm makes it
    arm: str
    place: Place
    if_: Text | None  # the condition on which it depends
    at: datetime | None
    planned_at: datetime | None
    due: datetime | None
    after: Text | None
    codes: tuple[str, ...]
    timers: tuple[TimerShown, ...] = ()


def slot_of(preview: Preview, suspicions: Suspicions, look: Look, arm: str = "") -> Slot:
    occurrence, zone = look.occurrence, zone_named(look.occurrence.zone)
    step = occurrence.step.arm(arm)
    as_arm = replace(occurrence, step=step)
    due = due_of_task(preview.campaign, as_arm, look.at)
    of_its_own = occurrence.subject is not None or occurrence.section in ("watch", DURING)
    triggered = of_its_own or occurrence.untimed
    timers = [] if triggered else timers_of(preview.campaign, as_arm, look.at, due)
    return Slot(
        occurrence,
        step,
        arm,
        preview.document.place(step.path),
        _on_condition(preview, occurrence.step, arm),
        at=None if triggered else look.at.astimezone(zone),
        planned_at=None if triggered else occurrence.planned_at.astimezone(zone),
        due=due.astimezone(zone) if due and not triggered else None,
        after=_trigger(preview, occurrence) if triggered else None,
        codes=(
            *suspicions.about_occurrence(occurrence),
            *suspicions.about_guards(step, preview.guarded),
            *suspicions.about_timers(step, timers),
        ),
        timers=shown(step, timers, zone) if timers else (),
    )


def _on_condition(preview: Preview, step: Step, arm: str) -> Text | None:
    """The conditions by which a case comes to this arm, where they are only known at its time: of who is in its
    audience, of the step, and of its arms."""
    said = _audience_conditions(preview.campaign.playbook, step.to)
    if depends_on_facts(step):
        said += [step.if_.text] if step.if_ else []
        for part in filter(None, arm.split(".")):
            assert isinstance(step.action, Choose)
            chosen = step.action.arms[int(part) - 1]
            said.append(chosen.condition.text if chosen.condition else "")
            step = chosen.step
    elif not said:
        return None
    shown = [" ".join(text.split()) for text in said]
    zh, en = (" → ".join(text or otherwise for text in shown) for otherwise in ("否则", "otherwise"))
    return Text(f"如果 {zh}", f"if {en}") if shown[0] else Text(zh, en)


def _audience_conditions(playbook: Playbook, name: str) -> list[str]:
    """Of an audience that asks of the past or of tags, and of those it is a part of."""
    if not audience_asks(playbook, name):
        return []
    audience = playbook.audiences[name]
    own = [audience.where.text] if audience.where else []
    return [*_audience_conditions(playbook, audience.of), *own]


def _trigger(preview: Preview, occurrence: Occurrence) -> Text:
    if occurrence.section == DURING:
        return instead_of(preview.targets, occurrence, preview.running)
    if occurrence.section == "watch":
        watch = next(w for w in preview.campaign.playbook.watches if occurrence.step in w.do)
        return Text(f"{watch.when.text} 变为成立时", f"when {watch.when.text} becomes true")
    if occurrence.subject is None:
        when = occurrence.step.when
        clock = " ".join(moment.text for moment in when.at)
        event, delay = (when.after.subject, duration_text(when.after.delay)) if when.after else ("", "")
        return Text(f"{event} 后 {delay} {clock}".strip(), f"{event} + {delay} {clock}".strip())
    return _after(preview, occurrence)


def own_slot(preview: Preview, slot: Slot, delivery: PlannedDelivery) -> Slot:
    """The slot as one target has it: at its own place in the spread or rollout, or where a guard lets it go."""
    fate = preview.guarded.fate(delivery)
    if slot.at is None or (not delivery.stagger and fate is None and preview.guarded is NOTHING_GUARDED):
        return slot
    zone = zone_named(slot.occurrence.zone)
    mine, due_at = replace(slot.occurrence, step=slot.step), delivery.due_at
    due = due_of_task(preview.campaign, mine, due_at)
    timers = timers_of(preview.campaign, mine, due_at, due)
    mine_shown = shown(slot.step, timers, zone) if timers else ()
    at = fate.at if fate else due_at
    return replace(slot, at=at.astimezone(zone), due=due.astimezone(zone) if due else None, timers=mine_shown)


def _after(preview: Preview, occurrence: Occurrence) -> Text:
    """`coupon.issued + 3d 19:30`, `1d 19:00 after CONDITION`, or `live - 10m` where that is no matter of the trigger; a
    step without a time of its own comes after the one before."""
    journey = flow_of(preview.campaign.playbook, occurrence)
    when = occurrence.step.when
    clock = " ".join(moment.text for moment in when.at)
    delay = when.after.text if when.after else " ".join(rule.text for rule in when.on)
    of_days = any(not isinstance(rule, OnDate | OnAnchor) for rule in when.on)
    of_trigger = not when.after.subject if when.after else of_days
    if occurrence.sequence and when.after == AT_ONCE:
        return Text("接着", "then")
    if not of_trigger:
        return Text(f"{delay} {clock}".strip(), f"{delay} {clock}".strip())
    if journey.when:  # the time first: a condition may be longer than the line
        said = f"{delay} {clock}".strip()
        return Text(f"{said}，从 {journey.when.text} 成立算起", f"{said} after {journey.when.text}")
    event = journey.on_event
    return Text(f"{event} 后 {delay} {clock}".strip(), f"{event} + {delay} {clock}".strip())

"""Quiet hours and what else guards a receiver: which guards hold for an occurrence, and when they let a message go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from sopengine.language.guards import FREE, Guards, Quiet
from sopengine.language.model import Playbook, Send, Step
from sopengine.planning.model import Campaign, Occurrence
from sopengine.timing.periods import covering
from sopengine.timing.zones import zone as zone_named

QUIET = "quiet"
GREETING = timedelta(seconds=60)
"""For so long after its trigger a welcome is not held by quiet hours (semantics.md S4)."""
_MINUTE = timedelta(minutes=1)


class Slot(Protocol):
    """What quiet hours have to know of an occurrence."""

    @property
    def section(self) -> str: ...

    @property
    def zone(self) -> str: ...

    @property
    def planned_at(self) -> datetime: ...


class Hush(NamedTuple):
    """A moment lies in quiet hours. `until` is when a message may go; `drop` that it is not to go at all."""

    until: datetime
    quiet: Quiet

    @property
    def drop(self) -> bool:
        return self.quiet.then == "drop"

    @property
    def reason(self) -> str:
        return f"{QUIET} {self.quiet.text}"


def guards_of(campaign: Campaign, occurrence: Occurrence) -> Guards:
    """Those of the workspace, the playbook and the flow it stands in, added up."""
    return campaign.guards + campaign.playbook.guards + _flow_guards(campaign.playbook, occurrence)


def guards_by_step(campaign: Campaign) -> dict[str, Guards]:
    playbook, outer = campaign.playbook, campaign.guards + campaign.playbook.guards
    found = {step.id: outer for step in playbook.steps()}
    flows: list[tuple[tuple[Step, ...], Guards]] = [(flow.steps, flow.guards) for flow in playbook.phases]
    flows += [(flow.steps, flow.guards) for flow in (playbook.weekly, playbook.welcome, *playbook.journeys) if flow]
    return found | {step.id: outer + guards for steps, guards in flows for step in steps}


def hush(guards: Guards, slot: Slot, step: Step, moment: datetime) -> Hush | None:
    """What quiet hours say to a message of this step at this moment, by the clock of its target; None if nothing.

    Work and its notices are not meant for customers and keep the hours of their role."""
    if not guards.quiet or not isinstance(step.action, Send) or _greets(slot, step, moment):
        return None
    zone = zone_named(slot.zone)
    found: Hush | None = None
    waiting = True
    while waiting:  # what one lets go may lie in another
        waiting = False
        for quiet in guards.quiet:
            begin = found.until if found else moment
            if (stretch := covering(quiet.begin, quiet.until, begin, zone)) is not None:
                found = Hush(stretch[1], found.quiet if found and found.drop else quiet)
                waiting = True
    return found


def before_quiet(campaign: Campaign, occurrence: Occurrence, moment: datetime) -> datetime:
    """Where quiet hours say `earlier`, the last minute before they begin; else the moment itself. Only what has a time
    of its own can be early: not what follows an event or another step."""
    if occurrence.subject is not None or occurrence.waits_for or not _sends(occurrence.step):
        return moment
    zone = zone_named(occurrence.zone)
    for quiet in guards_of(campaign, occurrence).quiet:
        stretch = covering(quiet.begin, quiet.until, moment, zone) if quiet.then == "earlier" else None
        if stretch is not None:
            return stretch[0] - _MINUTE
    return moment


def released(occurrence: Occurrence, moment: datetime) -> Occurrence:
    """The occurrence as it goes on when a guard lets it go: being held is not lateness, and ends with its use."""
    late_ok = occurrence.expires_at - occurrence.due_at
    expires = min(moment + late_ok, occurrence.useful_until)
    return replace(occurrence, due_at=moment, expires_at=expires)


def _greets(slot: Slot, step: Step, moment: datetime) -> bool:
    after = step.when.after
    if slot.section != "welcome" or after is None or step.when.at:
        return False
    trigger = slot.planned_at - after.delay.length
    return moment <= trigger + GREETING


def _sends(step: Step) -> bool:
    return any(isinstance(arm.action, Send) for _, arm in step.all_arms())


def _flow_guards(playbook: Playbook, occurrence: Occurrence) -> Guards:
    match occurrence.section:
        case "phases":
            return next((phase.guards for phase in playbook.phases if phase.name == occurrence.phase), FREE)
        case "weekly" if playbook.weekly:
            return playbook.weekly.guards
        case "welcome" if playbook.welcome:
            return playbook.welcome.guards
        case "journeys":
            return next((flow.guards for flow in playbook.journeys if flow.name == occurrence.phase), FREE)
    return FREE

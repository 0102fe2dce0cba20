"""What a campaign says about other playbooks → the occurrences by which its dry run shows that, words and all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sopengine.diagnostics import Text
from sopengine.language.model import During, Phase, Send, Skip, Step
from sopengine.planning.during import DURING, speaks_of
from sopengine.planning.model import Campaign, Occurrence, Span
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from sopengine.timing.words import When
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

Others = Sequence[tuple[Campaign, Targets]]
"""Campaigns that run."""


def rules_shown(campaign: Campaign, targets: Targets, as_of: datetime) -> Iterator[Occurrence]:
    """One occurrence for each rule and each audience of its phase, at the phase's beginning or now."""
    zone_name = campaign.playbook.timezone
    zone = zone_named(zone_name)
    for phase in campaign.playbook.phases:
        span = targets.calendars.phase(phase, zone_name) if phase.during else None
        if span is None:
            continue
        moment = max(span.begin, as_of)
        for rule in phase.during:
            for to in _audiences(campaign, phase):
                yield Occurrence(
                    key=f"{DURING}/{phase.name}/{rule.playbook}/{rule.name}/{to}",
                    campaign=campaign.id,
                    section=DURING,
                    step=_step(campaign, rule, to),
                    phase=phase.name,
                    day="",
                    ordinal=0,
                    zone=zone_name,
                    date=local_date(moment, zone),
                    number=1,
                    phase_day=(local_date(moment, zone) - span.first).days + 1,
                    planned_at=moment,
                    due_at=moment,
                    expires_at=moment,
                    useful_until=moment,
                )


def instead_of(targets: Targets, occurrence: Occurrence, others: Others) -> Text:
    """Which days it holds for, and how often a running campaign would have spoken in them."""
    campaign = targets.campaign
    phase = next(phase for phase in campaign.playbook.phases if phase.name == occurrence.phase)
    rule = next(rule for rule in phase.during if rule.path == occurrence.step.path)
    span = targets.calendars.phase(phase, campaign.playbook.timezone)
    assert span is not None  # else there is no occurrence
    days = f"{span.first:%m-%d}" + (f" – {span.last:%m-%d}" if span.last and span.last != span.first else "")
    running = [pair for pair in others if pair[0].playbook.id == rule.playbook]
    times = sum(_times(other, whom, rule, span) for other, whom in running)
    often = Text(f"，{times} 次", f", {times} times") if times else Text("", "")  # what events start is not known ahead
    known = Text(f"，正在进行{often.zh}", f", running{often.en}") if running else Text("", "")
    return Text(f"{days}{known.zh}", f"{days}{known.en}")


def _times(other: Campaign, targets: Targets, rule: During, span: Span) -> int:
    if span.end is None:
        return 0
    found = plan(other, targets, max(span.begin, other.start), span.end)
    return sum(any(speaks_of(rule, other, occurrence, name) for name in _says(occurrence.step)) for occurrence in found)


def _says(step: Step) -> set[str]:
    """The names of the messages that a step may send."""
    arms = (arm.action for _, arm in step.all_arms())
    return {action.message.name for action in arms if isinstance(action, Send)} | {""}


def _audiences(campaign: Campaign, phase: Phase) -> list[str]:
    arms = (arm for step in phase.steps for _, arm in step.all_arms())
    return [to for to in dict.fromkeys(arm.to for arm in arms) if to in campaign.playbook.audiences]


def _step(campaign: Campaign, rule: During, to: str) -> Step:
    message = campaign.playbook.messages.get(rule.message)
    action = Send(message) if message is not None else Skip()
    return Step(f"{rule.playbook}/{rule.name}", rule.path, When(), action, to)

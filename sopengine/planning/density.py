"""How often each step comes, before anything is planned: what comes too often costs memory and minutes, and nobody
means it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from sopengine.diagnostics import Diagnostic, Path, Text
from sopengine.language.document import Document, value_at
from sopengine.language.model import Step
from sopengine.planning.model import Campaign
from sopengine.planning.targets import Targets
from sopengine.timing.cron import cron
from sopengine.timing.frame import AnchorMissing, Frame
from sopengine.timing.moments import anchor_moments
from sopengine.timing.slots import slots
from sopengine.timing.words import AtEvery, OnCron, When
from sopengine.timing.zones import local_date
from sopengine.timing.zones import zone as zone_named

MOST = 12_000
"""Times of one step in one calendar: every three quarters of an hour for a year."""
IN_ALL = 40_000
"""Times of all steps together."""
YEAR = timedelta(days=365)
"""What is looked at where nothing ends; of a flow that an event starts, as far as its steps are searched."""
WEEK = timedelta(days=7)


def too_often(campaign: Campaign, targets: Targets, document: Document) -> Iterator[Diagnostic]:
    """SOP-W531 for each step that comes more than MOST times, or else for the one that comes most often where all of
    them together come more than IN_ALL times. Costs next to nothing for a playbook that is far from it."""
    counts = _Counts(campaign, targets)
    for exact in (False, True):
        found = {step.id: (step, counts.of(step, exact=exact)) for step in campaign.playbook.steps()}
        dense = [(step, count) for step, count in found.values() if count > MOST]
        total = sum(count for _, count in found.values())
        if not dense and total <= IN_ALL:
            return
    for step, _ in dense:
        yield _finding(
            step, document, Text(f"步骤 {step.id} 超过 {MOST} 次", f"step {step.id} comes over {MOST} times")
        )
    if not dense:
        step, count = max(found.values(), key=lambda one: one[1])
        message = Text(
            f"所有步骤合起来 {total} 次，超过 {IN_ALL} 次；最多的是步骤 {step.id}，{count} 次",
            f"all steps together come {total} times, over {IN_ALL}; most often step {step.id}, {count} times",
        )
        yield _finding(step, document, message)


def _finding(step: Step, document: Document, message: Text) -> Diagnostic:
    key = next((key for key in ("at", "on", "after") if value_at(document, (*step.path, key)) is not None), "")
    path: Path = (*step.path, key) if key else step.path
    help = Text(
        "间隔放宽，或者把时段、日子、活动的起止写窄",
        "Make it rarer, or narrow its hours, its days or the campaign's own",
    )
    return Diagnostic("SOP-W531", message, document.place(path), help, path)


class _Counts:
    """`exact` False: no less than there are, without looking at a single day."""

    def __init__(self, campaign: Campaign, targets: Targets) -> None:
        self._campaign, self._targets = campaign, targets
        self._steps = {step.id: step for step in campaign.playbook.steps()}
        self._known: dict[tuple[str, bool], int] = {}

    def of(self, step: Step, *, exact: bool) -> int:
        key = step.id, exact
        if key not in self._known:
            self._known[key] = 0  # steps that wait for each other are never planned
            self._known[key] = self._count(step, exact)
        return self._known[key]

    def _count(self, step: Step, exact: bool) -> int:
        when = step.when
        if when.after is not None:
            before = self._steps.get(when.after.subject) if when.after.of_step else None
            return (self.of(before, exact=exact) if before else 1) * _a_day(when)
        if not (when.on or when.at):
            return 1
        calendars = self._targets.calendars.of_step(step.id)
        if not calendars:
            return self._most([self._of_a_flow()], when, exact)
        return sum(self._most(calendar.frames(), when, exact) for calendar in calendars)

    def _most(self, frames: Iterator[Frame] | list[Frame], when: When, exact: bool) -> int:
        count = _exactly if exact else _at_most
        return max((count(when, frame) for frame in frames), default=0)

    def _of_a_flow(self) -> Frame:
        """From the campaign's start, for want of the event that begins it."""
        campaign = self._campaign
        zone = zone_named(campaign.playbook.timezone)
        return Frame(zone, campaign.calendar, local_date(campaign.start, zone), None, self._targets.calendars.anchors)


def _days(frame: Frame) -> timedelta:
    return YEAR if frame.last is None else frame.last - frame.first + timedelta(days=1)


def _at_most(when: When, frame: Frame) -> int:
    if not when.on:
        return _between_anchors(when, frame)
    return max(_days(frame).days, len(when.on), 1) * _a_day(when)


def _exactly(when: When, frame: Frame) -> int:
    """Up to a little over MOST."""
    if not when.on:
        return _between_anchors(when, frame)
    try:
        return _day_by_day(when, frame)
    except AnchorMissing:  # of a flow: a column of its subject, a field of its event
        return _at_most(when, frame)


def _between_anchors(when: When, frame: Frame) -> int:
    try:
        return sum(1 for _ in islice(anchor_moments(when, frame), MOST + 1))
    except AnchorMissing:
        return _a_day(when)


def _day_by_day(when: When, frame: Frame) -> int:
    count, begin, end = 0, frame.first, frame.first + _days(frame)
    while begin < end and count <= MOST:
        count += sum(1 for _ in slots(when, frame, begin, min(begin + WEEK, end)))
        begin += WEEK
    return count


def _a_day(when: When) -> int:
    """No fewer moments than one day has: a repetition may go on into the night after it."""
    lines = [len(cron(rule.expression).clocks) for rule in when.on if isinstance(rule, OnCron)]
    items = [(when.most or 2 * 86_400 // at.step.seconds + 1) if isinstance(at, AtEvery) else 1 for at in when.at]
    return max([*lines, sum(items), 1])

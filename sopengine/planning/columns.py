"""Which columns of a target a step's times lean on: anchors such as `target.opens`."""

from __future__ import annotations

from collections.abc import Iterator

from sopengine.language.build.due import DUE, anchor_of_due
from sopengine.language.columns import declared_columns
from sopengine.language.model import Phase, Playbook, Step, Task
from sopengine.timing.words import AnchorTime, AtAnchor, AtEvery, Moment, OnAnchor, OnYearly

NAMESPACES = ("target.", "member.")
"""In phases and weekly both mean the row a step goes to."""


def column(anchor: str) -> str:
    """The column an anchor's name means; "" for an input or a field of the event."""
    return next((anchor.removeprefix(prefix) for prefix in NAMESPACES if anchor.startswith(prefix)), "")


def columns_of_step(step: Step, phase: Phase | None) -> tuple[str, ...]:
    """Those its slots and limits are counted from, its phase's bounds with them, in written order."""
    names = [*_of_when(step), *_of_limits(step)]
    if phase is not None:
        names += [b.value.name for b in (phase.begin, phase.end) if isinstance(b.value, AnchorTime)]
    return tuple(dict.fromkeys(filter(None, map(column, names))))


def anchors_named(step: Step) -> tuple[str, ...]:
    """The anchors that are no inputs: columns, and fields of the event that started the flow."""
    return tuple(dict.fromkeys(name for name in (*_of_when(step), *_of_limits(step)) if "." in name))


def columns_of_span(playbook: Playbook) -> tuple[str, ...]:
    """Those from which the first and last day of the whole campaign are counted."""
    bounds = playbook.runs or [b for phase in playbook.phases for b in (phase.begin, phase.end)]
    names = [bound.value.name for bound in bounds if isinstance(bound.value, AnchorTime)]
    return tuple(dict.fromkeys(filter(None, map(column, names))))


def has_own_span(playbook: Playbook, to: str) -> bool:
    """Whether the rows of this audience or role have the columns that the campaign's span is counted from."""
    columns = columns_of_span(playbook)
    return bool(columns) and declared_columns(playbook, to).keys() >= set(columns)


def birthdays(step: Step) -> frozenset[str]:
    """Columns of which only month and day matter."""
    rules = (*step.when.on, *step.when.except_)
    yearly = {column(rule.anchor.name) for rule in rules if isinstance(rule, OnYearly)}
    others = {column(name) for name in (*_of_when(step, yearly=False), *_of_limits(step))}
    return frozenset(yearly - others - {""})


def _of_when(step: Step, *, yearly: bool = True) -> Iterator[str]:
    for rule in (*step.when.on, *step.when.except_):
        if isinstance(rule, OnAnchor) or (yearly and isinstance(rule, OnYearly)):
            yield rule.anchor.name
    for moment in step.when.at:
        yield from _of_moment(moment)


def _of_moment(moment: Moment) -> Iterator[str]:
    edges = (moment.begin, moment.end) if isinstance(moment, AtEvery) else (moment,)
    yield from (edge.anchor.name for edge in edges if isinstance(edge, AtAnchor))


def _of_limits(step: Step) -> Iterator[str]:
    for _, arm in step.all_arms():
        if isinstance(arm.useful_until, AnchorTime):
            yield arm.useful_until.name
        if isinstance(arm.action, Task):
            found = (anchor_of_due(text) for text in arm.action.times())
            yield from (anchor.name for anchor in found if anchor is not None and anchor.name != DUE)

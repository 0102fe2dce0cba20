"""What the texts of a dry run come to with other values than those at hand: every column at its longest known value at
once, and every column that no condition asks for left blank. Future rows may bring either."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sopengine.diagnostics import Text
from sopengine.language.events import fields_of
from sopengine.language.expressions.conditions import condition_names
from sopengine.language.model import Choose, Playbook, Send, Step, Task
from sopengine.language.named import Row
from sopengine.messages.budget import utf8_bytes
from sopengine.messages.model import Rendered, RenderJob
from sopengine.messages.renderer import Renderer
from sopengine.planning.model import PlannedDelivery
from sopengine.planning.targets import Targets
from sopengine.review.text_doubts import TextDoubts

_KEPT = frozenset(["id", "tags", "address", "secret", "channel"])
"""What no text is expected to print, or what nobody leaves blank."""
_MEMBERS = "members"
_OF_ONE = ("target", "member", "person")


class _Case(NamedTuple):
    delivery: PlannedDelivery
    longest: Mapping[str, Any]
    blank: Mapping[str, Any]


class Extremes:
    """Fed with every delivery; keeps the first of each text, one that is carried out where there is one."""

    def __init__(self, targets: Targets, doubts: TextDoubts) -> None:
        self._targets, self._doubts = targets, doubts
        self._first: dict[tuple[str, str, str], PlannedDelivery] = {}
        self._longest: dict[str, Row] = {}

    def see(self, delivery: PlannedDelivery) -> None:
        key = delivery.occurrence.step.id, delivery.arm, delivery.template
        known = self._first.get(key)
        if known is None or (known.skip and not delivery.skip):
            self._first[key] = delivery

    def report(self, renderer: Renderer) -> None:
        """Adds SOP-T408 and D606, where the values at hand gave no such finding."""
        cases = [self._case(delivery) for delivery in self._first.values() if _fills_in(delivery)]
        jobs = (RenderJob(c.delivery.template, (c.longest, c.blank), c.delivery.shared) for c in cases)
        for case, (longest, blank) in zip(cases, renderer.render_many(jobs), strict=True):
            self._judge(case.delivery, longest, blank)

    def _judge(self, delivery: PlannedDelivery, longest: Rendered, blank: Rendered) -> None:
        doubts, step = self._doubts, delivery.occurrence.step
        if doubts.has_failed(step):
            return
        if longest.ok:
            doubts.about_longest(delivery, utf8_bytes(longest.text))
        if delivery.skip:
            return  # its condition may be there because these values are missing
        if not longest.ok:
            doubts.about_other_values(delivery, longest, _WITH_LONGEST)
        elif blank.kind in ("empty", "object"):
            doubts.about_other_values(delivery, blank, _WITH_BLANKS)

    def _case(self, delivery: PlannedDelivery) -> _Case:
        asked = _asked(self._targets.campaign.playbook, delivery)
        longest, blank = dict(delivery.own), dict(delivery.own)
        pools = {"target": self._pool(delivery), "member": self._pool(delivery), "person": delivery.step.to}
        for name in _OF_ONE:
            row = delivery.own.get(name)
            if isinstance(row, Mapping):
                longest[name] = _with(row, self._longest_of(pools[name]), asked)
                blank[name] = {
                    column: "" if isinstance(value, str) and column not in asked | _KEPT else value
                    for column, value in row.items()
                }
        event = delivery.shared.get("event")
        if event:
            longest["event"] = self._longest_event(delivery, event)
        return _Case(delivery, longest, blank)

    def _pool(self, delivery: PlannedDelivery) -> str:
        """The audience or role whose rows the target may be one of; "" where nobody knows."""
        action = delivery.step.action
        if isinstance(action, Task) and action.about:
            return action.about
        if delivery.occurrence.subject is None:
            return delivery.step.to
        return self._targets.home(delivery.target_id)

    def _longest_of(self, to: str) -> Row:
        if to not in self._longest:
            self._longest[to] = _longest_values(self._targets.rows(to)) if to else {}
        return self._longest[to]

    def _longest_event(self, delivery: PlannedDelivery, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """With the longest of each choice, and for those who join the longest name that is known of a member."""
        playbook = self._targets.campaign.playbook
        found = dict(event)
        for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
            fields = fields_of(journey.on_event, playbook.events) or {}
            if any(step.id == delivery.occurrence.step.id for step in journey.steps):
                found |= {n: max(f.choices, key=_size) for n, f in fields.items() if f.choices and n in event}
        names = [name for name, audience in playbook.audiences.items() if audience.source == _MEMBERS]
        name = max((self._longest_of(each).get("name") or "" for each in names), key=_size, default="")
        if name and "members" in found:
            found["members"] = [{**member, "name": name} for member in found["members"]]
            found["name"] = name
        return found


_WITH_LONGEST = Text("遇到名单里最长的值", "with the longest values of the list")
_WITH_BLANKS = Text("有的列没有填", "where columns are left blank")


def _fills_in(delivery: PlannedDelivery) -> bool:
    return "{" in delivery.template and isinstance(delivery.step.action, Send | Task)


def _longest_values(rows: Iterable[Row]) -> Row:
    longest: dict[str, Any] = {}
    for row in rows:
        for column, value in row.items():
            if column not in longest or _size(value) > _size(longest[column]):
                longest[column] = value
    return longest


def _size(value: object) -> int:
    return utf8_bytes(value) if isinstance(value, str) else len(str(value))


def _with(row: Mapping[str, Any], longest: Row, asked: Collection[str]) -> Mapping[str, Any]:
    """The row with longer values in the columns it has, those aside that a condition asks for."""
    return {
        column: longest[column]
        if column in longest and column not in asked and column not in _KEPT and _size(longest[column]) > _size(value)
        else value
        for column, value in row.items()
    }


def _asked(playbook: Playbook, delivery: PlannedDelivery) -> frozenset[str]:
    """The columns that decide whether, and in which arm, the delivery is made: they are not free to change."""
    conditions = [*_conditions(delivery.occurrence.step), *_of_audience(playbook, delivery.step.to)]
    names = (name.parts for text in conditions for name in condition_names(text))
    return frozenset(parts[1] for parts in names if len(parts) > 1 and parts[0] in _OF_ONE)


def _conditions(step: Step) -> Iterator[str]:
    if step.if_ is not None:
        yield step.if_.text
    for arm in step.action.arms if isinstance(step.action, Choose) else ():
        yield from [arm.condition.text] if arm.condition else []
        yield from _conditions(arm.step)


def _of_audience(playbook: Playbook, name: str) -> Iterator[str]:
    while (audience := playbook.audiences.get(name)) is not None:
        if audience.where is not None:
            yield audience.where.text
        name = audience.of

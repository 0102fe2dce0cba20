"""Dated steps side by side: two that reach the same people at one moment, and two that say the same to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from sopengine.diagnostics import Diagnostic, Findings, Text
from sopengine.language.checks.schedule import lineage, report_same_instant, sends_for_sure
from sopengine.language.columns import source_of
from sopengine.language.document import Document
from sopengine.language.model import Playbook, Step
from sopengine.planning.model import Occurrence
from sopengine.planning.targets import Targets
from sopengine.review.model import Item

_SHORT = 6
"""Shorter texts (好的、收到) may well be the same."""


def check_moments(occurrences: Iterable[Occurrence], document: Document, targets: Targets, findings: Findings) -> None:
    """Adds SOP-W521 at the later of two steps in the file, once for a step, whatever phases they stand in."""
    dated = [o for o in occurrences if not o.untimed and sends_for_sure(o.step) and _for_all_at_once(o, targets)]
    told: set[str] = set()
    for _, group in groupby(sorted(dated, key=lambda o: o.due_at), key=lambda o: o.due_at):
        at_once = list({o.step.id: o.step for o in group}.values())
        for number, step in enumerate(at_once):
            before = next((one for one in at_once[:number] if _meet(one.to, step.to, targets)), None)
            if before is None:
                continue
            first, later = sorted((before, step), key=lambda one: document.place(one.path))
            if later.id not in told:
                told.add(later.id)
                report_same_instant(document, later, first, findings)


def _for_all_at_once(occurrence: Occurrence, targets: Targets) -> bool:
    calendar = targets.calendars.of(occurrence)
    return calendar is None or not (calendar.varies or calendar.by_turns)


def _meet(one: str, other: str, targets: Targets) -> bool:
    """Whether somebody is in both: as declared, or, of what was split by conditions, by the rows at hand."""
    playbook = targets.campaign.playbook
    if one in lineage(playbook, other) or other in lineage(playbook, one):
        return True
    first, second = playbook.audiences.get(one), playbook.audiences.get(other)
    if first is None or second is None or source_of(playbook, first) != source_of(playbook, second):
        return False
    if targets.is_sample(one):
        return False
    return not {str(row["id"]) for row in targets.rows(one)}.isdisjoint(str(row["id"]) for row in targets.rows(other))


def same_texts(items: Iterable[Item], playbook: Playbook, document: Document) -> Iterator[Diagnostic]:
    """SOP-W530 for a step that says to the same people, on another day, what another one has said."""
    steps = {step.id: step for step in playbook.steps()}
    said: dict[tuple[str, str], str] = {}
    told: set[str] = set()
    for item in items:
        text = "".join(item.text.split())
        if item.kind != "send" or item.at is None or item.state != "planned" or len(text) < _SHORT:
            continue
        earlier = next((by for to in lineage(playbook, item.audience) if (by := said.get((to, text)))), item.id)
        if earlier != item.id and item.id not in told and item.id in steps:
            told.add(item.id)
            yield _same_text(steps[item.id], earlier, document)
        said.setdefault((item.audience, text), item.id)


def _same_text(step: Step, earlier: str, document: Document) -> Diagnostic:
    message = Text(
        f"步骤 {step.id} 的文字和 {earlier} 发过的一模一样，又是同一批人",
        f"Step {step.id} says word for word what {earlier} has said to the same people",
    )
    return Diagnostic("SOP-W530", message, document.place(step.path), help=_OTHERWISE, path=step.path)


_OTHERWISE = Text(
    "换个说法；真要再说一遍，写一条忽略的注释",
    "Say it in other words; where it is meant, a comment that ignores this says so",
)

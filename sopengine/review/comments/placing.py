"""Comments in, and where each belongs out: to the places of a playbook's steps, or beside the items of a dry run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from sopengine.diagnostics import Place
from sopengine.language.document import Document
from sopengine.language.model import Playbook
from sopengine.review.comments.model import Comment
from sopengine.review.model import Item


def places(playbook: Playbook, document: Document) -> Mapping[tuple[str, str], Place]:
    """Where each step stands that a dry run may show, by its id there, and each arm of those that choose."""
    found = {(step.id, ""): document.place(step.path) for step in playbook.steps()}
    for step in playbook.steps():
        found |= {(step.id, number): document.place(arm.path) for number, arm in step.all_arms() if number}
    for phase in playbook.phases:
        for rule in phase.during:
            found.setdefault((f"{rule.playbook}/{rule.name}", ""), document.place(rule.path))
    return found


def beside(items: Sequence[Item], comments: Iterable[Comment]) -> list[Item]:
    """The items with what was said of them. What was said of a time or arm that is not planned any more stands at the
    first item of its step; what was said of a step that is not shown is left out."""
    numbers: dict[tuple[str, ...], list[int]] = {}
    for n, item in enumerate(items):
        for key in ((item.id, time_of(item), item.arm), (item.id, time_of(item)), (item.id,)):
            numbers.setdefault(key, []).append(n)
    mine: dict[int, list[Comment]] = {}
    for comment in comments:
        here = (comment.step, comment.slot)
        for n in numbers.get((*here, comment.arm)) or numbers.get(here) or numbers.get(here[:1], [])[:1]:
            mine.setdefault(n, []).append(comment)
    return [replace(item, comments=tuple(mine[n])) if n in mine else item for n, item in enumerate(items)]


def time_of(item: Item) -> str:
    """How a reviewer's file names the item's time."""
    return item.planned_at.isoformat() if item.planned_at else ""

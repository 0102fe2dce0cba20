"""The rows of tables of texts that a dry run asks for → slots without a row or with several, rows nobody asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sopengine.diagnostics import Diagnostic, Findings, Text
from sopengine.language.checks.content import DROP, never
from sopengine.language.content import ContentRow
from sopengine.language.document import Document
from sopengine.language.model import Playbook, Send, Step
from sopengine.language.named import Message
from sopengine.planning.content_findings import finding
from sopengine.planning.model import PlannedDelivery

MOST = 20
"""Findings of one kind about one table: the rest are counted."""


class TableUse:
    """Fed with every delivery, in order; `report` then tells each wrong lookup once, by its first slot."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._used: set[int] = set()
        self._wrong: dict[tuple[str, str], dict[tuple[object, ...], Diagnostic]] = {}

    def ask(self, delivery: PlannedDelivery) -> str:
        """The code of what is wrong with its row, or ""."""
        lookup = delivery.lookup
        if lookup is None:
            return ""
        self._used.update(id(row) for row in lookup.rows)
        found = finding(delivery, self._document)
        if found is None:
            return ""
        self._wrong.setdefault((found.code, lookup.table.file), {}).setdefault(lookup.values, found)
        return found.code

    def report(self, playbook: Playbook, findings: Findings, *, whole: bool) -> None:
        """`whole`: every slot of the campaign was asked about, so that a row nobody asked for is never used."""
        for found in self._wrong.values():
            _most(list(found.values()), findings)
        for message, steps in _of_dated_steps(playbook) if whole else ():
            assert message.table is not None
            rows = [row for row in message.table.rows if id(row) not in self._used]
            _most([_unused(message, row) for row in rows if never(message, row, steps) is None], findings)


def _most(found: Sequence[Diagnostic], findings: Findings) -> None:
    findings.extend(found[:MOST])
    if (more := len(found) - MOST) > 0:
        last = found[MOST]
        findings.add(
            last.code, Text(f"还有 {more} 处同样的问题", f"{more} more of the same"), last.place, path=last.path
        )


def _unused(message: Message, row: ContentRow) -> Diagnostic:
    assert message.table is not None
    name = row.keys[0].name
    what = ", ".join(f"{column} = {cell.key}" for column, cell in zip(message.table.where, row.keys, strict=True))
    told = Text(f"{name.zh}：没有时点用到 {what} 这一行", f"{name.en}: no slot uses the row of {what}")
    return Diagnostic("SOP-D612", told, row.keys[0].place, DROP, message.path)


def _of_dated_steps(playbook: Playbook) -> Iterable[tuple[Message, Sequence[str]]]:
    """Messages from tables that only phases and the weekly schedule send, each with the ids of their steps."""
    dated = [step for phase in playbook.phases for step in phase.steps]
    dated += playbook.weekly.steps if playbook.weekly else ()
    ids = {step.id for step in dated}
    sent: dict[int, tuple[Message, list[str]]] = {}
    for step, message in _sends(playbook.steps()):
        sent.setdefault(id(message), (message, []))[1].append(step.id)
    return [(message, steps) for message, steps in sent.values() if ids.issuperset(steps)]


def _sends(steps: Iterable[Step]) -> Iterable[tuple[Step, Message]]:
    ways = (way for step in steps for _, way in step.all_arms())
    return ((way, way.action.message) for way in ways if isinstance(way.action, Send) and way.action.message.table)

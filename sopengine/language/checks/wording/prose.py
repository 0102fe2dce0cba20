"""A playbook and its steps → every text that people will read, once each, with its place sign by sign."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from msgspec import Struct

from sopengine.diagnostics import Path, Place
from sopengine.language.document import Document
from sopengine.language.expressions.pieces import code_spans
from sopengine.language.model import Playbook, Send, Step, Task
from sopengine.language.named import Message
from sopengine.language.reading.sheet import Cell

GAP = "\x00"
"""Stands in `literal` for each sign of what is filled in."""


class Prose(Struct, frozen=True, dict=True):
    """`text` is a template; `file` names the message file that holds it, "" for a text of the playbook itself, and
    `cell` is where it stands in a table."""

    text: str
    path: Path
    file: str = ""
    to_customers: bool = True
    cell: Cell | None = None

    @cached_property
    def literal(self) -> str:
        """What every reader gets, sign for sign where it stands in `text`."""
        kept, end = [], 0
        for start, after in code_spans(self.text):
            kept += [self.text[end:start], GAP * (after - start)]
            end = after
        return "".join((*kept, self.text[end:]))

    def whole(self, document: Document) -> Place:
        return self.cell.place if self.cell else document.place(self.path)

    def place(self, document: Document, start: int, end: int) -> Place:
        """Where a stretch of the text stands; the stretch keeps to one line."""
        line = self.text.count("\n", 0, start) + 1
        col = start - (self.text.rfind("\n", 0, start) + 1) + 1
        if self.cell:
            return self.cell.inside(line, col, end - start)
        if self.file:
            return Place(self.file, line, col, line, col + end - start)
        return document.inside(self.path, line, col, end - start)


def prose(playbook: Playbook, steps: Iterable[Step], shown_file: Callable[[str], str]) -> list[Prose]:
    """Messages, those written inside steps, and the titles of tasks; also of the arms of a `choose`."""
    found = [text for message in playbook.messages.values() for text in _message(message, shown_file)]
    for step in steps:
        for _, arm in step.all_arms():
            match arm.action:
                case Send(message) if not message.name:
                    found += _message(message, shown_file)
                case Task(title):
                    found.append(Prose(title, (*arm.path, "task"), to_customers=False))
    return found


def own_prose(document: Document, playbook: Playbook) -> list[Prose]:
    """The texts of a playbook that was read before; those of its modules are judged with these."""

    def shown(file: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(document.file), file))

    return prose(playbook, [step for step in playbook.steps() if not step.module], shown)


def _message(message: Message, shown_file: Callable[[str], str]) -> Iterator[Prose]:
    file = shown_file(message.file) if message.file else ""
    for text, path in zip(message.variants, message.paths, strict=True):
        yield Prose(text, path, file)
    for row in message.table.rows if message.table else ():
        yield Prose(row.text.text, (*message.path, "table"), cell=row.text)

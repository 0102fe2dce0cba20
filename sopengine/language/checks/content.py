"""Tables of texts against the steps that send from them → rows and steps that can never meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sopengine.diagnostics import Findings, Text
from sopengine.language.content import ContentRow, can_equal
from sopengine.language.document import Document
from sopengine.language.model import Send, Step
from sopengine.language.named import Message
from sopengine.language.reading.sheet import Cell
from sopengine.language.suggest import closest

STEP = "step.id"
_COUNTS = ("campaign.day", "slot.day", "slot.number")
_MOST = 20


def check_content(document: Document, steps: Iterable[Step], findings: Findings) -> None:
    """Adds SOP-D610 for a step that the table knows no row of, D612 for a row that no step can use."""
    senders: dict[int, tuple[Message, list[Step]]] = {}
    for step in (way for one in steps for _, way in one.all_arms()):
        if isinstance(step.action, Send) and step.action.message.table is not None:
            message = step.action.message
            senders.setdefault(id(message), (message, []))[1].append(step)
    for message, sending in senders.values():
        names = list(dict.fromkeys(step.id for step in sending))
        _steps_without_rows(document, message, sending, findings)
        assert message.table is not None
        reasons = [reason for row in message.table.rows if (reason := never(message, row, names)) is not None]
        for cell, why in reasons[:_MOST]:
            findings.add("SOP-D612", why, cell.place, help=DROP, path=message.path)


DROP = Text("改对这一行，或者删掉它", "Correct the row, or delete it")


def never(message: Message, row: ContentRow, steps: Sequence[str]) -> tuple[Cell, Text] | None:
    """Why no slot can ever ask for this row, whatever the dates, and the cell that says so; `steps` are the ids of
    those that send the message."""
    assert message.table is not None
    for wanted, cell in zip(message.table.where.values(), row.keys, strict=True):
        if wanted == STEP and cell.key not in steps:
            guess = closest(cell.key, steps)
            zh, en = (f"，是不是 {guess}？", f"; did you mean {guess}?") if guess else ("", "")
            return cell, Text(
                f"{cell.name.zh}：没有步骤 {cell.key} 发这条消息{zh}",
                f"{cell.name.en}: no step {cell.key} sends this message{en}",
            )
        if wanted in _COUNTS and not can_equal("number", cell.key):
            return cell, Text(
                f"{cell.name.zh}：{cell.key} 不是数字，和 {wanted} 对不上",
                f"{cell.name.en}: {cell.key} is no number, so it never equals {wanted}",
            )
    return None


def _steps_without_rows(document: Document, message: Message, steps: Iterable[Step], findings: Findings) -> None:
    table = message.table
    assert table is not None
    columns = [i for i, wanted in enumerate(table.where.values()) if wanted == STEP]
    if not columns:
        return
    known = {row.keys[columns[0]].key for row in table.rows}
    for step in steps:
        if step.id not in known:
            findings.add(
                "SOP-D610",
                Text(f"{table.file} 里没有步骤 {step.id} 的行", f"{table.file} has no row for step {step.id}"),
                document.place((*step.path, "send")),
                help=Text("在表里补上它的行", "Add its rows to the table"),
                path=step.path,
            )

"""The tables of a reviewer's file in, what they say out; a row that cannot be understood is told with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.review.comments.model import (
    ABOUT,
    AUTHOR,
    COLUMNS,
    COMMENT,
    DECISION,
    DECISIONS,
    SAID,
    TEXT,
    Comment,
    Decision,
    digest,
)
from sopengine.review.comments.tables import Line, Table, Unreadable
from sopengine.review.xlsx.columns import REST, SCHEDULE

_HEAD_WITHIN = 20  # rows: somebody may have put a title above
_OURS = "-"
_TITLES = {
    **{word.lower(): _OURS for title, _ in (*SCHEDULE, *REST) for word in (title.zh, title.en)},
    **{name: name for name in (*COLUMNS, SAID)},
    **dict.fromkeys((DECISION.zh, DECISION.en.lower()), "decision"),
    **dict.fromkeys((COMMENT.zh, COMMENT.en.lower()), "comment"),
    **dict.fromkeys((AUTHOR.zh, AUTHOR.en.lower()), "author"),
    **dict.fromkeys((TEXT.zh, TEXT.en.lower()), "text"),
}
"""What each column is for; any other one is a reviewer's own."""
_WORDS: dict[str, Decision] = {"": ""}
for _code, _word in DECISIONS.items():
    _WORDS |= {_code: _code, _word.zh: _code, _word.en.lower(): _code}


class Received(NamedTuple):
    where: Text
    comment: Comment


class Unread(NamedTuple):
    """A row that says something which could not be taken: what, and why."""

    where: Text
    words: str
    why: Text


class File(Struct, frozen=True):
    received: Sequence[Received]
    unread: Sequence[Unread]


def read(tables: Sequence[Table], lang: str) -> File:
    """Raises Unreadable where no table has the columns of a review. `lang` is that of what is said for the reviewer."""
    received: list[Received] = []
    unread: list[Unread] = []
    found = False
    for table in tables:
        head = next((n for n, line in enumerate(table.lines[:_HEAD_WITHIN]) if _is_head(line)), None)
        if head is None:
            unread += [Unread(line.where, "\n".join(line.notes), _NO_STEP) for line in table.lines if line.notes]
            continue
        found = True
        heading = table.lines[head]
        for line in table.lines[head + 1 :]:
            if _is_head(line):  # several files put one behind the other
                heading = line
                continue
            one = _said(_row(line, heading), lang)
            if isinstance(one, Received):
                received.append(one)
            elif one is not None:
                unread.append(one)
    if not found:
        raise Unreadable(
            Text(f"里面没有 {'、'.join(ABOUT)} 这几列", f"it has no columns {', '.join(ABOUT)}"),
            Text(
                "要的是预演网页下载的 CSV，或 dry-run --xlsx 写的工作簿；隐藏的列不要删",
                "give the CSV of a dry run's page, or the workbook of dry-run --xlsx with its hidden columns",
            ),
        )
    return File(received, unread)


_NO_STEP = Text("没有写是哪个步骤", "it does not say which step")


class _Row(NamedTuple):
    """`given`: what stands in the columns that are known, by what they are for; `more`: what a reviewer added; `whole`:
    all of it."""

    where: Text
    whole: str
    given: Mapping[str, str]
    more: Sequence[str]


def _row(line: Line, head: Line) -> _Row:
    names, titles = _named(head), [title.strip() for title in head.cells]
    given: dict[str, str] = {}
    more: list[str] = []
    for n, cell in enumerate(line.cells):
        name = names[n] if n < len(names) else ""
        if name:
            given.setdefault(name, cell if name == "text" else cell.strip())
        elif cell.strip():
            title = titles[n] if n < len(titles) else ""
            more.append(f"{title}：{cell.strip()}" if title else cell.strip())
    whole = " ".join(filter(None, (cell.strip() for cell in (*line.cells, *line.notes))))
    return _Row(line.where, whole, given, (*more, *line.notes))


def _is_head(line: Line) -> bool:
    return set(ABOUT) <= set(_named(line))


def _named(line: Line) -> list[str]:
    """What each column is for; what stands in brackets in its title does not matter."""
    return [_TITLES.get(re.split("[（(]", cell.lstrip("\ufeff"))[0].strip().lower(), "") for cell in line.cells]


def _said(row: _Row, lang: str) -> Received | Unread | None:
    """None for a row in which nobody wrote."""
    hash, step, slot, word, comment, author, arm = (row.given.get(name, "") for name in COLUMNS)
    if not step:
        return Unread(row.where, row.whole, _NO_STEP) if row.whole else None
    said = [comment, *row.more]
    decision = _WORDS.get(word.lower())
    if _written_over(row.given):
        said.append(Text("文字改成：", "the text is to be:").get(lang) + "\n" + row.given["text"].strip())
        decision = "change" if decision == "" else decision
    comment = "\n".join(filter(None, said))
    if decision is None:
        known = Text("、".join(w.zh for w in DECISIONS.values()), ", ".join(w.en for w in DECISIONS.values()))
        why = Text(f"结论写的是“{word}”，要写 {known.zh}", f"the decision is none of {known.en}")
        return Unread(row.where, " ".join(filter(None, (word, comment))), why)
    if not (decision or comment):
        return None
    return Received(row.where, Comment(hash, step, slot, decision, comment, author, arm))


def _written_over(given: Mapping[str, str]) -> bool:
    return bool(given.get(SAID)) and "text" in given and digest(given["text"]) != given[SAID]

"""Several mistakes in one file: each is told once, on the line to look at, and the rest of the file is read."""

from __future__ import annotations

from typing import Any

import pytest

from sopengine.diagnostics import Diagnostic, Findings
from sopengine.language.document import Document
from sopengine.language.reading.reader import read


def reading(text: str) -> tuple[Document | None, list[Diagnostic]]:
    findings = Findings()
    return read(text.encode(), "book.yaml", findings), list(findings)


SYNTAX: list[tuple[str, str, int, int, Any]] = [
    ('title: "夏日\nnote: "x"\nc: 1\n', "SOP-Y102", 1, 8, {"title": "夏日", "note": "x", "c": 1}),
    ("title: '夏日\nc: 1\n", "SOP-Y102", 1, 8, {"title": "夏日", "c": 1}),
    ("at: [10:00, 20:30\nb: 2\n", "SOP-Y102", 1, 5, {"at": ["10:00", "20:30"], "b": 2}),
    ("q: {from: 22:00\nb: 2\n", "SOP-Y102", 1, 4, {"q": {"from": "22:00"}, "b": 2}),
    ("a: {b: 1}}\nc: 2\n", "SOP-Y102", 1, 10, {"a": {"b": 1}, "c": 2}),
    ("a: ]\nc: 2\n", "SOP-Y102", 1, 4, {"c": 2}),
    ("a:\n   b: 1\n  c: 2\nd: 1\n", "SOP-Y102", 2, 4, {"a": {"b": 1, "c": 2}, "d": 1}),
    ("s:\n  - id: a\n     on: tue\n    at: 1\n", "SOP-Y102", 3, 6, {"s": [{"id": "a", "on": "tue", "at": 1}]}),
    ("s:\n  - id: a\n   on: tue\n", "SOP-Y102", 3, 4, {"s": [{"id": "a", "on": "tue"}]}),
    ("a: 1\nb\nc: 2\n", "SOP-Y102", 2, 1, {"a": 1, "c": 2}),
    ("a: 1\n- b\nc: 2\n", "SOP-Y102", 2, 1, {"a": 1, "c": 2}),
    ("a: - b\nc: 2\n", "SOP-Y102", 1, 4, {"c": 2}),
    ("a: |你好\n x\nc: 2\n", "SOP-Y102", 1, 5, {"c": 2}),
    ('a: "\\q"\nc: 2\n', "SOP-Y102", 1, 5, {"c": 2}),
    ('a: "\\ud83d"\nc: 2\n', "SOP-Y110", 1, 7, {"c": 2}),
    ("a: !e!x 1\nc: 2\n", "SOP-Y114", 1, 4, {"c": 2}),
]


@pytest.mark.parametrize(("text", "code", "line", "col", "data"), SYNTAX)
def test_a_syntax_error_is_told_once_and_the_rest_is_read(text: str, code: str, line: int, col: int, data: Any) -> None:
    document, findings = reading(text)
    assert [(d.code, d.place.line, d.place.col) for d in findings if d.place] == [(code, line, col)]
    assert document is not None
    assert document.data == data


def test_what_was_lost_is_known() -> None:
    document, _ = reading('steps:\n  - id: a\n    at: "\\q"\n  - id: b\n')
    assert document is not None
    assert document.data == {"steps": [{"id": "a"}, {"id": "b"}]}
    assert document.broken == {("steps", 0)}


def test_a_lost_first_line_of_an_item_leaves_the_item_its_number() -> None:
    document, _ = reading('steps:\n  - id: "\\q"\n    at: 1\n  - id: b\n')
    assert document is not None
    assert document.data == {"steps": [{"at": 1}, {"id": "b"}]}
    assert ("steps", 0) in document.broken


def test_a_moved_line_keeps_its_own_columns() -> None:
    document, findings = reading("s:\n  - id: a\n     on: tue\n")
    assert document is not None
    assert document.place(("s", 0, "on")).col == 10
    assert findings[0].fix is not None
    assert [(e.place.line, e.place.col, e.place.end_col, e.text) for e in findings[0].fix.edits] == [(3, 1, 6, "    ")]


def test_ten_mistakes_in_one_file() -> None:
    text = """\
playbook: many
title：夏日
calendar: "CN
inputs:
\topening: {type: date}
messages:
  hello: {{ target.name }} 你好
  all: @所有人
  tag: #夏日# 来了
  hello: 又一次
weekly:
  steps:
    - {id: a, send: {text: 你好, 世界}}
    - id: b
       on: mon
    - id: c
      at: [10:00, 20:30
    - id: d
      when: "\\q"
"""
    document, findings = reading(text)
    assert [(d.code, d.place.line) for d in findings if d.place] == [
        ("SOP-Y104", 2),
        ("SOP-Y102", 3),
        ("SOP-Y107", 5),
        ("SOP-Y105", 7),
        ("SOP-Y106", 8),
        ("SOP-Y108", 9),
        ("SOP-Y103", 10),
        ("SOP-Y113", 13),
        ("SOP-Y102", 15),
        ("SOP-Y102", 17),
        ("SOP-Y102", 19),
    ]
    assert document is not None
    assert document.data["inputs"] == {"opening": {"type": "date"}}
    assert [step["id"] for step in document.data["weekly"]["steps"]] == ["a", "b", "c", "d"]
    assert document.broken == {("weekly", "steps", 3)}


def test_too_many_mistakes_end_in_one_line_that_says_so() -> None:
    text = "".join(f'k{n}: "\\q"\n' for n in range(60))
    _, findings = reading(text)
    assert [d.place.line for d in findings if d.place] == list(range(1, 22))
    assert "没有再读" in findings[-1].message.zh

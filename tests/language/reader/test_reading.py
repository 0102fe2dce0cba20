"""Bytes, scalars, keys, aliases and limits of the reader."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
import yaml

from sopengine.diagnostics import Diagnostic, Findings, Place
from sopengine.language.document import Document
from sopengine.language.reading import composer
from sopengine.language.reading.reader import read


def reading(data: str | bytes) -> tuple[Document | None, list[Diagnostic]]:
    findings = Findings()
    document = read(data if isinstance(data, bytes) else data.encode(), "book.yaml", findings)
    return document, list(findings)


def data_of(text: str) -> Any:
    document, findings = reading(text)
    assert findings == []
    assert document is not None
    return document.data


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("9:30", "9:30"),
        ("20:30", "20:30"),
        ("4:3", "4:3"),
        ("12:30:00", "12:30:00"),
        ("on", "on"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("y", "y"),
        ("012345", "012345"),
        ("0755", "0755"),
        ("+8613800138000", "+8613800138000"),
        ("2026-02-30", "2026-02-30"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1.", "1."),
        (".5", ".5"),
        ("=", "="),
        ("5" * 5000, "5" * 5000),
        ("１２", "１２"),
        ("0", 0),
        ("-7", -7),
        ("200000", 200000),
        ("1.10", Decimal("1.10")),
        ("-0.5", Decimal("-0.5")),
        ("true", True),
        ("False", False),
        ("NULL", None),
        ("~", None),
        ("", None),
        ("'true'", "true"),
        ('"12"', "12"),
        ("''", ""),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("!!float 1.5", Decimal("1.5")),
    ],
)
def test_core_words_and_plain_numbers_alone_are_not_text(written: str, value: Any) -> None:
    data = data_of(f"a: {written}\n")
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


def test_keys_are_their_source_text() -> None:
    assert data_of("on: 1\n012: 2\ntrue: 3\n9:30: 4\n1.50: 5\n周二: 6\n~: 7\n") == {
        "on": 1, "012": 2, "true": 3, "9:30": 4, "1.50": 5, "周二": 6, "~": 7,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["a: 1\nb: 2\na: 3\n", 'a: 1\nb: 2\n"a": 3\n', "周二: 1\nb: 2\n周二: {x: 1}\n", "a: 1\nb: 2\n'a': [1]\n"]
)
def test_a_duplicate_key_is_told_at_the_second_and_the_first_counts(text: str) -> None:
    document, findings = reading(text)
    assert [(d.code, d.place and d.place.line, d.place and d.place.col) for d in findings] == [("SOP-Y103", 3, 1)]
    assert "第 1 行" in findings[0].message.zh
    assert document is not None
    assert next(iter(document.data.values())) == 1
    assert all(len(path) <= 1 for path in document.spots)


def test_every_key_and_value_has_its_place() -> None:
    document, _ = reading("播: 1\nb:\n  - {k: \"v\", n: [1]}\n  - |\n    one\n    two\n\nc: 'q'\n")
    assert document is not None
    spots = {path: (spot.key and spot.key.col, spot.value, spot.style) for path, spot in document.spots.items()}
    assert spots[("播",)] == (1, Place("book.yaml", 1, 4, 1, 5), "")
    assert spots[("b",)] == (1, Place("book.yaml", 3, 3, 6, 8), "")
    assert spots[("b", 0, "k")] == (6, Place("book.yaml", 3, 9, 3, 12), '"')
    assert spots[("b", 0, "n", 0)] == (None, Place("book.yaml", 3, 18, 3, 19), "")
    assert spots[("b", 1)] == (None, Place("book.yaml", 4, 5, 6, 8), "|")
    assert spots[("c",)] == (1, Place("book.yaml", 8, 4, 8, 7), "'")
    assert document.inside(("b", 1), 2, 1).col == 5


@pytest.mark.parametrize(
    ("text", "line", "col"),
    [
        ("a: 一 二\n  三 x四\n", 2, 5),
        ("a: >\n  一 二\n  三\n\n  x四\n", 5, 3),
        ("a: >-\n  一\n    x二\n", 3, 5),
        ('a: "一 二\n   三 x四"\n', 2, 6),
        ("a: '一\n\n  x四'\n", 3, 3),
        ("a: |\n  一\n  三x四\n", 3, 4),
        ('a: "一\\n二\n  x四"\n', 1, 4),  # escapes: the value as a whole
    ],
)
def test_a_place_inside_a_text_over_several_lines(text: str, line: int, col: int) -> None:
    document, findings = reading(text)
    assert findings == []
    assert document is not None
    rows = document.data["a"].split("\n")
    number = next(n for n, row in enumerate(rows) if "x" in row)
    place = document.inside(("a",), number + 1, rows[number].index("x") + 1, 1)
    assert (place.line, place.col) == (line, col)


def test_aliases_and_merges_are_copies_with_the_places_of_their_source() -> None:
    document, findings = reading("a: &x {k: 1, l: {m: 2}}\nb: *x\nc:\n  <<: [*x, {z: 9, k: 8}]\n  l: 3\n")
    assert findings == []
    assert document is not None
    assert document.data == {"a": {"k": 1, "l": {"m": 2}}, "b": {"k": 1, "l": {"m": 2}}, "c": {"l": 3, "k": 1, "z": 9}}
    assert document.data["a"]["l"] is not document.data["b"]["l"]
    assert document.place(("b",)) == Place("book.yaml", 2, 4, 2, 6)
    assert document.place(("b", "l", "m")) == document.place(("a", "l", "m"))
    assert document.place(("c", "k")).line == 1


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        ("标题: 夏日会员节\n".encode("gb18030"), "SOP-Y101", 1),
        ("# ok\ntitle: 夏日会员节，欢迎光临\n".encode("gbk"), "SOP-Y101", 2),
        ("title: 會員節歡迎光臨，請進\n".encode("big5"), "SOP-Y101", 1),
        ("title: 夏日\n".encode("utf-16"), "SOP-Y101", 1),
        ("title: ok\nnote: x\n".encode("utf-16-le"), "SOP-Y101", 1),
        ("title: 夏日会员节\nb: ".encode() + b"\xff\n", "SOP-Y101", 2),
        (b"", "SOP-Y115", 1),
        (b"\xef\xbb\xbf\n  \n", "SOP-Y115", 1),
        (b"# only a comment\n", "SOP-Y115", 1),
        (b"---\n", "SOP-Y115", 1),
        (b"- a\n- b\n", "SOP-Y111", 1),
        (b"hello\n", "SOP-Y111", 1),
        (b"a: 1\n" * 300_000, "SOP-Y109", 1),
        (b"a: 1\n" * 30_000, "SOP-Y109", 1),
    ],
)
def test_what_cannot_be_read_at_all_is_one_finding(data: bytes, code: str, line: int) -> None:
    document, findings = reading(data)
    assert document is None
    assert [(d.code, d.place and d.place.line) for d in findings] == [(code, line)]


@pytest.mark.parametrize(("encoding", "name"), [("gb18030", "GB18030"), ("big5", "Big5"), ("utf-16", "UTF-16")])
def test_the_conversion_command_is_named(encoding: str, name: str) -> None:
    _, findings = reading("title: 歡迎光臨會員節請進來喝茶\n".encode(encoding))
    assert findings[0].help is not None
    assert f"iconv -f {name} -t UTF-8 book.yaml" in findings[0].help.zh


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_line_ends_change_nothing(ending: str) -> None:
    text = "\ufeffa: 1\nb: |\n  x\n  y\nc: 2\n".replace("\n", ending)
    document, findings = reading(text)
    assert findings == []
    assert document is not None
    assert document.data == {"a": 1, "b": "x\ny\n", "c": 2}
    assert document.place(("c",)).line == 5


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\ufeff", "\uffff"])
def test_control_characters_are_found_where_they_stand(char: str) -> None:
    document, findings = reading(f"a: 1\nb: x{char}y\nc: 3\n")
    assert [(d.code, d.place) for d in findings] == [("SOP-Y110", Place("book.yaml", 2, 5, 2, 6))]
    assert document is not None
    assert document.data["c"] == 3
    assert char not in findings[0].message.zh


@pytest.mark.parametrize("escape", ["\\0", "\\e", "\\x9b", "\\u0000", "\\U0000001b", "\\N", "\\L", "\\r", "\\u2029"])
def test_control_characters_written_as_escapes_are_found(escape: str) -> None:
    document, findings = reading(f'a: "\\n\\\\ok{escape}z"\n')
    assert [(d.code, d.place and d.place.col, d.place and d.place.end_col) for d in findings] == [
        ("SOP-Y110", 11, 11 + len(escape))
    ]
    assert document is not None
    assert document.data == {"a": "\n\\okz"}


@pytest.mark.parametrize(
    ("text", "code", "line", "col"),
    [
        ("a: 1\n---\nb: 2\n", "SOP-Y112", 2, 1),
        ("a: !!binary aa\n", "SOP-Y114", 1, 4),
        ("a: !!timestamp foo\n", "SOP-Y114", 1, 4),
        ("a: !!bool maybe\n", "SOP-Y114", 1, 4),
        ("a: !!python/object:os.system [x]\n", "SOP-Y114", 1, 4),
        ("!!set\na: 1\n", "SOP-Y114", 1, 1),
        ("? [a]\n: b\nc: 1\n", "SOP-Y102", 1, 3),
        ("<<: 1\nc: 1\n", "SOP-Y102", 1, 1),
        ("c: &a [*a]\n", "SOP-Y109", 1, 8),
    ],
)
def test_yaml_that_playbooks_do_not_take(text: str, code: str, line: int, col: int) -> None:
    _, findings = reading(text)
    assert [(d.code, d.place and d.place.line, d.place and d.place.col) for d in findings] == [(code, line, col)]


NINE = range(1, 9)
BOMBS = {
    "aliases": "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in NINE),
    "merges": "m0: &m0 {k: {l: 1}}\n"
    + "".join(f"m{i}: &m{i} {{x{i}: {{<<: *m{i - 1}}}, y{i}: {{<<: *m{i - 1}}}}}\n" for i in range(1, 30)),
    "merge lists": "m0: &m0 {k: 1}\n"
    + "".join(f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}], k{i}: 1}}\n" for i in range(1, 30)),
    "brackets": "a: " + "[" * 100_000,
    "braces": "{a: " * 100_000,
    "dashes": "- " * 100_000,
    "questions": "? " * 100_000,
    "steps": "".join(" " * n + "a:\n" for n in range(1000)),
    "values": "a: [" + "x, " * 100_000 + "]",
    "lost keys": "a: {" + "b, " * 100_000 + "}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_in_one_finding_soon(name: str) -> None:
    began = time.process_time()
    document, findings = reading(BOMBS[name])
    assert time.process_time() - began < 2
    assert document is None
    assert [d.code for d in findings][-1:] == ["SOP-Y109"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_depth_is_safe_without_libyaml(opening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composer, "EventParser", yaml.BaseLoader)
    document, findings = reading(opening * 20_000)
    assert document is None
    assert [d.code for d in findings] == ["SOP-Y109"]


def test_fifty_levels_are_taken() -> None:
    assert reading("a: " + "[" * 49 + "]" * 49)[0] is not None
    assert reading("a: " + "[" * 50 + "]" * 50)[0] is not None
    assert reading("a: " + "[" * 51 + "]" * 51)[0] is None


def test_three_hundred_lines_are_read_in_a_blink() -> None:
    text = "steps:\n" + "".join(
        f"  - id: step-{n}\n    on: day {n}\n    at: 10:00\n    to: groups\n    send: hello\n" for n in range(60)
    )
    best = 1.0
    for _ in range(5):
        began = time.process_time()
        read(text.encode(), "book.yaml", Findings())
        best = min(best, time.process_time() - began)
    assert best < 0.012

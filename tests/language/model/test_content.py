"""Messages whose texts come from a table: its columns, its rows, and what each row's text may hold."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from sopengine.diagnostics import Place, Text
from sopengine.language.content import ContentRow, ContentTable
from sopengine.language.load import Loaded
from sopengine.language.reading.sheet import Cell
from tests.language.model.support import BASE, load_text
from tests.support.workbooks import workbook

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20


def book(
    table: str = "t.csv", where: str = "{day: slot.day, beat: step.id}", steps: tuple[str, ...] = ("on-air",)
) -> str:
    text = BASE.replace("messages:\n", f"messages:\n  beat: {{table: {table}, where: {where}}}\n")
    text = text.replace(
        "        at: live - 30m\n        to: groups\n        send: teaser\n",
        "        at: live - 30m\n        to: groups\n        send: beat\n",
    )
    for step in steps:
        if step != "on-air":
            text += f"      - {{id: {step}, on: daily, at: 20:00, to: groups, send: beat}}\n"
    return text


def told(loaded: Loaded) -> list[str]:
    return [
        f"{d.place.file}:{d.place.line}:{d.place.col} {d.code} {d.message.en}" for d in loaded.diagnostics if d.place
    ]


def csv(*lines: str) -> dict[str, bytes]:
    return {"t.csv": "\n".join(lines).encode()}


GOOD = csv("day,beat,text", "8,on-air,今天 {{ target.name }} 开播")


def test_a_good_table_has_no_findings() -> None:
    loaded = load_text(book(), GOOD)
    assert told(loaded) == []
    assert loaded.playbook is not None
    table = loaded.playbook.messages["beat"].table
    assert table is not None
    assert dict(table.where) == {"day": "slot.day", "beat": "step.id"}
    assert [row.text.text for row in table.find((8, "on-air"))] == ["今天 {{ target.name }} 开播"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["day,beat,note", "8,on-air,好"], "t.csv:1:1 SOP-R314 The table has no column of texts (`text` or `文案`)"),
        (
            ["days,beat,text", "8,on-air,好"],
            "base.yaml:12:32 SOP-R314 The table t.csv has no column “day”; did you mean “days”?",
        ),
        (["day,beat,text", "8,on-air,好", "9,on-air,"], "t.csv:3:10 SOP-T404 “text” in line 3 is empty"),
        (
            ["day,beat,text", "8,on-air,好", ",on-air,好"],
            "t.csv:3:1 SOP-S213 “day” in line 3 is empty: nothing says where this row is used",
        ),
        (
            ["day,beat,text", "8,on-air,好", "8,on-air,又好"],
            "t.csv:3:1 SOP-S214 “day” in line 3: row 2 already is the row of day = 8, beat = on-air",
        ),
        (
            ["day,beat,text", "8,on-air,好", "7,onair,好"],
            "t.csv:3:3 SOP-D612 “beat” in line 3: no step onair sends this message; did you mean on-air?",
        ),
        (
            ["day,beat,text", "8,on-air,好", "周二,on-air,好"],
            "t.csv:3:1 SOP-D612 “day” in line 3: 周二 is no number, so it never equals slot.day",
        ),
        (
            ["day,beat,text", '8,on-air,"第一行\n{{ target.nmae }}"'],
            "t.csv:3:11 SOP-R305 “text” in line 2: There is no `target.nmae`; did you mean `target.name`?",
        ),
        (
            ["day,beat,text", "8,on-air,{{ target.name"],
            "t.csv:2:20 SOP-T401 “text” in line 2: {{ is never closed by }}",
        ),
        (
            ["day,beat,text,format", "8,on-air,好,html"],
            "t.csv:2:12 SOP-S203 “format” in line 2 cannot be html",
        ),
        (["day,beat,text,图片", "8,on-air,好,a.png"], "t.csv:2:12 SOP-R308 There is no file a.png"),
    ],
)
def test_what_is_wrong_with_a_table(lines: list[str], expected: str) -> None:
    found = told(load_text(book(), csv(*lines)))
    assert len(found) == 1, found
    assert found[0].startswith(expected), found


def test_a_column_that_the_where_lacks_is_one_finding_there_and_none_for_each_row() -> None:
    rows = [f"{day},{beat},好" for day in (8, 9, 10) for beat in ("on-air", "night")]
    [found] = load_text(book(where="{day: slot.day}"), csv("day,beat,text", *rows)).diagnostics
    assert (found.code, found.place and found.place.line) == ("SOP-S214", 12)
    assert found.message.en == "By day alone, 3 rows of t.csv are like one before: row 3 is like row 2"
    assert found.help is not None
    assert found.help.en == "Add `beat` to `where`, with what it has to be"


def test_where_no_column_tells_them_apart_each_row_is_told_of() -> None:
    found = told(load_text(book(), csv("day,beat,text", "8,on-air,一", "8,on-air,二", "8,on-air,三")))
    assert [line.split()[1] for line in found] == ["SOP-S214", "SOP-S214"]


def test_words_of_a_table_are_read_like_all_others() -> None:
    found = told(
        load_text(
            book(),
            csv("day,beat,text", "8,on-air,今天好好喝水吧", "9,on-air,6月18日（周五）见", "10,on-air,今天好好喝水吧"),
        )
    )
    assert [line.split(" ")[:2] for line in found] == [["t.csv:3:10", "SOP-W523"], ["t.csv:4:11", "SOP-W526"]]


def test_a_workbook_names_its_cells() -> None:
    data = workbook(["day", "beat", "文案"], [8, "on-air", "好 {{ input.brand }}"])
    (found,) = load_text(book("t.xlsx"), {"t.xlsx": data}).diagnostics
    assert found.message.zh.startswith("单元格 C2（文案）：没有 `input.brand`")
    assert found.place is not None
    assert (found.place.file, found.place.line) == ("t.xlsx", 2)


def test_a_step_without_a_row_is_named() -> None:
    found = told(load_text(book(steps=("on-air", "evening")), GOOD))
    assert found == ["base.yaml:35:63 SOP-D610 t.csv has no row for step evening"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("none.csv", "base.yaml:12:17 SOP-R308 There is no file none.csv"),
        ("notes.txt", "base.yaml:12:17 SOP-S213 notes.txt is neither .csv nor .xlsx"),
    ],
)
def test_a_table_that_is_not_there(table: str, expected: str) -> None:
    assert told(load_text(book(table), {"notes.txt": b"x"})) == [expected]


def test_the_values_of_where_are_checked_like_conditions() -> None:
    found = told(load_text(book(where="{day: slot.daay, beat: 上午}"), GOOD))
    assert [line.split(" ", 1)[1] for line in found] == [
        "SOP-R305 There is no `slot.daay`; did you mean `slot.day`?",
        "SOP-R305 There is no `上午`",
    ]
    assert told(load_text(book(where="{day: slot.day + 1, beat: \"'on-air'\"}"), GOOD)) == []
    assert told(load_text(book(where="{day: 8, beat: step.id}"), GOOD)) == []


def test_names_used_only_in_a_table_are_used() -> None:
    text = book().replace("inputs:\n", "inputs:\n  brand: {type: text, default: 茶铺}\n")
    assert told(load_text(text, csv("day,beat,text", "8,on-air,{{ input.brand }}开播"))) == []


def test_what_a_row_says_of_its_own() -> None:
    lines = csv("day,beat,文案,格式,提醒,图片", "8,on-air,好,markdown,所有人、wang,a.png", "9,on-air,也好,,,")
    loaded = load_text(book(), {**lines, "a.png": PNG})
    assert told(loaded) == []
    assert loaded.playbook is not None
    table = loaded.playbook.messages["beat"].table
    assert table is not None
    assert [(row.format, row.image, row.mention) for row in table.rows] == [
        ("markdown", "a.png", ("all", "wang")),
        ("", "", ()),
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, "SOP-R308 There is no file a.png"),
        (PNG + b"x" * (2 << 20), "SOP-Y109 The image a.png is larger than 2 MiB"),
        (b"<svg/>", "SOP-S215 a.png is no PNG, JPEG or GIF image"),
        (PNG, ""),
    ],
)
def test_an_image_is_looked_at(data: bytes | None, expected: str) -> None:
    text = BASE.replace('"{{ target.name }}，六月见。"', "\n    text: 好\n    image: a.png")
    found = told(load_text(text, {} if data is None else {"a.png": data}))
    assert found == ([f"base.yaml:14:12 {expected}"] if expected else [])


def table(*keys: str) -> ContentTable:
    def cell(text: str) -> Cell:
        return Cell(text, Text("", ""), Place("t", 1, 1, 1, 1))

    rows = tuple(ContentRow(n, (cell(key),), cell(f"text {key}")) for n, key in enumerate(keys, 1))
    return ContentTable("t", {"k": "slot.day"}, rows)


@pytest.mark.parametrize(
    ("cell", "value", "equal"),
    [
        ("7", 7, True),
        ("07", 7, True),
        ("7.0", Decimal(7), True),
        ("7", "7", True),
        ("07", "7", False),
        ("0755", "0755", True),
        ("0755", "755", False),
        ("2026-06-18", date(2026, 6, 18), True),
        ("2026/6/18", date(2026, 6, 18), True),
        ("2026-06-31", date(2026, 6, 30), False),
        ("9:30", time(9, 30), True),
        ("09：30", time(9, 30, 12), True),
        ("2026-06-18 09:30", datetime(2026, 6, 18, 9, 30, tzinfo=timezone(timedelta(hours=8))), True),
        ("true", True, True),
        ("是", True, True),
        ("1", True, False),
        ("", None, False),
        ("7", None, False),
        ("7", [7], False),
    ],
)
def test_what_equals_a_cell(cell: str, value: Any, *, equal: bool) -> None:
    assert bool(table("other", cell).find((value,))) is equal


def test_two_rows_of_one_number_are_both_found() -> None:
    assert [row.number for row in table("7", "8", "07").find((7,))] == [1, 3]

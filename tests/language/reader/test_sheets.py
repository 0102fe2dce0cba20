"""Tables of texts: what a cell holds, as text, and where it stands."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import load_workbook

from sopengine.diagnostics import Findings
from sopengine.language.reading.sheet import ROWS, SIZE, Sheet, read_sheet, sheet_text
from tests.support.workbooks import workbook


def read(data: bytes, file: str = "a.csv") -> tuple[Sheet | None, list[str]]:
    findings = Findings()
    sheet = read_sheet(data, file, findings)
    told = [f"{d.place.line}:{d.place.col} {d.code} {d.message.en}" for d in findings if d.place]
    return sheet, told


def texts(sheet: Sheet | None) -> list[dict[str, str]]:
    assert sheet is not None
    return [{name: cell.text for name, cell in row.cells.items()} for row in sheet.rows]


def test_csv_keeps_every_sign() -> None:
    data = 'day,code,文案\r\n1,0755,"第一行，\n第二行 ""引号"""\n\n2, 13800138000 ,短\n'.encode("utf-8-sig")
    sheet, told = read(data)
    assert told == []
    assert sheet is not None
    assert sheet.header == ("day", "code", "文案")
    assert texts(sheet) == [
        {"day": "1", "code": "0755", "文案": '第一行，\n第二行 "引号"'},
        {"day": "2", "code": " 13800138000 ", "文案": "短"},
    ]
    assert [row.number for row in sheet.rows] == [2, 5]
    assert sheet.rows[1].cells["code"].key == "13800138000"


def test_places_in_a_csv_are_those_of_the_file() -> None:
    sheet, _ = read('day,文案\n1,"头\n{{ x }} 尾"\n'.encode())
    assert sheet is not None
    cell = sheet.rows[0].cells["文案"]
    assert (cell.place.line, cell.place.col, cell.place.end_line) == (2, 4, 3)
    inside = cell.inside(2, 4, 1)
    assert sheet.text.split("\n")[inside.line - 1][inside.col - 1] == "x"
    first = cell.inside(1, 1, 1)
    assert sheet.text.split("\n")[first.line - 1][first.col - 1] == "头"
    assert cell.name.zh == "第 2 行的“文案”"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "1:1 SOP-S213 The table has no header row"),
        (b"a,b,a\n1,2,3\n", "1:5 SOP-S213 The column name “a” appears twice"),
        (b"a;b\n1;2\n", "1:1 SOP-S213 The columns are separated by ';'"),
        (b'a,b\n1,"x\n', "2:3 SOP-S213 From this cell on the table is not proper CSV"),
        (b'a,b\n1,"x"y\n', "2:4 SOP-S213 From this cell on the table is not proper CSV"),
        ("a,文案\n1,好,不好\n".encode(), "2:5 SOP-S213 This row has 3 cells, the header 2"),
        ("a,文案\n1,好\x07\n".encode(), "2:3 SOP-Y110 “文案” in line 2 holds the control character U+0007"),
        ("a,文案\n1,你好\n".encode("gb18030"), "1:3 SOP-Y101 The table is not UTF-8; it looks like GB18030 (line 1)"),
        (b"a" * (SIZE + 1), "1:1 SOP-Y109 The table a.csv is larger than 4 MiB"),
        (b"a,b\n" + b"1,2\n" * (ROWS + 1), f"{ROWS + 2}:1 SOP-S213 The table has more than {ROWS} rows"),
        (b"a,b\n1," + b"x" * 65537, "2:3 SOP-Y109 “b” in line 2 is longer than 65536 characters"),
    ],
)
def test_what_is_wrong_with_a_csv(data: bytes, told: str) -> None:
    assert read(data)[1] == [told]


def test_a_short_row_lacks_its_cells() -> None:
    sheet, told = read(b"a,b,c\n1\n")
    assert (told, texts(sheet)) == ([], [{"a": "1"}])


def test_a_workbook_is_read_as_it_is_seen() -> None:
    data = workbook(
        ["day", "beat", "文案", "phone", None],
        [1, "早", "你好\n{{ input.brand }}", 13800138000, "a note beside the table"],
        [7, "0755", "再见", 9.9, None],
        [date(2026, 6, 18), time(9, 30), "三", 30, None],
        [datetime(2026, 6, 18, 9, 30), True, "四", 1e21, None],
        formats={"A3": "0000", "D4": "0.00"},
    )
    sheet, told = read(data, "a.xlsx")
    assert told == []
    assert texts(sheet) == [
        {"day": "1", "beat": "早", "文案": "你好\n{{ input.brand }}", "phone": "13800138000"},
        {"day": "0007", "beat": "0755", "文案": "再见", "phone": "9.9"},
        {"day": "2026-06-18", "beat": "09:30", "文案": "三", "phone": "30.00"},
        {"day": "2026-06-18 09:30", "beat": "true", "文案": "四", "phone": "1000000000000000000000"},
    ]


def test_places_in_a_workbook_are_rows_and_the_columns_that_are_shown() -> None:
    data = workbook(["day", "文案"], [1, "头\n{{ x }} 尾"])
    sheet, _ = read(data, "a.xlsx")
    assert sheet is not None
    assert sheet.text == sheet_text(data, "a.xlsx")
    cell = sheet.rows[0].cells["文案"]
    assert cell.name.zh == "单元格 B2（文案）"
    inside = cell.inside(2, 4, 1)
    assert inside.line == sheet.rows[0].number == 2
    assert sheet.text.split("\n")[1][inside.col - 1] == "x"


def test_a_formula_needs_its_result() -> None:
    plain = workbook(["day", "文案", None], [1, '="你"&"好"', "=1+1"], [2, "#夏日# 来了", None])
    _, told = read(plain, "a.xlsx")
    assert told == ["2:5 SOP-S213 cell B2 (“文案”) is a formula whose result was not saved"]
    _, told = read(workbook(["day", "文案"], [3, "#REF!"], errors=["B2"]), "a.xlsx")
    assert told == ["2:5 SOP-S213 cell B2 (“文案”) holds the error #REF!"]


def test_a_formula_with_its_result_is_that_result() -> None:
    data = with_part(workbook(["day", "文案"], [1, "=A2"]), "<v></v>", "<v>42</v>", "<v />", "<v>42</v>")
    sheet, told = read(data, "a.xlsx")
    assert told == []
    assert texts(sheet) == [{"day": "1", "文案": "42"}]


def test_the_first_sheet_that_is_shown_is_read() -> None:
    book = load_workbook(io.BytesIO(workbook(["day"], [1])))
    book.active.sheet_state = "hidden"  # type: ignore[union-attr]
    book.create_sheet("texts").append(["文案"])
    book["texts"].append(["好"])
    packed = io.BytesIO()
    book.active = 1
    book.save(packed)
    sheet, _ = read(packed.getvalue(), "a.xlsx")
    assert texts(sheet) == [{"文案": "好"}]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"day,text\n", "This is no Excel workbook"),
        (b"\xd0\xcf\x11\xe0 old", "This is an old .xls, or a workbook with a password"),
        (workbook(["a"])[:-30], "This is no Excel workbook"),
        (workbook(), "The table has no header row"),
    ],
)
def test_what_is_no_workbook(data: bytes, told: str) -> None:
    sheet, found = read(data, "a.xlsx")
    assert sheet is None
    assert [line.split(" ", 2)[2] for line in found] == [told]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b" " * (65 << 20))
    _, told = read(packed.getvalue(), "a.xlsx")
    assert told == ["1:1 SOP-S213 The workbook is larger than 64 MiB when unpacked"]


def test_entities_are_not_expanded() -> None:
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "ha">{laughs}]><worksheet '
    data = with_part(workbook(["day"], [1]), "<worksheet ", bomb, "<v>1</v>", "<v>&e8;</v>")
    assert b"&e8;" in ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    sheet, told = read(data, "a.xlsx")
    assert sheet is None
    assert told == ["1:1 SOP-S213 It cannot be read (ValueError)"]


def with_part(data: bytes, *replacements: str) -> bytes:
    """The workbook with texts of its first sheet replaced, in pairs."""
    packed = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(packed, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                for before, after in zip(replacements[::2], replacements[1::2], strict=True):
                    content = content.replace(before, after)
            new.writestr(name, content)
    return packed.getvalue()

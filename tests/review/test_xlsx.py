"""The workbook of a dry run: its bytes, its cells as openpyxl reads them, and that no text in it is ever a formula."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless
from sopengine.review.model import DryRun, count
from sopengine.review.xlsx.book import workbook
from tests.review.festival import at, festival, item
from tests.review.golden_file import matches
from tests.review.hostile import TEXTS, hostile

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    " =1",
    "{=1}",
    "＝1+1",
    "\ufeff=1",
    '=HYPERLINK("http://a.example")',
    "http://a.example",
    "mailto:a@a.example",
    "internal:'Sheet'!A1",
    "0755",
    "13800138000",
    "1E5",
    "2026-06-18",
    "TRUE",
    "_x0041_",
    "#REF!",
)


def saying(*texts: str) -> DryRun:
    items = [item(f"s{n}", at(18, "10:00"), text, phase="peak") for n, text in enumerate(texts)]
    return festival(items=items, totals=count(items))


def made(run: DryRun, lang: str = "zh") -> bytes:
    return workbook(run, run.items, lang)


def read(run: DryRun, lang: str = "zh") -> Any:
    return openpyxl.load_workbook(io.BytesIO(made(run, lang)))


def rows(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def dumped(book: Any) -> Iterator[str]:
    """Everything in it that a reader sees, a cell a line."""
    for sheet in book:
        yield f"== {sheet.title}  {sheet.auto_filter.ref}  frozen {sheet.freeze_panes}"
        widths = {name: "hidden" if d.hidden else f"{d.width:g}" for name, d in sheet.column_dimensions.items()}
        yield f"   {widths}"
        for choice in sheet.data_validations.dataValidation:
            yield f"   {choice.sqref}: {choice.formula1}"
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    value = json.dumps(cell.value, ensure_ascii=False) if cell.data_type == "s" else str(cell.value)
                    yield f"{cell.coordinate} {cell.data_type} {cell.number_format}  {value}"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden(lang: str) -> None:
    assert matches(f"festival-{lang}.xlsx.txt", "\n".join(dumped(read(festival(), lang))))


def test_equal_plans_give_equal_bytes_whatever_the_machine() -> None:
    code = (
        "import sys; from tests.review.test_xlsx import festival, made; sys.stdout.buffer.write(made(festival(), 'zh'))"
    )

    def elsewhere(seed: str, zone: str) -> bytes:
        env = {"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed, "TZ": zone}
        return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env).stdout

    assert elsewhere("1", "Asia/Shanghai") == elsewhere("2", "America/New_York") == made(festival())


def test_no_part_of_it_is_dated_by_the_machine() -> None:
    with ZipFile(io.BytesIO(made(festival()))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-06-06T01:00:00Z</dcterms:created>" in parts.read("docProps/core.xml")
        assert b"2026-06-06T01:00:00Z</dcterms:modified>" in parts.read("docProps/core.xml")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_looks_like_a_formula_stays_text(lang: str) -> None:
    run = saying(*FORMULAS)
    data = made(run, lang)
    with ZipFile(io.BytesIO(data)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any("hyperlink" in name or "externalLink" in name for name in parts.namelist())
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    book = openpyxl.load_workbook(io.BytesIO(data))
    told = {cell.data_type for page in book for row in page.iter_rows() for cell in row if cell.value is not None}
    assert told == {"s", "n", "d"}
    for page, column in ((book.worksheets[0], 7), (book.worksheets[1], 5)):
        found = [page.cell(row, column) for row in range(2, 2 + len(FORMULAS))]
        assert [cell.value for cell in found] == [harmless(text) for text in FORMULAS]
        assert {(cell.data_type, cell.number_format) for cell in found} == {("s", "@")}


def test_hostile_names_and_texts_are_read_to_the_letter() -> None:
    book = read(hostile())
    shown = [row[6] for row in rows(book.worksheets[0])[1:]]
    assert shown[: len(TEXTS)] == [harmless(text).replace("\r", "\n") for text in TEXTS]
    assert {row[3] for row in rows(book.worksheets[0])[1:]} >= {harmless(text) for text in TEXTS}


def test_times_are_dates_in_the_campaigns_zone_with_the_local_one_beside() -> None:
    away = at(18, "10:00").astimezone(ZoneInfo("America/New_York"))
    items = [
        item("a", at(18, "10:00"), "早"),
        item("b", away, "早"),
        item("c", at(18, "10:00").replace(second=5), "早"),
    ]
    book = read(festival(items=items, totals=count(items)))
    first, second, third = rows(book.worksheets[0])[1:]
    assert [row[:2] for row in (first, second)] == [[datetime(2026, 6, 18, 10), "周四"]] * 2
    assert "当地 6月17日 周三 22:00 America/New_York" in second[10]
    assert first[10] is None
    assert third[0] == datetime(2026, 6, 18, 10, 0, 5)
    page = book.worksheets[0]
    assert [page.cell(n, 1).number_format for n in (2, 4)] == ["yyyy-mm-dd hh:mm", "yyyy-mm-dd hh:mm:ss"]
    assert page["A1"].value == "时间（Asia/Shanghai）"


def test_a_reviewer_chooses_from_a_list_and_the_keys_are_hidden_but_sorted_along() -> None:
    page = read(saying("早")).worksheets[0]
    (choice,) = page.data_validations.dataValidation
    assert choice.formula1 == '"通过,需改,驳回"'
    assert page["H1"].value == "结论"
    assert str(choice.sqref) == "H2"
    assert [page[f"{letter}2"].value for letter in "NOP"] == ["3f9a12c0d4e15566", "s0", at(18, "10:00").isoformat()]
    assert page.column_dimensions["N"].hidden
    assert page.auto_filter.ref == "A1:R2"
    assert {page[f"{letter}2"].number_format for letter in "HIJ"} == {"@"}


def test_what_changes_is_told_once() -> None:
    moved = {"planned_at": at(17, "10:00")}
    items = [
        item("a", at(18, "10:00"), "一", **moved),
        item("a", at(18, "10:00"), "二", target="西湖店", **moved),
        item("b", at(18, "10:00"), "三", state="skipped", reason=Text("没有任何对象", "nobody to reach")),
        item("c", at(18, "10:00"), "四"),
    ]
    changes = read(festival(items=items, totals=count(items))).worksheets[3]
    assert rows(changes)[1:] == [
        ["a", datetime(2026, 6, 17, 10), datetime(2026, 6, 18, 10), "改期", None],
        ["b", datetime(2026, 6, 18, 10), datetime(2026, 6, 18, 10), "跳过", "没有任何对象"],
    ]


def test_a_long_text_has_no_text_format_which_older_programs_cannot_show() -> None:
    page = read(saying("=" + "长" * 300)).worksheets[0]
    assert (page["G2"].data_type, page["G2"].number_format) == ("s", "General")


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    page = read(saying("😀" * 40_000), "en").worksheets[1]
    assert page["E2"].value.endswith("… (too long for a cell, see --show)")


def test_a_campaign_without_anything_planned_has_its_sheets() -> None:
    empty = festival(items=[], totals=count([]), diagnostics=(), next_command="")
    assert [len(rows(sheet)) for sheet in read(empty).worksheets[:4]] == [1, 1, 1, 1]

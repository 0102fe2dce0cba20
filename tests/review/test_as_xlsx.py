from __future__ import annotations

import io
from datetime import UTC, datetime

import openpyxl
import pytest

from sopengine.diagnostics import Place
from sopengine.review.as_xlsx import workbook
from sopengine.review.model import DryRun, Item, Totals

HOSTILE = ("=1+1", "+1", "-1", "@x", "\t=1", "{=1}", "http://a.example", "0755", "＝1+1", "_x0041_")
AT = datetime(2026, 10, 1, 9, tzinfo=UTC)


def planned(texts: tuple[str, ...]) -> DryRun:
    items = [
        Item(f"s{n}", "phases", "k", text, 1, "t", "c", "auto", text, Place("f", 1, 1, 1, 1), at=AT, planned_at=AT)
        for n, text in enumerate(texts)
    ]
    return DryRun(AT, "UTC", "c", "p", "=title", "h", {}, None, None, [], [], items, Totals())


def test_equal_plans_give_equal_bytes() -> None:
    run = planned(HOSTILE)
    assert workbook(run, run.items, "zh") == workbook(run, run.items, "zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_looks_like_a_formula_stays_text(lang: str) -> None:
    run = planned(HOSTILE)
    book = openpyxl.load_workbook(io.BytesIO(workbook(run, run.items, lang)))
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    texts = book.worksheets[1]
    assert [texts.cell(row, 3).value for row in range(2, 2 + len(HOSTILE))] == list(HOSTILE)


def test_a_reviewer_chooses_from_a_list_and_the_keys_are_hidden() -> None:
    run = planned(("早",))
    page = openpyxl.load_workbook(io.BytesIO(workbook(run, run.items, "zh"))).worksheets[0]
    (choice,) = page.data_validations.dataValidation
    assert choice.formula1 == '"通过,需改,驳回"'
    assert page["I1"].value == "结论"
    assert str(choice.sqref) == "I2"
    assert [page[f"{letter}2"].value for letter in "LMN"] == ["h", "s0", AT.isoformat()]
    assert page.column_dimensions["L"].hidden


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    run = planned(("😀" * 40_000,))
    page = openpyxl.load_workbook(io.BytesIO(workbook(run, run.items, "en"))).worksheets[1]
    assert page["C2"].value.endswith("… (too long for a cell, see --show)")

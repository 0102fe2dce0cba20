"""What could send a wrong message to customers: each is asked about or left, never guessed."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from jinja2 import Environment
from openpyxl import Workbook
from openpyxl.styles import Font

from sopengine.importing.imported import Imported, import_book
from tests.importing.test_no_loss import TODAY

HEAD = ["日期", "时间", "内容"]


def imported(*rows: list[Any], struck: str = "", errors: str = "", merged: str = "", hidden: str = "") -> Imported:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if struck:
        sheet[struck].font = Font(strike=True)
    if errors:
        sheet[errors].data_type = "e"
    if merged:
        sheet.merge_cells(merged)
    if hidden:
        sheet.column_dimensions[hidden].hidden = True
    out = io.BytesIO()
    book.save(out)
    return import_book(out.getvalue(), "plan.xlsx", "plan", "zh", TODAY)


def book_of(made: Imported) -> str:
    return made.files["plan.yaml"].decode()


def whys(made: Imported, kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for note in made.notes:
        if note.kind == kind:
            found[note.at] = found.get(note.at, "") + note.why.zh
    return found


def test_a_task_beside_a_text_is_not_sent() -> None:
    made = imported([*HEAD, "任务"], ["周一", "10:00", "早安", "核对库存"])
    assert "核对库存" not in made.files["content/plan.csv"].decode()
    assert 'task: "核对库存"' in book_of(made)


@pytest.mark.parametrize("how", [{"struck": "A3"}, {"errors": "A3"}])
def test_a_day_is_not_carried_into_a_row_whose_own_is_out(how: dict[str, str]) -> None:
    made = imported(HEAD, ["周一", "10:00", "早安"], ["#REF!" if "errors" in how else "周二", "12:00", "午安"], **how)
    assert made.steps == 1
    assert whys(made, "left")["C3"].startswith("没有写哪一天")


def test_a_carried_day_is_told() -> None:
    made = imported(HEAD, ["周一", "10:00", "早安"], [None, "12:00", "午安"])
    assert "沿用 A2" in whys(made, "assumed")["C3"]


def test_a_carried_day_does_not_bring_its_time() -> None:
    made = imported(["时间", "内容"], ["10月1日 20:00", "开始"], ["21:30", "还有半小时"], ["随后", "结束"])
    assert made.steps == 2
    assert "at: 21:30" in book_of(made)
    assert whys(made, "left")["B4"].startswith("“随后”读不成几点")


def test_a_cell_merged_over_times_goes_out_once() -> None:
    made = imported(["时间", "周一", "周二"], ["10:00", "早安", "你好"], ["12:00", None, "午安"], merged="B2:B3")
    assert book_of(made).count("on: mon") == 1
    assert "合并" in whys(made, "question")["B2"]


def test_a_hidden_column_of_days_leaves_the_texts() -> None:
    made = imported(
        [*HEAD, None, "时间", "周一", "周二"], ["周三", "9:00", "x", None, "10:00", "早安", "你好"], hidden="A"
    )
    assert made.steps == 2
    assert "A2" in whys(made, "left")
    assert "C2" in whys(made, "left")


@pytest.mark.parametrize(
    "text",
    ["{{ target.name }}，你好 {%", "{{{x}}}", "{}}", "{%", "a}}b", "{#", "{'{{'}", "100%}", "{昵称}", "｛昵称｝"],
)
def test_braces_go_out_as_written(text: str) -> None:
    made = imported(HEAD, ["周一", "10:00", text])
    (row,) = list(csv.reader(io.StringIO(made.files["content/plan.csv"].decode("utf-8-sig"))))[1:]
    assert Environment().from_string(row[1]).render() == text


def test_dates_without_a_year_stay_together_while_the_campaign_is_on() -> None:
    out = io.BytesIO()
    book = Workbook()
    assert book.active is not None
    for row in (HEAD, ["10.1", "9:00", "甲"], ["10.5", "9:00", "乙"]):
        book.active.append(row)
    book.save(out)
    text = book_of(import_book(out.getvalue(), "plan.xlsx", "plan", "zh", date(2026, 10, 3)))
    assert "on: 2026-10-01" in text
    assert "on: 2026-10-05" in text


def test_a_text_like_a_formula_is_no_formula_on_the_list() -> None:
    made = imported(HEAD, ["周一", "待定", "@所有人"], ["周一", "9:00", "早"])
    assert "'@所有人" in made.files["plan-import.csv"].decode()

"""Whatever stands in a sheet: no cell is lost, and the playbook is sound, or the refusal is honest."""

from __future__ import annotations

import io
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, event, given, settings
from openpyxl import Workbook

from sopengine.diagnostics import Severity
from sopengine.errors import Refused, SopError
from sopengine.importing.imported import import_book
from sopengine.language.load import load
from tests.importing.test_no_loss import TODAY, lost

HEADINGS = [
    "日期",
    "星期",
    "时间",
    "内容",
    "朋友圈文案",
    "任务",
    "群",
    "负责人",
    "阶段",
    "备注",
    "随便",
    "Time",
    "Text",
]
DAYS = [
    "10月1日",
    "10.1",
    "周一",
    "周六日",
    "D-3",
    "D+1",
    "第3天",
    "2026-10-01",
    "每天",
    "每月31日",
    "9月31日",
    "10/1(周五)",
]
TIMES = ["9:00", "20：00前", "晚8点", "11:30-13:00", "①10:00②20:00", "待定", "24:00", "00:30前", "25:00", "8点", "0.5"]
ODD = [
    "①a②b",
    "{{ x }}",
    "{% if %}",
    "{#",
    "{昵称}",
    "｛群名｝，%}",
    "#话题# 来了",
    '"引号"',
    "it's",
    "a: b",
    "- x",
    "\t缩进",
    "=1+1",
    "@all",
    "* 星",
    "%",
]
TEXTS = st.one_of(
    st.sampled_from([*ODD, "早安", "10:00 早安\n20:00 晚安", "昵称你好", "null", "true", "0755", "\\n"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=12),
)
CELL = st.one_of(
    st.none(), st.sampled_from(DAYS), st.sampled_from(TIMES), st.sampled_from(HEADINGS), TEXTS, st.integers(-3, 50_000)
)
MERGES = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2), st.integers(0, 2)), max_size=2)
ROW = st.lists(CELL, max_size=6)
LIKELY_DAY, LIKELY_TIME = st.sampled_from([*DAYS] * 3) | CELL, st.sampled_from(TIMES) | st.sampled_from(TIMES) | CELL
KNOWN = st.tuples(LIKELY_DAY, LIKELY_TIME, TEXTS, CELL, CELL).map(list)
IN_MATRIX = st.tuples(LIKELY_TIME, TEXTS | st.none(), TEXTS, TEXTS, CELL).map(list)
SURE, SURE_BY_WEEKDAY = ["周一", "9:00", "早安"], ["9:00", None, "早安"]
SHEETS = st.one_of(
    st.lists(ROW, max_size=7),
    st.lists(KNOWN, min_size=1, max_size=5).map(lambda rows: [["日期", "时间", "内容", "群", "备注"], *rows, SURE]),
    st.lists(IN_MATRIX, min_size=1, max_size=5).map(
        lambda rows: [["时间", "周一", "周二", "周三", "周日"], *rows, SURE_BY_WEEKDAY]
    ),
    st.tuples(st.lists(KNOWN, min_size=1, max_size=2), st.lists(ROW, max_size=4)).map(
        lambda both: [["阶段", "时间", "任务", "负责人"], *both[0], [], *both[1]]
    ),
)


def packed(rows: list[list[Any]], merges: list[tuple[int, int, int, int]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            if value is not None:
                cell = sheet.cell(number, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"
    covered: set[tuple[int, int]] = set()
    for row, column, down, right in merges:
        area = {(r, c) for r in range(row, row + down + 1) for c in range(column, column + right + 1)}
        if len(area) > 1 and not area & covered:
            covered |= area
            sheet.merge_cells(start_row=row, start_column=column, end_row=row + down, end_column=column + right)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(SHEETS, MERGES)
def test_no_cell_is_lost(rows: list[list[Any]], merges: list[tuple[int, int, int, int]]) -> None:
    data = packed(rows, merges)
    try:
        made = import_book(data, "plan.xlsx", "plan", "zh", TODAY)
    except Refused:
        raise  # it would have made a playbook with errors
    except SopError as refused:
        event("refused")
        told = refused.help
    else:
        event("imported")
        told = None
        assert lost(data, made, "plan") == []
        loaded = load(made.files["plan.yaml"], "plan.yaml", made.files.get)
        assert [found for found in loaded.diagnostics if found.severity is Severity.ERROR] == []
        return
    assert told is not None

"""What reviewers send back: a page's CSV, a workbook, and what spreadsheets make of both."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from openpyxl.comments import Comment as Pinned

from sopengine.review.comments.model import COLUMNS, Comment, digest
from sopengine.review.comments.received import File, read
from sopengine.review.comments.tables import Unreadable, tables_of
from sopengine.review.model import count
from sopengine.review.xlsx.book import workbook
from tests.review.festival import at, festival, item
from tests.review.test_xlsx import FORMULAS

HASH = "3f9a12c0d4e15566"
SLOT = "2026-06-18T10:00:00+08:00"
PAGE = (
    "\ufeffcampaign_hash,step,slot,decision,comment,author\r\n"
    f'{HASH},seckill,{SLOT},需改,"\'=太早了，\n改到六点",林岚\r\n'
    f'{HASH},hello,,通过,"他说""好""",\r\n'
)
SAID = [
    Comment(HASH, "seckill", SLOT, "change", "=太早了，\n改到六点", "林岚"),
    Comment(HASH, "hello", "", "approve", '他说"好"', ""),
]


def taken(data: bytes, lang: str = "zh") -> File:
    return read(tables_of(data), lang)


def said(data: bytes) -> list[Comment]:
    file = taken(data)
    assert not file.unread
    return [comment for _, comment in file.received]


def rows(*lines: tuple[str, ...], sign: str = ",", end: str = "\r\n") -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=sign, lineterminator=end).writerows(lines)
    return made.getvalue()


# --- CSV


def test_the_csv_of_a_page() -> None:
    assert said(PAGE.encode()) == SAID


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda text: text, "utf-8"),
        (lambda text: text.lstrip("\ufeff"), "utf-8"),
        (lambda text: text.lstrip("\ufeff").replace("\r\n", "\n"), "gb18030"),
        (lambda text: text, "utf-16"),
        (lambda text: "\r\n\r\n" + text.lstrip("\ufeff") + "\r\n,,,,,\r\n\r\n", "utf-8"),
    ],
    ids=["as it is", "no mark", "saved as GBK", "UTF-16", "blank rows"],
)
def test_what_programs_make_of_its_bytes(change: Callable[[str], str], encoding: str) -> None:
    assert said(change(PAGE).encode(encoding)) == SAID


def test_another_encoding_is_told() -> None:
    (table,) = tables_of(PAGE.lstrip("\ufeff").encode("gb18030"))
    assert table.told
    assert table.told.zh == "不是 UTF-8，按 GB18030 读的"


def test_several_files_put_one_behind_the_other() -> None:
    other = rows((COLUMNS[::-1]), ("", "周敏", "再短些", "需改", SLOT, "seckill", HASH))
    assert said((PAGE + other).encode()) == [*SAID, Comment(HASH, "seckill", SLOT, "change", "再短些", "周敏")]


@pytest.mark.parametrize("sign", [";", "\t", ","])
def test_other_separators_and_another_order_of_columns(sign: str) -> None:
    order = ("author", "Decision", "slot", "step", "评审备注", "campaign_hash", " Comment ")
    line = ("林岚", " 需改 ", SLOT, "seckill", "x", HASH, "长;了,点\t")
    assert said(rows(order, line, sign=sign).encode()) == [
        Comment(HASH, "seckill", SLOT, "change", "长;了,点\n评审备注：x", "林岚")
    ]


@pytest.mark.parametrize("word", ["reject", "Reject", "REJECT", "驳回", " 驳回"])
def test_a_decision_in_either_language(word: str) -> None:
    (one,) = said(rows(COLUMNS, (HASH, "a", SLOT, word, "", "")).encode())
    assert one.decision == "reject"


def test_what_nobody_reviewed_says_nothing() -> None:
    assert said(rows(COLUMNS, (HASH, "a", SLOT, "", " ", "林岚")).encode()) == []


def test_the_sign_before_a_formula_is_taken_away_and_no_other_one() -> None:
    written = [f"'{text}" if text.strip("\ufeff \t")[:1] in tuple("=+-@＝") else text for text in FORMULAS]
    written += ["''=1", "'引文'", "'"]
    lines = [(HASH, f"s{n}", SLOT, "需改", text, "", "") for n, text in enumerate(written)]
    meant = [*FORMULAS, "'=1", "'引文'", "'"]
    assert [one.comment for one in said(rows(COLUMNS, *lines).encode())] == [text.strip() for text in meant]


def test_what_cannot_be_taken_is_told_with_its_place_and_words() -> None:
    lines = (
        (HASH, "a", SLOT, "可以", "就这样", ""),
        (HASH, "b", SLOT, "通过", "两\n行", ""),
        ("", "", "", "", "总体不错", ""),
    )
    file = taken(rows(COLUMNS, *lines).encode())
    assert [one.step for _, one in file.received] == ["b"]
    assert [(one.where.zh, one.words, one.why.zh) for one in file.unread] == [
        ("第 2 行", "可以 就这样", "结论写的是“可以”，要写 通过、需改、驳回"),
        ("第 5 行", "总体不错", "没有写是哪个步骤"),
    ]


def test_a_row_short_of_cells_still_says_what_it_says() -> None:
    (one,) = said(f"{','.join(COLUMNS)}\n{HASH},a,{SLOT},需改\n".encode())
    assert one == Comment(HASH, "a", SLOT, "change", "", "")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "campaign_hash"),
        (b"step,comment\na,b\n", "campaign_hash"),
        (b"\xff\xff\xff\xffstep", "UTF-8"),
        (f'{",".join(COLUMNS)}\n{HASH},a,{SLOT},需改,"没有合上'.encode() + b'"x",', "CSV"),
        (b"\xd0\xcf\x11\xe0" + bytes(512), ".xls"),
        (b"PK\x03\x04 broken", "Excel"),
    ],
    ids=["empty", "no keys", "no encoding", "no csv", "old xls", "no workbook"],
)
def test_a_file_of_which_nothing_can_be_read(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as told:
        taken(data)
    assert why in told.value.why.zh
    assert told.value.help.zh


# --- Excel


def book_of(*texts: str, lang: str = "zh") -> Any:
    items = [item(f"s{n}", at(18, "10:00"), text, phase="peak") for n, text in enumerate(texts)]
    run = festival(items=items, totals=count(items))
    return openpyxl.load_workbook(io.BytesIO(workbook(run, items, lang)))


def saved(book: Any) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_workbook_that_nobody_wrote_in_says_nothing() -> None:
    assert said(saved(book_of(*FORMULAS, "两\n行\r\n", "尾 \n\n"))) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_chosen_and_written_beside_a_text(lang: str) -> None:
    book = book_of("早", "晚", lang=lang)
    sheet = book.worksheets[0]
    sheet["H2"], sheet["I2"], sheet["J2"] = {"zh": "需改", "en": "Change"}[lang], "改成\n晚上好", "林岚"
    sheet["I3"] = 5
    assert said(saved(book)) == [
        Comment(HASH, "s0", SLOT, "change", "改成\n晚上好", "林岚"),
        Comment(HASH, "s1", SLOT, "", "5", ""),
    ]


def test_what_was_typed_comes_back_even_where_a_spreadsheet_takes_it_for_a_formula() -> None:
    book = book_of(*"一二三四五六七八九十")
    for row, text in enumerate(FORMULAS[:10], 2):
        book.worksheets[0].cell(row, 9, text)
    assert [one.comment for one in said(saved(book))] == [text.strip() for text in FORMULAS[:10]]


def test_sheets_and_columns_in_another_order_and_rows_moved_added_and_deleted() -> None:
    book = book_of("一", "二", "三", "四")
    sheet = book.worksheets[0]
    sheet["I2"], sheet["I3"], sheet["I4"], sheet["I5"] = "甲", "乙", "丙", "丁"
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    moved = book.create_sheet("整理过的")
    moved.append(["会议记录"])
    for line in (lines[0], [], lines[4], lines[2], lines[1]):
        moved.append(line[::-1])
    book.remove(sheet)
    assert [(one.step, one.comment) for one in said(saved(book))] == [("s3", "丁"), ("s1", "乙"), ("s0", "甲")]


def test_what_a_reviewer_wrote_elsewhere_is_not_lost() -> None:
    book = book_of("一", "二")
    sheet = book.worksheets[0]
    sheet["S1"], sheet["S2"], sheet["T3"] = "法务", "可以", "看过"
    sheet["C9"], sheet["H1"] = "整体偏长", "结论（必填）"
    sheet["H3"] = "通过"
    book.worksheets[1]["A2"].comment = Pinned("这条谁写的？", "王")
    file = taken(saved(book))
    assert [(one.step, one.decision, one.comment) for _, one in file.received] == [
        ("s0", "", "法务：可以"),
        ("s1", "approve", "看过"),
    ]
    assert [(one.where.zh, one.words) for one in file.unread] == [
        ("日程 第 9 行", "整体偏长"),
        ("文字 第 2 行", "这条谁写的？"),
    ]


def test_one_comment_for_several_rows_and_what_is_pinned_to_a_cell() -> None:
    book = book_of("一", "二", "三")
    sheet = book.worksheets[0]
    sheet["I2"], sheet["H2"] = "两条一起改", "需改"
    sheet.merge_cells("I2:I3")
    sheet["D4"].comment = Pinned("这一步谁做？", "王")
    thread = "[Threaded comment]\n\nYour version of Excel allows you to read this.\n\nComment:\n    谁负责？"
    sheet["G4"].comment = Pinned(thread, "tc={1}")
    assert [(one.step, one.decision, one.comment) for one in said(saved(book))] == [
        ("s0", "change", "两条一起改"),
        ("s1", "", "两条一起改"),
        ("s2", "", "这一步谁做？\n谁负责？"),
    ]


def test_a_cell_set_far_away_costs_no_time_and_is_read() -> None:
    book = book_of("一", "二")
    book.worksheets[0]["XFD2"] = "在这里"
    book.worksheets[0]["B1048576"] = "到底了"
    file = taken(saved(book))
    assert [(one.step, one.comment) for _, one in file.received] == [("s0", "在这里")]
    assert [(one.where.zh, one.words) for one in file.unread] == [("日程 第 1048576 行", "到底了")]


def test_cells_merged_over_a_whole_sheet_are_refused() -> None:
    data = saved(book_of("一"))
    made = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as parts, ZipFile(made, "w", ZIP_DEFLATED) as other:
        for name in parts.namelist():
            merged = b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
            other.writestr(name, parts.read(name).replace(b"</sheetData>", merged))
    with pytest.raises(Unreadable, match="merged cells cover"):
        taken(made.getvalue())


def test_a_text_that_was_written_over_is_a_change_that_is_asked_for() -> None:
    book = book_of("早上好", "晚上好", "夜里好")
    sheet = book.worksheets[0]
    sheet["G2"] = "早"
    sheet["H3"], sheet["G3"] = "驳回", "晚"
    assert [(one.step, one.decision, one.comment) for one in said(saved(book))] == [
        ("s0", "change", "文字改成：\n早"),
        ("s1", "reject", "文字改成：\n晚"),
    ]


def test_a_digest_minds_what_is_said_and_not_how_lines_end() -> None:
    assert digest("a\r\nb \n") == digest("a\nb") == digest("a\rb")
    assert digest("a b") != digest("a  b")


def test_a_workbook_without_its_hidden_columns_is_refused_as_a_whole() -> None:
    book = book_of("早")
    book.worksheets[0].delete_cols(14, 5)
    with pytest.raises(Unreadable, match="campaign_hash"):
        taken(saved(book))

"""A dry run goes out as a workbook, is filled in, and comes back: through openpyxl, and by command through LibreOffice.

Nothing that somebody wrote is lost or changed, and no text is ever a formula.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sopengine.cli.main import run
from sopengine.review.columns import harmless
from tests.review.hostile import TEXTS
from tests.review.test_xlsx import FORMULAS

BOOK = """\
playbook: trip
title: 往返
timezone: Asia/Shanghai
audiences: {{groups: {{source: groups, sample: {{name: 样例群}}}}}}
phases:
  only:
    from: 2026-06-01
    until: 2026-07-01
    steps:
{steps}
welcome:
  steps:
    - {{id: hello, after: 10s, to: target, send: {{text: 欢迎}}}}
"""
SAID = [harmless(text).strip() for text in (*FORMULAS, *TEXTS)]
WORDS = ("通过", "需改", "驳回", "")
CODES = dict(zip(WORDS, ("approve", "change", "reject", ""), strict=True))
soffice = shutil.which("soffice")
with_libreoffice = pytest.mark.skipif(soffice is None, reason="LibreOffice is not installed")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A playbook each of whose steps says one of the hostile texts, on two days."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOPENGINE_LANG", "zh")
    lines = []
    for n, text in enumerate(SAID):
        message = json.dumps("{% raw %}" + text + "{% endraw %}", ensure_ascii=False)
        lines.append(f"      - {{id: s{n}, on: [day 2, day 3], at: 10:00, to: groups, send: {{text: {message}}}}}")
    (tmp_path / "trip.yaml").write_text(BOOK.format(steps="\n".join(lines)), "utf-8")
    assert run(["dry-run", "trip.yaml", "--now", "2026-05-01T09:00", "--xlsx", "plan.xlsx"]) in (
        0,
        1,
    )  # texts are findings
    return tmp_path


Key = tuple[str, str]


def filled_in(source: str, target: str) -> dict[Key, tuple[str, str, str]]:
    """Each row gets a decision, a comment and a name; what was written by step and slot."""
    book = openpyxl.load_workbook(source)
    sheet = book.worksheets[0]
    at = {cell.value: cell.column for cell in sheet[1]}
    wrote = {}
    for n, row in enumerate(range(2, sheet.max_row + 1)):
        word, text, who = WORDS[n % 4], SAID[n % len(SAID)], ("林岚", "", "=Mo")[n % 3]
        for title, value in (("结论", word), ("意见", text), ("审阅人", who)):
            cell = sheet.cell(row, at[title])
            cell.value = value or None
            if value:
                cell.data_type = "s"  # as a spreadsheet keeps what is typed into a cell of the format “text”
        key = (str(sheet.cell(row, at["step"]).value), str(sheet.cell(row, at["slot"]).value or ""))
        wrote[key] = (CODES[word], text, who)
    book.save(target)
    return wrote


def imported(file: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["comments", "import", "trip.yaml", file, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["not_imported"] == []
    comments: list[dict[str, Any]] = document["comments"]
    return comments


def read(comments: list[dict[str, Any]]) -> dict[Key, tuple[str, str, str]]:
    return {(one["step"], one["slot"]): (one["decision"], one["comment"], one["author"]) for one in comments}


def converted(file: str, form: str, folder: Path) -> Path:
    home = (folder / "profile").as_uri()
    assert soffice is not None
    words = [soffice, f"-env:UserInstallation={home}", "--headless", "--convert-to", form, "--outdir", "out", file]
    subprocess.run(words, check=True, capture_output=True, timeout=120)
    (made,) = (folder / "out").glob("*")
    return made


def cells(path: str | Path) -> Iterator[Any]:
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            yield from row


def test_comments_come_back_to_their_steps_through_openpyxl(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrote = filled_in("plan.xlsx", "reviewed.xlsx")
    comments = imported("reviewed.xlsx", capsys)
    assert len(wrote) == 2 * len(SAID) + 1
    assert read(comments) == wrote
    assert all(one["current"] for one in comments)
    lines = Path("trip.yaml").read_text("utf-8").splitlines()
    assert all(f"{{id: {one['step']}, " in lines[one["source"]["line"] - 1] for one in comments)
    assert run(["dry-run", "trip.yaml", "--now", "2026-05-01T09:00", "--xlsx", "second.xlsx"]) in (0, 1)
    shown = "\n".join(str(cell.value) for cell in openpyxl.load_workbook("second.xlsx").worksheets[0]["K"])
    assert shown.count("林岚：") == len([who for _, _, who in wrote.values() if who == "林岚"])


@with_libreoffice
def test_a_workbook_that_libreoffice_saved_again_says_the_same(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrote = filled_in("plan.xlsx", "reviewed.xlsx")
    saved = converted("reviewed.xlsx", "xlsx", here)
    assert read(imported(str(saved), capsys)) == wrote
    before, after = ({(c.coordinate, c.parent.title): c for c in cells(file)} for file in ("reviewed.xlsx", saved))
    assert not any(cell.data_type == "f" for cell in after.values())
    texts = {key: cell.value for key, cell in before.items() if cell.data_type == "s" and cell.value}
    assert {key: after[key].value for key in texts} == texts
    times = {key: cell.value for key, cell in before.items() if cell.data_type == "d"}
    assert times
    assert {key: after[key].value for key in times} == times
    sheet = openpyxl.load_workbook(saved).worksheets[0]
    assert [choice.formula1 for choice in sheet.data_validations.dataValidation] == ['"通过,需改,驳回"']


@with_libreoffice
def test_a_sheet_that_libreoffice_saved_as_csv_says_the_same(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrote = filled_in("plan.xlsx", "reviewed.xlsx")
    semicolons = "csv:Text - txt - csv (StarCalc):59,34,76,1"
    saved = converted("reviewed.xlsx", semicolons, here)
    assert b";" in saved.read_bytes().splitlines()[0]
    assert read(imported(str(saved), capsys)) == wrote

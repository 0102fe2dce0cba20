"""Every cell of a sheet is in the playbook, in its content table or on the list: the workbook is read here again, by
other means than the importer's."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from sopengine.importing.imported import Imported, import_book
from sopengine.language.load import load
from tests.importing.odd_sheets import BOOKS, picture

TODAY = date(2026, 9, 1)


def cells_of(data: bytes) -> Iterator[tuple[str, str, Any]]:
    for sheet in load_workbook(io.BytesIO(data), data_only=True).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None and str(cell.value).strip():
                    yield sheet.title, cell.coordinate, cell.value


def squeezed(text: str) -> str:
    """Without what splitting and folding take away: spaces, folds, circled numbers, and the mark of a literal brace."""
    bare = re.sub(r"[\s⏎①-⑳]", "", re.sub(r"\{\{ '\\[xu](\w+)' \}\}", _sign, text))
    return (
        "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cf", "Zl", "Zp") else c for c in bare)
        .replace("\\u200d", "\u200d")
        .replace("\\u200c", "\u200c")
    )


def _sign(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


def shown(value: Any) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d}"
        case time():
            return f"{value:%H:%M}"
    return str(value)


def lost(data: bytes, made: Imported, name: str) -> list[str]:
    playbook = made.files[f"{name}.yaml"].decode()
    table = made.files.get(f"content/{name}.csv", b"").decode("utf-8-sig")
    notes = list(csv.reader(io.StringIO(made.files[f"{name}-import.csv"].decode("utf-8-sig"))))[1:]
    words = squeezed(playbook + "".join(cell for row in csv.reader(io.StringIO(table)) for cell in row))
    listed = {(row[1], row[2]): squeezed(re.sub("^'(?=[=+@-])", "", row[3])) for row in notes}
    told = squeezed("".join(row[4] for row in notes))
    missing = []
    for sheet, at, value in cells_of(data):
        text = squeezed(shown(value))
        pieces = [squeezed(piece) for piece in re.split("[①-⑳\n]", shown(value))]
        in_book = bool(re.search(rf"(?<![A-Z]){at}(?![0-9])", playbook)) and all(
            _found(piece, words) for piece in pieces
        )
        if not in_book and listed.get((sheet, at)) != text and f"{at}{text}" not in told:
            missing.append(f"{sheet}!{at} {value}")
    return missing


def _found(piece: str, words: str) -> bool:
    """A line that begins with its own time may stand without it: the time is in the comment."""
    return piece in words or re.sub(r"^\d{1,2}[:：]\d{2}", "", piece) in words


@pytest.mark.parametrize("name", BOOKS)
def test_every_cell_is_somewhere(name: str) -> None:
    data = BOOKS[name]()
    made = import_book(data, f"{name}.xlsx", name, "zh", TODAY)
    assert lost(data, made, name) == []
    assert len(list(cells_of(data))) > 20


@pytest.mark.parametrize("name", BOOKS)
def test_the_playbook_is_sound(name: str) -> None:
    made = import_book(BOOKS[name](), f"{name}.xlsx", name, "zh", TODAY)
    loaded = load(made.files[f"{name}.yaml"], f"{name}.yaml", made.files.get)
    assert [found.code for found in loaded.diagnostics] == []


def test_a_cell_taken_away_would_be_seen() -> None:
    """The test itself can fail: without its line on the list, and without its comment, a cell counts as lost."""
    data = BOOKS["listed"]()
    made = import_book(data, "listed.xlsx", "listed", "zh", TODAY)
    for name, words in (("listed-import.csv", "值班"), ("content/listed.csv", "假期不打烊")):
        files = {**made.files, name: made.files[name].replace(words.encode(), b"")}
        assert lost(data, Imported(files, made.notes, made.steps, made.texts), "listed") != []


def test_pictures_and_comments_are_kept() -> None:
    made = import_book(BOOKS["listed"](), "listed.xlsx", "listed", "zh", TODAY)
    assert made.files["assets/listed-d0928-0900.png"] == picture(200)
    assert made.files["assets/listed-picture-1.png"] == picture(10)
    assert "assets/listed-d0928-0900.png" in made.files["content/listed.csv"].decode()
    assert "# 批注 D3：海报周五给" in made.files["listed.yaml"].decode()
    told = made.files["listed-import.csv"].decode()
    assert "谁来定？" in told
    assert "记得 @所有人" in told
    with ZipFile(io.BytesIO(BOOKS["listed"]())) as parts:
        assert sum(name.startswith("xl/media/") for name in parts.namelist()) == 2

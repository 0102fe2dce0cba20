"""The three odd sheets as an operator gets them. SOPENGINE_GOLDEN=write renews the files; read the difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.importing.imported import import_book
from tests.importing.odd_sheets import BOOKS
from tests.importing.test_no_loss import TODAY
from tests.review.golden_file import WRITE

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", BOOKS)
def test_files(name: str, lang: str) -> None:
    made = import_book(BOOKS[name](), f"{name}.xlsx", name, lang, TODAY)
    texts = {file: data.decode() for file, data in made.files.items() if not file.startswith("assets/")}
    shown = "\n".join(f"=== {file}\n{text}" for file, text in texts.items())
    golden = GOLDEN / f"{name}.{lang}.txt"
    if WRITE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(shown.encode())
    assert shown.encode() == golden.read_bytes()

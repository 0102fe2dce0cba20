"""Excel workbooks for tests, made cell by cell."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook


def workbook(*rows: Sequence[Any], formats: dict[str, str] | None = None, errors: Sequence[str] = ()) -> bytes:
    """`formats`: number formats by cell; `errors`: cells whose text is one of Excel's error values."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    for cell in errors:
        sheet[cell].data_type = "e"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()

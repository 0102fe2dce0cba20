"""A dry run in, the bytes of its Excel workbook out: schedule, texts, warnings, changes, overview; a reviewer chooses a
decision and writes beside each message, `comments import` reads it back.

Equal inputs give equal bytes: the workbook is dated by `as_of`. A text is written as text, so what looks like a formula
or an address stays one; cells to write in are formatted as text for the same reason.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from xlsxwriter import Workbook

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless
from sopengine.review.comments.model import DECISIONS, Decision, digest
from sopengine.review.comments.placing import time_of
from sopengine.review.model import DryRun, Item
from sopengine.review.xlsx.columns import CHANGES, KEYS, OVERVIEW, REST, REVIEW, SCHEDULE, TEXTS, TIME, WARNINGS
from sopengine.review.xlsx.rows import changes, overview, scheduled, texts, warnings
from sopengine.review.xlsx.sheets import Sheets, in_cell

_TINTS: dict[Decision, str] = {"approve": "#E2F0D9", "change": "#FFF2CC", "reject": "#F8CBAD"}


def workbook(run: DryRun, items: Sequence[Item], lang: str) -> bytes:
    """`items` are those to be listed; `lang` is zh or en."""
    made = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with Workbook(made, settings) as book:
        created = run.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": harmless(run.title), "created": created})
        sheets = Sheets(book, lang)
        _schedule(sheets, run, items, lang)
        sheets.add(Text("文字", "Texts"), TEXTS, texts(run, items, lang))
        sheets.add(Text("留意", "Warnings"), WARNINGS, warnings(run, lang))
        sheets.add(Text("变动", "Changes"), CHANGES, changes(run, items, lang))
        sheets.add(Text("概要", "Overview"), OVERVIEW, overview(run, lang))
    return made.getvalue()


def _schedule(sheets: Sheets, run: DryRun, items: Sequence[Item], lang: str) -> None:
    """The columns to write in stand beside the text; what a row is about in hidden ones, which are sorted along."""
    zone = Text(f"时间（{run.timezone}）", f"Time ({run.timezone})")
    columns = [(zone, TIME[1]), *SCHEDULE[1:], *REVIEW, *REST, *((Text(name, name), 0) for name in KEYS)]
    first = len(SCHEDULE)
    rows = []
    for item in items:
        row = scheduled(run, item, lang)
        about = (run.hash, item.id, time_of(item), item.arm)
        rows.append(
            [
                *row[:first],
                *[""] * len(REVIEW),
                *row[first:],
                *about,
                digest(in_cell(item.text, lang)),
            ]
        )
    page = sheets.add(Text("日程", "Schedule"), columns, rows)
    page.set_column(len(columns) - len(KEYS), len(columns) - 1, None, None, {"hidden": True})
    if rows:
        words = {code: word.get(lang) for code, word in DECISIONS.items()}
        choices: dict[str, Any] = {"validate": "list", "source": list(words.values())}
        page.data_validation(1, first, len(rows), first, choices)
        for code, word in words.items():
            tint = sheets.book.add_format({"bg_color": _TINTS[code]})
            page.conditional_format(
                1, first, len(rows), first, {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": tint}
            )

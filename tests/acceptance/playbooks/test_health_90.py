"""Ninety days: every group counts from its own first day, and says the table's row of that day."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.playbooks.support import Book, Item, When, each, local, whens

NOW, UNTIL = "2026-05-28T09:00", "2026-10-15T00:00"
WEEKS = range(7, 85, 7)


@pytest.fixture
def book(cli: Cli, workspace: Path) -> Book:
    return Book(cli, workspace, "health-90", NOW, UNTIL)


def starts(book: Book) -> dict[str, date]:
    return {row["id"]: date.fromisoformat(row["starts"]) for row in book.rows("health-groups")}


def of_group(group: str, first: date) -> set[When]:

    def on(number: int) -> date:
        return first + timedelta(days=number - 1)

    every = range(1, 91)
    return {
        *each("hello", (group,), local(on(1), "07:00")),
        *each("morning", (group,), *(local(on(n), "07:20") for n in every)),
        *each("evening", (group,), *(local(on(n), "20:40") for n in every)),
        *each("week", (group,), *(local(on(n), "12:10") for n in WEEKS)),
        *each("measure", (group,), *(local(on(n), "09:00") for n in (1, 30, 60, 90))),
        *each("finish", (group,), local(on(91), "10:00")),
        *each("review", (group,), local(on(93), "10:00")),
        *each("after", (group,), local(on(98), "10:00")),
    }


def text_of(rows: dict[tuple[int, str], str], item: Item, first: date) -> str:
    number = (item.at.date() - first).days + 1
    return rows[number, item.step].replace("{{ campaign.day }}", str(number))


def test_every_group_has_its_own_ninety_days_and_each_day_its_row(book: Book) -> None:
    first = starts(book)
    items = book.dated()
    assert whens(items) == set().union(*(of_group(group, day) for group, day in first.items()))
    assert len(items) == 5 * (1 + 180 + 12 + 4 + 3)
    with (book.workspace / "playbooks/content/90days.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(int(row["day"]), row["beat"]): row["文案"] for row in csv.DictReader(file)}
    assert len(rows) == 180
    beats = [item for item in items if item.step in ("morning", "evening")]
    assert [item.text for item in beats] == [text_of(rows, item, first[item.target]) for item in beats]
    weeks = [item for item in items if item.step == "week"]
    assert len({(item.target, item.text) for item in weeks}) == 5 * 12
    assert {item.text[:4] for item in weeks if item.at.date() - first[item.target] == timedelta(days=13)} == {
        "两个星期"
    }


def test_the_engine_does_what_was_shown(book: Book) -> None:
    """Two groups that begin together and one later: a thousand messages, each on the disk first, take long."""
    path = book.workspace / "data/health-groups.csv"
    head, *rows = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text(head + "".join(row for row in rows if row[:4] in ("h-02", "h-03", "h-05")), "utf-8")
    assert [day.isoformat() for day in starts(book).values()] == ["2026-06-08", "2026-06-08", "2026-07-01"]
    shown = book.dated()
    assert len(shown) == 3 * (1 + 180 + 12 + 4 + 3)
    book.start()
    (book.workspace / "playbooks/content/90days.csv").unlink()
    book.run(NOW, UNTIL)
    assert book.done() == shown


def test_a_day_left_out_of_the_table_is_named_before_the_start(book: Book) -> None:
    table = book.workspace / "playbooks/content/90days.csv"
    lines = table.read_text("utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("45,evening"))
    table.write_text("\n".join(lines[:at] + lines[at + 2 :]), "utf-8")
    refused = book.cli("start", book.path, "--now", NOW, "--yes")
    assert refused.code == 1
    assert "has no row of day = 45, beat = evening" in refused.err
    assert "2026-07-15 20:40" in refused.err  # of the group that begins on 1 June

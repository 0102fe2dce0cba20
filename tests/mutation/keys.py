"""Spoils keys: one edit to their name, lost, written twice, at another level."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.mutation.book import Book, Entry
from tests.mutation.mutant import Mutant, one_edit, replaced, spoil


def renamed(book: Book, dice: Random) -> Iterator[Mutant]:
    for entry in book.entries:
        written = entry.key
        if not written.isascii() or len(written) < 2 or "." in written or " " in written:
            continue
        own = book.own_name(entry.path)
        siblings = {*book.value(entry.path[:-1]), *((book.schema(entry.path[:-1]) or {}).get("properties", ()))}
        name = one_edit(written, dice, siblings)
        rows = replaced(book.rows, entry.place, name)
        legal = ""
        if own:
            legal = book.unread(entry.path)
        words = (written,) if own else ()
        yield spoil(book, "key renamed", rows, entry.place.line, words=words, meant=written, legal=legal)


def removed(book: Book, dice: Random) -> Iterator[Mutant]:
    for entry in book.entries:
        rows = without(book, entry)
        if rows is None:
            continue
        gone = len(book.rows) - len(rows)
        around = book.document.place(entry.path[:-1])
        first = min(around.line, entry.place.line)
        above = book.document.place(entry.path[:-1], of_key=True).line
        schema = book.schema(entry.path[:-1]) or {}
        own = book.own_name(entry.path)
        value = book.value(entry.path)
        names = book.names_in(entry.path) if own or isinstance(value, dict) else set()
        names |= book.declared_in(entry.path)  # what it led to or used may now be out of reach, or unused
        if len(entry.path) > 1 and book.own_name(entry.path[:-1]):
            names.add(str(entry.path[-2]))  # who uses the thing may not get along with what is left of it
        legal = "" if entry.key in schema.get("required", ()) else f"`{entry.key}` may be left out"
        if own:
            legal = f"`{entry.key}` is the author's own, and nothing else mentions what it held"
        yield spoil(
            book,
            "key removed",
            rows,
            min(entry.place.line, len(rows)),
            was=entry.place.line,
            words=names,
            right={above, *range(first, around.end_line - gone + 1)},
            meant=entry.key if entry.key in schema.get("required", ()) else "",
            legal=legal,
        )


def doubled(book: Book, dice: Random) -> Iterator[Mutant]:
    for entry in book.entries:
        key, value = entry.place, entry.spot.value
        if entry.flow:
            if key.line != value.end_line:
                continue
            row = book.rows[key.line - 1]
            end = value.end_col - 1
            written = row[key.col - 1 : end]
            rows = [*book.rows[: key.line - 1], f"{row[:end]}, {written}{row[end:]}", *book.rows[key.line :]]
            yield spoil(book, "key doubled", rows, key.line, meant="")
            continue
        block = [book.rows[n - 1] for n in entry.lines]
        copy = [" " * (key.col - 1) + block[0][key.col - 1 :], *block[1:]]
        rows = [*book.rows[: value.end_line], *copy, *book.rows[value.end_line :]]
        yield spoil(book, "key doubled", rows, value.end_line + 1, was=key.line)


def moved(book: Book, dice: Random) -> Iterator[Mutant]:
    """Out to the level above, or in beneath the entry before: as an editor's Tab and Shift-Tab do."""
    for entry in book.entries:
        rows = book.rows
        around = book.document.place(entry.path[:-1], of_key=True)
        if entry.flow:
            yield from _moved_out_of_braces(book, entry)
            continue
        if entry.dashed:
            continue
        by = dice.choice([-2, 2])
        if entry.place.col - 1 + by < 0 or (by == 2 and entry.path[:-1] == () and entry.place.line <= 5):
            by = -by
        if entry.place.col == 1 and by < 0:
            continue
        block = [
            (" " * by + row if by > 0 else row[-by:]) if row.strip() else row
            for row in (rows[n - 1] for n in entry.lines)
        ]
        spoilt = [*rows[: entry.place.line - 1], *block, *rows[entry.spot.value.end_line :]]
        parent = book.document.place(entry.path[:-1])
        yield spoil(
            book,
            "key moved a level",
            spoilt,
            entry.place.line,
            right={around.line, parent.line, *entry.lines},  # the mapping it leaves may lack it
            words=book.names_in(entry.path)
            if book.own_name(entry.path) or isinstance(book.value(entry.path), dict)
            else (),
            meant=f"{entry.key}` by {entry.place.col - 1} spaces",
            legal=f"`{entry.key}` may stand at this level too",
        )


def _moved_out_of_braces(book: Book, entry: Entry) -> Iterator[Mutant]:
    parent = next((e for e in book.entries if e.path == entry.path[:-1]), None)
    rows = without(book, entry)
    if parent is None or not parent.flow or rows is None or entry.place.line != parent.spot.value.end_line:
        return
    line = entry.place.line
    row = book.rows[line - 1]
    written = row[entry.place.col - 1 : entry.spot.value.end_col - 1]
    end = parent.spot.value.end_col - 1 - (len(row) - len(rows[line - 1]))
    spoilt = [*rows]
    spoilt[line - 1] = f"{rows[line - 1][:end]}, {written}{rows[line - 1][end:]}"
    yield spoil(book, "key moved a level", spoilt, line, legal=f"`{entry.key}` may stand at this level too")


def without(book: Book, entry: Entry) -> list[str] | None:
    """The rows without the entry; None where its going would leave no mapping at all."""
    siblings = [e for e in book.entries if e.path[:-1] == entry.path[:-1]]
    if len(siblings) == 1:
        return None
    key, value = entry.place, entry.spot.value
    rows = [*book.rows]
    if entry.flow:
        if key.line != value.end_line:
            return None
        row = rows[key.line - 1]
        start, end = key.col - 1, value.end_col - 1
        if row[end:].startswith(","):
            end += len(row[end:]) - len(row[end + 1 :].lstrip())
        else:
            start -= len(row[:start]) - len(row[:start].rstrip().removesuffix(","))
        rows[key.line - 1] = row[:start] + row[end:]
        return rows
    if entry.dashed:
        follower = next(e for e in siblings if e is not entry)
        head = rows[key.line - 1][: key.col - 1]
        row = rows[follower.place.line - 1]
        rows[follower.place.line - 1] = head + row[len(head) :]
    del rows[key.line - 1 : value.end_line]
    return rows

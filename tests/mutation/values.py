"""Spoils values: of a wrong type, names that do not exist, dates and times that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

from sopengine.diagnostics import Path
from tests.mutation.book import WORD, Book, Entry
from tests.mutation.mutant import Mutant, one_edit, replaced, spoil

_WRONG = {
    "string": ["12", "true", "[x, y]", "{a: 1}"],
    "array": ["7", "true", "{a: 1}", "x"],
    "object": ["7", "true", "[x, y]", "x"],
    "integer": ["[1]", "{a: 1}", "many"],
    "number": ["[1]", "{a: 1}", "many"],
    "boolean": ["12", "[true]", "maybe"],
}
_KINDS = {"[": "array", "{": "object", "1": "integer", "7": "integer", "t": "boolean"}
_TEXTS = ("title", "task", "say", "note", "point", "text", "person")
"""Keys that take any text: a number there was meant as one."""
_TIMES = ("on", "at", "after", "from", "until", "except", "hours", "due", "remind", "late_ok", "useful_until", "gap")
_TIMES += ("again", "for", "check", "collect", "spread", "default", "window")
_DATE = re.compile(r"\b\d{4}-(\d\d)-(\d\d)\b")
_CLOCK = re.compile(r"(?<![\d:])(\d\d?):(\d\d)(?![\d:])")
_DAY = re.compile(r"\b(day |monthly |lunar \d+-)-?(\d+)\b")
_EVENT = re.compile(r"^[a-z][\w-]*\.[\w-]+$")
_DOTTED = re.compile(r"\b(input|target|event|metric|goal|ask|step|slot|campaign|member|person)\.([A-Za-z_]\w*)")


def wrong_type(book: Book, dice: Random) -> Iterator[Mutant]:
    for entry in book.entries:
        schema = book.schema(entry.path)
        types = (schema or {}).get("type")
        kinds = [types] if isinstance(types, str) else list(types or ())
        if not kinds:
            continue
        wrong = [w for w in _WRONG[kinds[0]] if not _fits(_KINDS.get(w[0], "string"), kinds)]
        if not wrong:
            continue
        written = dice.choice(wrong)
        value = entry.spot.value
        if value.line != entry.place.line or not book.rows[value.line - 1][entry.place.end_col :].strip():
            rows = [*book.rows[: entry.place.line - 1], *book.rows[value.end_line :]]
            row = book.rows[entry.place.line - 1]
            rows.insert(entry.place.line - 1, f"{row[: entry.place.end_col]} {written}")
        else:
            rows = replaced(book.rows, value, written)
        gone = book.names_in(entry.path) if isinstance(book.value(entry.path), dict) else ()
        plain = entry.key in _TEXTS or entry.path[:1] == ("messages",)
        quoted = f'"{written}"' if written in ("12", "true") and plain and kinds[0] == "string" else ""
        yield spoil(book, "value of a wrong type", rows, entry.place.line, words=gone, meant=quoted)


def _fits(kind: str, kinds: list[str]) -> bool:
    return kind in kinds or (kind == "integer" and "number" in kinds)


def broken_reference(book: Book, dice: Random) -> Iterator[Mutant]:
    """Names of messages, receivers, steps, inputs, audiences, columns, wherever a value or a text mentions them."""
    data = book.document.data
    declared = {name for part in ("messages", "audiences", "roles", "inputs", "scripts") for name in data.get(part, ())}
    declared |= {str(book.value(path)) for path in book.document.spots if path and path[-1] == "id"}
    for path, text in _texts(book):
        key = next((k for k in reversed(path) if isinstance(k, str)), "")
        if key in ("id", "was") or (path and path[-1] == "id"):
            continue
        if text in declared and key in ("send", "to", "of", "about", "script", "go", "then", "timeout", "start"):
            yield from _misspelt(book, dice, "broken reference", path, text, text, declared)
        elif key in _TIMES:
            for word in set(WORD.findall(text)) & declared & _bare_words(text):
                yield from _misspelt(book, dice, "broken reference", path, text, word, declared)
        else:
            for root, word in sorted(set(_DOTTED.findall(text))):
                if root not in ("event", "metric") and _is_code(key, text):
                    yield from _misspelt(book, dice, "broken reference", path, text, word, declared, before=f"{root}.")


def misspelt_event_or_metric(book: Book, dice: Random) -> Iterator[Mutant]:
    for path, text in _texts(book):
        key = next((k for k in reversed(path) if isinstance(k, str)), "")
        if key in ("on_event", "event", "wait", "confirm", "count", "key") and _EVENT.match(text):
            yield from _misspelt(book, dice, "misspelt event or metric", path, text, text.rpartition(".")[2], (), ".")
        elif key == "metric":
            yield from _misspelt(book, dice, "misspelt event or metric", path, text, text, ())
        elif _is_code(key, text) or key in _TIMES:
            for root, word in sorted(set(_DOTTED.findall(text))):
                if root in ("event", "metric"):
                    yield from _misspelt(book, dice, "misspelt event or metric", path, text, word, (), f"{root}.")
            for event in re.findall(r"'([a-z]+\.[a-z_]+)'", text):
                word = event.rpartition(".")[2]
                yield from _misspelt(book, dice, "misspelt event or metric", path, text, word, (), ".")


def _bare_words(text: str) -> set[str]:
    """Words that stand for themselves: neither a column (`target.opens`) nor inside quotes."""
    return set(re.findall(r"(?<![\w.'-])[A-Za-z_][\w-]*(?![\w.'-])", text))


def _is_code(key: str, text: str) -> bool:
    return key in ("if", "when", "where", "stop_if", "key", "by") or "{{" in text or "{%" in text


def _misspelt(
    book: Book, dice: Random, operator: str, path: Path, text: str, word: str, taken: Any, before: str = ""
) -> Iterator[Mutant]:
    """The first mention of `word` (after `before`) in the value at `path`, with one edit; now and then another word."""
    if len(word) < 3:
        return
    other = dice.random() < 0.2
    wrong = "zzqx" if other else one_edit(word, dice, taken)
    value = book.document.place(path)
    sought = re.compile(
        rf"(?<![\w-]){re.escape(before + word)}(?![\w-])" if before != "." else rf"\.{re.escape(word)}\b"
    )
    for number in range(value.line, value.end_line + 1):
        row = book.rows[number - 1]
        start = value.col - 1 if number == value.line else 0
        found = sought.search(row, start)
        if found:
            at = found.end() - len(word)
            rows = [*book.rows]
            rows[number - 1] = row[:at] + wrong + row[found.end() :]
            yield spoil(book, operator, rows, number, meant="" if other else word)
            return


def impossible_time(book: Book, dice: Random) -> Iterator[Mutant]:
    for path, _text in _texts(book):
        key = next((k for k in reversed(path) if isinstance(k, str)), "")
        if key not in _TIMES:
            continue
        value = book.document.place(path)
        row = book.rows[value.line - 1]
        for pattern, make in ((_DATE, _no_date), (_CLOCK, _no_clock), (_DAY, _no_day)):
            found = pattern.search(row, value.col - 1, value.end_col - 1 if value.line == value.end_line else len(row))
            if found:
                rows = [*book.rows]
                rows[value.line - 1] = row[: found.start()] + make(found, dice) + row[found.end() :]
                yield spoil(book, "impossible date or time", rows, value.line)
                break


def _no_date(found: re.Match[str], dice: Random) -> str:
    year = found[0][:4]
    return dice.choice([f"{year}-02-30", f"{year}-13-{found[2]}", f"{year}-{found[1]}-32", f"{year}-00-{found[2]}"])


def _no_clock(found: re.Match[str], dice: Random) -> str:
    return dice.choice([f"25:{found[2]}", f"{found[1]}:60", "24:30", f"{found[1]}:7"])


def _no_day(found: re.Match[str], dice: Random) -> str:
    return found[1] + {"day ": dice.choice(["0", "1.5"]), "monthly ": dice.choice(["32", "0", "31"])}.get(
        found[1], "31"
    )


def _texts(book: Book) -> Iterator[tuple[Path, str]]:
    for path in book.document.spots:
        value = book.value(path)
        if isinstance(value, str):
            yield path, value


def entry_of(book: Book, path: Path) -> Entry | None:
    return next((entry for entry in book.entries if entry.path == path), None)

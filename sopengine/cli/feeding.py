"""Files of facts for the commands that take them: found, read, refused as a whole or in part, stored with progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zoneinfo import ZoneInfo

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.cli.output import language, note, say, say_json
from sopengine.diagnostics import Diagnostic, Text
from sopengine.errors import EXIT_FINDINGS, EXIT_OK, Refused, SopError, UsageError

if TYPE_CHECKING:
    from sopengine.diagnostics import Findings
    from sopengine.engine.vocabulary import Vocabulary
    from sopengine.language.feed.records import Form
    from sopengine.store.store import Store

T = TypeVar("T")
STDIN = "-"
AT_ONCE = 1_000
"""Rows of one commit: between two of them the daemon gets its turn."""


def file_options(lang: str) -> list[click.Parameter]:
    return [
        options.option(
            lang,
            "--from",
            "source",
            metavar="FILE",
            text=Text(
                "从文件读：.csv，或每行一个 JSON；- 是标准输入",
                "Read a file: .csv, or one JSON a line; - is standard input",
            ),
        ),
        options.flag(
            lang,
            "--partial",
            text=Text(
                "有错的行略过，其余照样登记；默认有一行错就一行也不登记", "Leave out wrong lines; else one stops all"
            ),
        ),
        options.option(
            lang, "--at", metavar="TIME", text=Text("什么时候发生的，默认现在", "When it was; default: now")
        ),
        options.option(
            lang, "--id", "dedupe", default="", text=Text("自己的编号，重复登记只算一次", "Its own id: recorded once")
        ),
    ]


class Asked(Struct, frozen=True):
    """What every such command line has: a file, or the words of one line."""

    source: str | None
    line: Mapping[str, Any]  # as a file would have it
    partial: bool
    now: str | None
    workspace: Path | None
    as_json: bool


class Feed(Struct, Generic[T], frozen=True):
    """What a kind of fact has of its own: how its lines are read, with the words that are declared, how they are kept
    (returns how many were new), and what is said of a single one."""

    read: Callable[[Given, Vocabulary, Findings, datetime, ZoneInfo], tuple[list[T], int]]
    keep: Callable[[Store, Sequence[T]], int]
    say_one: Callable[[T, bool], None]


def refuse_mixed(asked: Asked, *, words: bool, own_words: Text) -> None:
    """`words`: something was given that a file's lines say for themselves, which `own_words` tells."""
    if asked.source and words:
        raise UsageError(own_words)
    if asked.partial and not asked.source:
        raise UsageError(Text("--partial 要和 --from 一起用", "--partial goes with --from"))


def take(asked: Asked, feed: Feed[T]) -> int:
    """Read, judge and keep; the exit code."""
    from sopengine.cli.workplace import moment_of, open_ledger, workspace_at, zone_of
    from sopengine.diagnostics import Findings
    from sopengine.engine.vocabulary import vocabulary
    from sopengine.engine.wake import wake

    place = workspace_at(asked.workspace)
    with open_ledger(place, create=False) as store:
        given = read_file(asked.source) if asked.source else Given(json.dumps(asked.line).encode(), "", "jsonl")
        zone, findings = zone_of(store), Findings()
        found, wrong = feed.read(given, vocabulary(store), findings, moment_of(asked.now, zone), zone)
        diagnostics = tuple(findings)
        if asked.source:
            refuse_wrong(diagnostics, wrong, partial=asked.partial)
            new = store_all(found, lambda some: feed.keep(store, some))
            code = tell(new, len(found) - new, wrong, diagnostics, as_json=asked.as_json)
        else:
            refuse_wrong_words(diagnostics)
            (one,) = found
            feed.say_one(one, bool(feed.keep(store, found)))
            code = EXIT_OK
        wake(store.path)
    return code


class Given(Struct, frozen=True):
    """A file's bytes, the name findings use, and how it is written."""

    data: bytes
    file: str
    form: Form


def read_file(source: str) -> Given:
    if source == STDIN:
        return Given(sys.stdin.buffer.read(), "stdin", "jsonl")
    path = Path(source)
    if not path.is_file():
        raise UsageError(Text(f"找不到文件 {source}", f"there is no file {source}"))
    try:
        return Given(path.read_bytes(), source, "csv" if path.suffix.lower() == ".csv" else "jsonl")
    except OSError as error:
        raise SopError(Text(f"读不了 {source}：{error.strerror}", f"cannot read {source}: {error.strerror}")) from None


def refuse_wrong(found: Sequence[Diagnostic], wrong: int, *, partial: bool) -> None:
    """One wrong line refuses the file, unless the right ones were asked for."""
    if wrong and not partial:
        raise Refused(
            Text(f"{wrong} 行有错，一行也没有登记", f"{wrong} lines are wrong; nothing was recorded"),
            tuple(found),
            Text(
                "改好再来；或加 --partial，只登记对的行", "Mend them; or add --partial to record the right lines only"
            ),
        )


def refuse_wrong_words(found: Sequence[Diagnostic]) -> None:
    """The same for what was given in words of the command line."""
    if found:
        raise UsageError(found[0].message, found[0].help)


def store_all(rows: Sequence[T], keep: Callable[[Sequence[T]], int]) -> int:
    """The number of new ones; `keep` stores some and counts those."""
    new = 0
    for begin in range(0, len(rows), AT_ONCE):
        new += keep(rows[begin : begin + AT_ONCE])
        progress(min(begin + AT_ONCE, len(rows)), len(rows))
    return new


def progress(done: int, of: int, what: str = "") -> None:
    """On a terminal only, and only where there is something to wait for."""
    if of > AT_ONCE and sys.stderr.isatty():
        sys.stderr.write(f"\r{what}{done}/{of}" + ("\n" if done == of else ""))
        sys.stderr.flush()


def tell(stored: int, repeated: int, wrong: int, found: Sequence[Diagnostic], *, as_json: bool) -> int:
    """What became of a file; the exit code says whether lines were wrong."""
    if as_json:
        from sopengine.review.reporter import as_object

        document: dict[str, Any] = {"schema_version": 1, "stored": stored, "repeated": repeated, "wrong": wrong}
        say_json({**document, "diagnostics": [as_object(one, language()) for one in found]})
        return EXIT_FINDINGS if wrong else EXIT_OK
    if found:
        from sopengine.review.reporter import report

        note(report(found, {}, lang=language(), form="concise"))
    zh = (
        f"登记了 {stored} 条"
        + (f"，{repeated} 条以前登记过" if repeated else "")
        + (f"，{wrong} 行有错" if wrong else "")
    )
    en = (
        f"{stored} recorded"
        + (f", {repeated} recorded before" if repeated else "")
        + (f", {wrong} wrong" if wrong else "")
    )
    say(Text(zh, en).get(language()))
    return EXIT_FINDINGS if wrong else EXIT_OK

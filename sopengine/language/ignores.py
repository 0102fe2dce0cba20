"""Comments `# sopengine: ignore SOP-W503 reason` in a document → which findings they set aside, and what is wrong with
them.

A comment speaks for its own line; alone on its line, for the next one. Only warnings can be set aside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from msgspec import Struct

from sopengine.diagnostics import CODES, Diagnostic, Edit, Findings, Fix, Path, Place, Severity, Stage, Text
from sopengine.language.document import Document, Spot
from sopengine.language.suggest import closest

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*sopengine\s*[:：]\s*(?P<rest>.*?)\s*$")
_WORD = re.compile(r"[^\s,，、:：]+")
_CODE = re.compile(r"(?:SOP-)?[A-Z][0-9]+", re.IGNORECASE)
_WORDS = ("ignore", "忽略")
_FORM = Text("写成 # sopengine: ignore SOP-W503 原因", "Write # sopengine: ignore SOP-W503 REASON")


class Ignore(NamedTuple):
    """One comment. `line` is the line it speaks for."""

    codes: tuple[str, ...]
    reason: str
    place: Place
    line: int


class Ignored(NamedTuple):
    diagnostic: Diagnostic
    reason: str


class Judged(NamedTuple):
    """What is left to tell, with what is wrong with the comments, and what was set aside."""

    kept: tuple[Diagnostic, ...]
    ignored: tuple[Ignored, ...]


class Ignores(Struct, frozen=True, dict=True):
    """`document` None: nothing could be read, so nothing is set aside."""

    document: Document | None

    @cached_property
    def _read(self) -> tuple[tuple[Ignore, ...], tuple[Diagnostic, ...]]:
        ignores: list[Ignore] = []
        wrong: list[Diagnostic] = []
        for document in self.document.whole() if self.document else ():
            if "sopengine" in document.text:
                reader = _Reader(document)
                ignores += reader.ignores()
                wrong += reader.findings
        return tuple(ignores), tuple(wrong)

    def of(self, d: Diagnostic) -> Ignore | None:
        """The comment that sets this finding aside."""
        if self.document is None or d.severity is Severity.ERROR or d.place is None or not self._read[0]:
            return None
        lines = set(_lines(self.document, d.place, d.path))
        return next((i for i in self._read[0] if d.code in i.codes and (i.place.file, i.line) in lines), None)

    def judge(self, diagnostics: Iterable[Diagnostic], done: Collection[Stage]) -> Judged:
        """`done`: the stages that these findings are of; a comment on a finding of another stage is not unused."""
        kept, ignored, used = [], [], set[tuple[Ignore, str]]()
        for d in diagnostics:
            if (ignore := self.of(d)) is None:
                kept.append(d)
            else:
                ignored.append(Ignored(d, ignore.reason))
                used.add((ignore, d.code))
        ignores, wrong = self._read
        for ignore in ignores:
            left = [code for code in ignore.codes if (ignore, code) not in used and CODES[code].stage in done]
            kept += [self._unused(ignore, code) for code in left]
        return Judged((*kept, *wrong), tuple(ignored))

    def _unused(self, ignore: Ignore, code: str) -> Diagnostic:
        assert self.document is not None
        text = next(document.text for document in self.document.whole() if document.file == ignore.place.file)
        alone = len(ignore.codes) == 1
        return Diagnostic(
            "SOP-S223",
            Text(f"第 {ignore.line} 行没有 {code}，这个忽略没有用", f"Line {ignore.line} has no {code} to ignore"),
            ignore.place,
            help=Text("删掉这条注释", "Remove the comment") if alone else None,
            fix=Fix((_without(text, ignore.place),), safe=True) if alone else None,
        )


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.lines = document.text.split("\n")
        self.findings = Findings()

    def ignores(self) -> Iterator[Ignore]:
        for number, line in enumerate(self.lines, 1):
            found = _COMMENT.search(line) if "sopengine" in line else None
            if found is None or self._is_text(number, found.start() + 1):
                continue
            place = Place(self.document.file, number, found.start() + 1, number, found.end("rest") + 1)
            codes, reason = self._parts(found, place)
            if codes:
                alone = not line[: found.start()].strip()
                yield Ignore(codes, reason, place, self._next(number) if alone else number)

    def _parts(self, found: re.Match[str], comment: Place) -> tuple[tuple[str, ...], str]:
        """The codes that can be ignored, and the reason; what is wrong is a finding."""
        rest, at = found["rest"], comment.col + found.start("rest") - found.start()
        words = list(_WORD.finditer(rest))
        if not words or words[0][0].lower() not in _WORDS:
            self._unknown_word(words[0] if words else None, comment, at)
            return (), ""
        codes, end = [], words[0].end()
        for word in words[1:]:
            if not _CODE.fullmatch(word[0]):
                break
            end = word.end()
            place = _part(comment, at + word.start(), word[0])
            if (code := self._code(word[0], place)) is not None:
                codes.append(code)
        reason = rest[end:].strip(" \t,，、:：-—()（）")
        if end == words[0].end():
            self.findings.add("SOP-S221", Text("没有写忽略哪个代码", "It does not say which code"), comment, help=_FORM)
        elif codes and not reason:
            self.findings.add(
                "SOP-S222",
                Text("忽略了警告，没有写原因", "A warning is ignored without a reason"),
                comment,
                help=Text("在代码后面写明为什么可以忽略", "Say after the code why it may be ignored"),
            )
        return tuple(codes), reason

    def _unknown_word(self, word: re.Match[str] | None, comment: Place, at: int) -> None:
        written = word[0] if word else ""
        guess = closest(written.lower(), ["ignore"])
        place = _part(comment, at + word.start(), written) if word else comment
        self.findings.add(
            "SOP-S221",
            Text(f"注释里没有 `{written}` 这个指令", f"Comments know no instruction `{written}`"),
            place,
            help=_FORM,
            fix=Fix((Edit(place, "ignore"),), safe=True) if guess else None,
        )

    def _code(self, written: str, place: Place) -> str | None:
        code = written.upper() if written.upper().startswith("SOP-") else f"SOP-{written.upper()}"
        if code not in CODES:
            guess = closest(code, CODES)
            end = Text(f"，是不是 {guess}？" if guess else "", f"; did you mean {guess}?" if guess else "")
            message = Text(f"没有代码 {written}{end.zh}", f"There is no code {written}{end.en}")
            self.findings.add("SOP-S221", message, place)
            return None
        if CODES[code].severity is Severity.ERROR:
            self.findings.add(
                "SOP-S221",
                Text(f"{code} 是错误，错误不能忽略", f"{code} is an error, and errors cannot be ignored"),
                place,
                help=Text("把它改好，再删掉这条注释", "Mend it and remove the comment"),
            )
            return None
        return code

    def _next(self, number: int) -> int:
        """The next line that holds anything but a comment."""
        for following in range(number, len(self.lines)):
            body = self.lines[following].strip()
            if body and not body.startswith("#"):
                return following + 1
        return number

    def _is_text(self, line: int, col: int) -> bool:
        """Whether what looks like a comment stands inside a text."""
        return any(_holds(spot, line, col) for spot in self._suspects)

    @cached_property
    def _suspects(self) -> list[Spot]:
        """The texts that hold what a comment would."""
        paths = _texts_with("sopengine", self.document.data, ())
        return [spot for path in paths if (spot := self.document.spots.get(path)) is not None]


def _texts_with(word: str, value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, str):
        if word in value:
            yield path
        return
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from _texts_with(word, item, (*path, key))


def _holds(spot: Spot, line: int, col: int) -> bool:
    value = spot.value
    if spot.style in ("|", ">"):
        return value.line < line < value.end_line or (line == value.end_line and col < value.end_col)
    return (value.line, value.col) <= (line, col) < (value.end_line, value.end_col)


def _lines(document: Document, place: Place, path: Path) -> Iterator[tuple[str, int]]:
    """File and line at which an author may speak of a finding: its own, and where the text begins that holds it."""
    document, path = document.home(path)
    yield place.file, place.line
    spot = document.spots.get(path)
    if spot is not None and not isinstance(_value(document, path), dict | list):
        yield document.file, spot.value.line
        if spot.key is not None:
            yield document.file, spot.key.line


def _value(document: Document, path: Path) -> object:
    value: object = document.data
    for key in path:
        value = value[key]  # type: ignore[index]
    return value


def _part(comment: Place, col: int, text: str) -> Place:
    return Place(comment.file, comment.line, col, comment.line, col + max(len(text), 1))


def _without(text: str, comment: Place) -> Edit:
    """Takes the comment away, and its line where nothing else stands on it."""
    lines = text.split("\n")
    before = lines[comment.line - 1][: comment.col - 1]
    if not before.strip() and comment.line < len(lines):
        return Edit(Place(comment.file, comment.line, 1, comment.line + 1, 1), "")
    return Edit(
        Place(comment.file, comment.line, len(before.rstrip()) + 1, comment.end_line, comment.end_col),
        "",
    )

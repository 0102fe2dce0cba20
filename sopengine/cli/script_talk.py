"""A script walked with a clerk: what to say and what may be answered out, replies in, until it ends or is left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from unicodedata import normalize

import click
from msgspec import Struct

from sopengine.cli.output import colour, language, say
from sopengine.diagnostics import Diagnostic, Text
from sopengine.errors import Refused, UsageError
from sopengine.language.document import Document
from sopengine.language.named import FieldType
from sopengine.language.script import BACK, QUIT, Question
from sopengine.language.values import EXPECTED
from sopengine.messages.renderer import Renderer
from sopengine.planning.script_lines import LineFails, Lines, lines
from sopengine.planning.script_walk import Ended, NotTaken, Undecided, Walk, numbered, reply
from sopengine.review.columns import harmless
from sopengine.review.text_doubts import FAILURES

PROMPT = "> "
_WANTED = {
    FieldType.BOOL: Text("是或否", "yes or no"),
    FieldType.CHOICE: Text("选一个", "choose one"),
}
"""What a clerk is told of a value, where it differs from what an author is told."""


class Talk(Struct, frozen=True):
    """`left`: the clerk quit, or nothing more was answered, before an ending."""

    walk: Walk
    lines: tuple[Lines, ...]
    left: bool


class Conversation:
    """Shows each stop through `show`; every walk so far is kept, so that going back is taking the one before."""

    def __init__(self, document: Document, renderer: Renderer, show: Callable[[str], None]) -> None:
        self._document, self._renderer, self._show = document, renderer, show
        self._lang = language()

    def walk(self, first: Walk, replies: Iterable[str], *, strict: bool) -> Talk:
        """`strict`: a reply that is not taken is a usage error; else the reason is shown and it is asked again."""
        walks = [first]
        self._show_stop(first, 0)
        for typed in replies if strict or not isinstance(first.stop, Ended) else ():
            word = normalize("NFKC", typed).strip().lower()
            if word == QUIT:
                break
            try:
                walks = self._back(walks) if word == BACK else self._on(walks, typed)
            except NotTaken as refused:
                if strict:
                    raise UsageError(refused.message, refused.help) from None
                self._show("  " + self._text(refused.message))
                if refused.help:
                    self._show("  " + self._text(refused.help))
            except Refused as failed:
                if strict:
                    raise
                self._show("  " + self._text(failed.diagnostics[0].message))
            if isinstance(walks[-1].stop, Ended) and not strict:
                break
        return Talk(walks[-1], tuple(self._lines(walks[-1])), left=not isinstance(walks[-1].stop, Ended))

    def _on(self, walks: list[Walk], typed: str) -> list[Walk]:
        walk = reply(walks[-1], typed)
        self._show_stop(walk, len(walks[-1].passed))
        return [*walks, walk]

    def _back(self, walks: list[Walk]) -> list[Walk]:
        if len(walks) == 1:
            raise NotTaken(Text("已经在开头，不能再返回", "this is the beginning, there is nothing to go back to"))
        before = walks[-2]
        self._show_stop(before, max(0, len(before.passed) - 1))
        return walks[:-1]

    # --- what is shown

    def _show_stop(self, walk: Walk, since: int) -> None:
        for each in self._lines(walk, since):
            self._show_lines(each)
        match walk.stop:
            case Question() as question:
                expected = _WANTED.get(question.type, EXPECTED[question.type])
                mark = Text(f"问：{question.title} [{expected.zh}]", f"ask: {question.title} [{expected.en}]")
                self._show(self._text(mark))
            case Ended(ending):
                self._show(self._text(Text(f"结局：{ending}", f"the end: {ending}")))
            case Undecided(node):
                why = Text(
                    f"节点 {node} 用这些值判断不了往哪里走，键入 {BACK} 返回",
                    f"node {node} cannot tell from these values where to go; type {BACK} to go back",
                )
                self._show(self._text(why))
        for number, choice in enumerate(numbered(walk.stop), 1):
            self._show(f"  {number} {harmless(choice)}")

    def _show_lines(self, node: Lines) -> None:
        words = (("say", Text("说", "say")), ("note", Text("提示", "note")), ("point", Text("要点", "point")))
        written = [(word.get(self._lang), key, text) for key, word in words if (text := getattr(node, key))]
        if written:
            self._show("")
        for word, key, text in written:
            shown = harmless(text.strip())
            bold = click.style(shown, bold=True) if key == "say" and colour() else shown
            self._show(f"{word}：{bold}" if self._lang == "zh" else f"{word}: {bold}")

    def _lines(self, walk: Walk, since: int = 0) -> Iterable[Lines]:
        try:
            return lines(self._renderer, walk, since)
        except LineFails as failed:
            place = self._document.place(failed.path)
            reason = failed.rendered.error
            message = Text(f"这句话出不来：{reason}", f"there is no text: {reason}")
            code = FAILURES.get(failed.rendered.kind, "SOP-T403")
            found = Diagnostic(code, message, place, path=failed.path)
            raise Refused(Text("话术里有一句话出不来", "a line of the script has no text"), (found,)) from None

    def _text(self, text: Text) -> str:
        return harmless(text.get(self._lang))


def typed_lines() -> Iterator[str]:
    """What is typed, line by line, each after a prompt; ends where the input does."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")  # a slip of an input method must not end the talk
    while True:
        sys.stdout.write(PROMPT)
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            say("")
            return
        yield line.rstrip("\n")


def given_replies(replies: Iterable[str]) -> Iterator[str]:
    """Replies of the command line, each shown where it would have been typed."""
    for text in replies:
        say(PROMPT + harmless(text))
        yield text

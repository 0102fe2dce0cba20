"""What is wrong with a text of time: raised by the parsers here, turned into a finding by the language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sopengine.diagnostics import Text


class TimeTextError(Exception):
    """An author's mistake in one text. `offset` and `length` count code points of that text, for the caret.

    `correct` is the whole text as it should be written, where there is one obvious way.
    """

    def __init__(
        self,
        code: str,
        message: Text,
        help: Text | None = None,
        *,
        offset: int = 0,
        length: int = 1,
        correct: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {message.en}")
        self.code = code
        self.message = message
        self.help = help
        self.offset = offset
        self.length = max(length, 1)
        self.correct = correct


@contextmanager
def part_at(start: int, end: int | None = None, whole: str | None = None) -> Iterator[None]:
    """Within it a part of a text is read that stands there: an error's place becomes that in the whole text.

    Its correction becomes that of `whole`, or is dropped without one.
    """
    try:
        yield
    except TimeTextError as error:
        error.offset += start
        if error.correct is not None:
            error.correct = None if whole is None or end is None else whole[:start] + error.correct + whole[end:]
        raise


def write(correct: str) -> Text:
    """The help that gives the corrected spelling."""
    return Text(f"请写成 `{correct}`", f"Write `{correct}`")


def closest(word: str, known: Iterable[str], cutoff: float = 0.8) -> str | None:
    """The known word that was probably meant, or None."""
    import difflib  # only a mistake pays for it

    found = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return found[0] if found else None

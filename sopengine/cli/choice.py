"""A name after a flag that has to be one of some names."""

from __future__ import annotations

from collections.abc import Sequence

from sopengine.diagnostics import Text
from sopengine.errors import UsageError


def one_of(flag: str, given: str, names: Sequence[str]) -> None:
    """Nothing given is fine; what is not among the names is a usage error with a guess."""
    from sopengine.language.suggest import closest

    if given and given not in names:
        near = closest(given, list(names))
        guess = Text(f"，是不是 {near}？", f", did you mean {near}?") if near else Text("", "")
        raise UsageError(Text(f"{flag}：没有 {given}{guess.zh}", f"{flag}: there is no {given}{guess.en}"))

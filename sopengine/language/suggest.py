"""A misspelt word and the words it could be → the one the author most likely meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher

from sopengine.language.spoken import meant_by, stands_for

_ONE_SLIP = 0.1
"""What one slip of the finger counts for, so that of two words as near `R370` is `R307` and not `R301`."""


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` is a slip of, or None when nothing is near enough to be worth proposing."""
    known = list(candidates)
    if not word.isascii() and (spoken := meant_by(word, known)):
        return spoken
    sought = _plain(word)
    short = [candidate for candidate in known if len(candidate) == len(sought) == 2]
    if swapped := next((c for c in short if c == sought[::-1]), None):
        return swapped
    best, best_score = None, 0.0
    for candidate in known:
        plain = _plain(candidate)
        if plain == sought:
            return candidate
        if abs(len(plain) - len(sought)) > 3 or not set(plain) & set(sought):
            continue
        matcher = SequenceMatcher(None, plain, sought)
        if matcher.quick_ratio() + _ONE_SLIP <= best_score:
            continue
        score = matcher.ratio() + (_ONE_SLIP if _one_edit(plain, sought) else 0)
        if score > best_score:
            best, best_score = candidate, score
    least = 0.66 if min(len(sought), len(_plain(best or ""))) <= 3 else 0.7
    if best_score >= least:
        return best
    near = [c for c in short if c[0] == sought[0] or c[1] == sought[1]]
    return near[0] if len(near) == 1 else None


def is_slip(word: str, meant: str, known: Collection[str] = ()) -> bool:
    """Whether `word` is `meant` with one small slip, or what just this one of those `known` is called in Chinese, so
    that replacing it cannot change what the author meant."""
    a, b = _plain(word), _plain(meant)
    if a == b or [english for english in stands_for(word) if english in known] == [meant]:
        return True
    if min(len(a), len(b)) < 3:
        return False
    return _one_edit(a, b)


def _plain(word: str) -> str:
    return word.strip().lower().replace("_", "-").replace(" ", "-")


def _one_edit(a: str, b: str) -> bool:
    """One letter added, lost, changed, or two neighbours swapped."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    swapped = rest_a[1::-1] + rest_a[2:] if len(rest_a) >= 2 else ""
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:] or swapped == rest_b

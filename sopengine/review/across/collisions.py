"""Messages of two campaigns to the same targets within minutes, or in much the same words within a week."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct, field

from sopengine.review.across.model import Collision, Standing
from sopengine.review.across.posts import Post

NEAR = timedelta(minutes=10)
"""Closer than this two messages read as one."""
SOON = timedelta(days=7)
"""After this the same words are no repetition to anybody."""
ALIKE = 0.8
"""How much of two texts has to be the same, counted in pairs of neighbouring signs."""
_SHORT = 12
"""Shorter texts (好的、收到) may well be the same."""

Slot = tuple[str, str]
"""A campaign's id and the key of an occurrence."""


class _Found(Struct):
    """All pairs of one step with one step of another campaign's; the closest of them is shown."""

    at: datetime
    their_at: datetime
    targets: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)

    def add(self, mine: Post, theirs: Post) -> None:
        self.targets.add(mine.recipient)
        self.pairs.add((mine.slot, theirs.slot))
        if abs(theirs.at - mine.at) < abs(self.their_at - self.at):
            self.at, self.their_at = mine.at, theirs.at


Kind = Literal["close", "alike"]


def collisions(
    mine: Sequence[Post], theirs: Sequence[Post], texts: Mapping[Slot, str], standings: Mapping[str, Standing]
) -> list[Collision]:
    """In order of time. `texts` by slot: what one of its targets reads."""
    found: dict[tuple[Kind, str, str, str], _Found] = {}
    alike = _Alike(texts)
    of_theirs: dict[str, list[Post]] = defaultdict(list)
    for post in sorted((one for one in theirs if not one.is_task), key=lambda one: one.at):
        of_theirs[post.recipient].append(post)
    for one in mine:
        if one.is_task:
            continue
        for kind, other in _beside(one, of_theirs.get(one.recipient, ()), alike):
            key = (kind, one.step, other.campaign, other.step)
            if key not in found:
                found[key] = _Found(one.at, other.at)
            found[key].add(one, other)
    told = [
        Collision(
            kind,
            step,
            pairs.at,
            campaign,
            standings[campaign],
            their_step,
            pairs.their_at,
            len(pairs.targets),
            len(pairs.pairs),
        )
        for (kind, step, campaign, their_step), pairs in found.items()
    ]
    return sorted(told, key=lambda one: (one.at, one.step, one.campaign, one.their_step, one.kind))


def _beside(one: Post, theirs: Sequence[Post], alike: _Alike) -> Iterator[tuple[Kind, Post]]:
    begin = bisect_left(theirs, one.at - SOON, key=lambda other: other.at)
    for other in theirs[begin:]:
        if other.at > one.at + SOON:
            return
        if abs(other.at - one.at) <= NEAR:
            yield "close", other
        if alike((one.campaign, one.slot), (other.campaign, other.slot)):
            yield "alike", other


class _Alike:
    """Whether two slots say much the same; each pair of texts is looked at once."""

    def __init__(self, texts: Mapping[Slot, str]) -> None:
        self._texts = {slot: "".join(text.split()) for slot, text in texts.items()}
        self._pairs: dict[str, frozenset[str]] = {}
        self._known: dict[tuple[str, str], bool] = {}

    def __call__(self, one: Slot, other: Slot) -> bool:
        first, second = self._texts.get(one, ""), self._texts.get(other, "")
        if min(len(first), len(second)) < _SHORT:
            return False
        key = (first, second)
        if key not in self._known:
            self._known[key] = first == second or _share(self._pairs_of(first), self._pairs_of(second)) >= ALIKE
        return self._known[key]

    def _pairs_of(self, text: str) -> frozenset[str]:
        if text not in self._pairs:
            self._pairs[text] = frozenset(_neighbours(text))
        return self._pairs[text]


def _neighbours(text: str) -> Iterable[str]:
    return (text[n : n + 2] for n in range(len(text) - 1))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))

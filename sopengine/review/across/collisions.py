"""Messages of two campaigns to the same targets within minutes, or in much the same words within a week."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import product
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
_Moments = tuple[datetime, datetime]
"""Of this campaign's message and of the other's."""


class _Said(Struct):
    """All messages of one slot, by recipient, and from when to when they go."""

    campaign: str
    step: str
    key: str
    first: datetime
    last: datetime
    times: dict[str, list[datetime]] = field(default_factory=dict)

    @property
    def slot(self) -> Slot:
        return self.campaign, self.key


class _Found(Struct):
    """All pairs of one step with one step of another campaign's; the closest of them is shown."""

    at: datetime
    their_at: datetime
    targets: set[str] = field(default_factory=set)
    pairs: set[tuple[str, str]] = field(default_factory=set)

    def add(self, at: datetime, their_at: datetime) -> None:
        if abs(their_at - at) < abs(self.their_at - self.at):
            self.at, self.their_at = at, their_at


Kind = Literal["close", "alike"]


def collisions(
    mine: Iterable[Post], theirs: Iterable[Post], texts: Mapping[Slot, str], standings: Mapping[str, Standing]
) -> list[Collision]:
    """In order of time. `texts` by slot: what one of its targets reads."""
    found: dict[tuple[Kind, str, str, str], _Found] = {}
    alike, others = _Alike(texts), _slots(theirs)
    longest = max((one.last - one.first for one in others), default=timedelta(0))
    for one in _slots(mine):
        begin = bisect_left(others, one.first - SOON - longest, key=lambda other: other.first)
        for other in others[begin:]:
            if other.first > one.last + SOON:
                break
            apart = max(other.first - one.last, one.first - other.last)
            if apart <= NEAR:
                _meet("close", NEAR, one, other, found)
            if apart <= SOON and alike(one.slot, other.slot):
                _meet("alike", SOON, one, other, found)
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


def _slots(posts: Iterable[Post]) -> list[_Said]:
    """Of what is said, in order of time."""
    found: dict[Slot, _Said] = {}
    for post in posts:
        if post.is_task:
            continue
        said = found.setdefault(
            (post.campaign, post.slot), _Said(post.campaign, post.step, post.slot, post.at, post.at)
        )
        said.first, said.last = min(said.first, post.at), max(said.last, post.at)
        said.times.setdefault(post.recipient, []).append(post.at)
    return sorted(found.values(), key=lambda said: said.first)


def _meet(
    kind: Kind, within: timedelta, one: _Said, other: _Said, found: dict[tuple[Kind, str, str, str], _Found]
) -> None:
    met = one.times.keys() & other.times.keys()
    if one.first == one.last and other.first == other.last:  # all at once: no need to look at each
        near = [(one.first, other.first)]
    else:
        apart = {who: list(_near(one.times[who], other.times[who], within)) for who in met}
        met = {who for who, moments in apart.items() if moments}
        near = [pair for moments in apart.values() for pair in moments]
    if met:
        pairs = found.setdefault((kind, one.step, other.campaign, other.step), _Found(*near[0]))
        pairs.targets |= met
        pairs.pairs.add((one.key, other.key))
        for at, their_at in near:
            pairs.add(at, their_at)


def _near(mine: Iterable[datetime], theirs: Iterable[datetime], within: timedelta) -> Iterator[_Moments]:
    return ((at, their_at) for at, their_at in product(mine, theirs) if abs(their_at - at) <= within)


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

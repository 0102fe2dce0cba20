"""The items of one step in two plans → its slots in pairs, each with its targets."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sopengine.review.model import Item

IsOver = Callable[[Item], bool]
Slot = tuple[Item, ...]
"""The items of one occurrence and arm, one for each target."""
_LAST = datetime.max.replace(tzinfo=UTC)


class Pair(NamedTuple):
    """Empty on the side that has no such slot."""

    before: Slot
    after: Slot


def never_over(item: Item) -> bool:
    return False


def slots(items: Sequence[Item]) -> list[Slot]:
    found: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        found.setdefault((item.slot, item.arm), []).append(item)
    return [tuple(slot) for slot in found.values()]


def pairs(before: Sequence[Item], after: Sequence[Item], is_over: IsOver) -> list[Pair]:
    """In order of time. By key, as an upgrade would take them, then arm by arm what is left, in order of time: a rule's
    Monday that becomes a Tuesday is a move to whoever reads it. What `is_over` for a target is paired by key alone:
    nothing else comes in its place."""
    old, new = slots(before), slots(after)
    found: list[Pair] = []
    old, new = _paired(old, new, _same_slot, found)
    old, new = _paired(old, new, _occurrence, found)
    found += [Pair(slot, ()) for slot in old if any(map(is_over, slot))]
    found += [Pair((), slot) for slot in new if any(map(is_over, slot))]
    old, new = ([slot for slot in side if not any(map(is_over, slot))] for side in (old, new))
    old, new = _paired(old, new, _arm, found)
    found += [*(Pair(slot, ()) for slot in old), *(Pair((), slot) for slot in new)]
    return sorted(found, key=lambda pair: _time((pair.after or pair.before)[0]))


def _same_slot(slot: Slot) -> Hashable:
    return slot[0].slot, slot[0].arm


def _occurrence(slot: Slot) -> Hashable:
    return slot[0].slot


def _arm(slot: Slot) -> Hashable:
    return slot[0].arm, slot[0].section


def _paired(
    old: list[Slot],
    new: list[Slot],
    key: Callable[[Slot], Hashable],
    found: list[Pair],
) -> tuple[list[Slot], list[Slot]]:
    """What finds no partner is handed back."""
    waiting: dict[Hashable, list[Slot]] = {}
    left: list[Slot] = []
    for slot in sorted(new, key=lambda slot: _time(slot[0])):
        waiting.setdefault(key(slot), []).append(slot)
    for slot in sorted(old, key=lambda slot: _time(slot[0])):
        partners = waiting.get(key(slot))
        if partners:
            found.append(Pair(slot, partners.pop(0)))
        else:
            left.append(slot)
    return left, [slot for partners in waiting.values() for slot in partners]


def by_target(slot: Slot) -> Mapping[str, Item]:
    return {item.target: item for item in slot}


def both(pair: Pair) -> Iterator[tuple[Item, Item]]:
    """Each target that is on both sides; where none is, the first of each, for what differs between the lists."""
    old = by_target(pair.before)
    found = [(old[item.target], item) for item in pair.after if item.target in old]
    return iter(found or [(pair.before[0], pair.after[0])])


def _time(item: Item) -> datetime:
    return item.at or _LAST

"""The items of two plans, one for each target → what differs, step by step."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sopengine.diagnostics import Text
from sopengine.review.comparison.edits import Edit, stretch, touched
from sopengine.review.comparison.fields import TIMES, fields
from sopengine.review.comparison.model import Change, Field, StepChange, Times, What
from sopengine.review.comparison.pairing import IsOver, Pair, both, by_target, never_over, pairs
from sopengine.review.model import Item

MOST_EDITS = 5
"""A slot whose targets' texts were edited in more ways than these is one change: each target has its own."""
MOST_NAMED = 4


class Written(NamedTuple):
    """A step as it stands in the two playbooks; `was` is its old id where that is another. `settings` are the keys that
    are written differently."""

    step: str
    was: str
    before: bool
    after: bool
    settings: tuple[str, ...] = ()


def compare(
    before: Iterable[Item],
    after: Iterable[Item],
    written: Sequence[Written],
    is_over: IsOver = never_over,
) -> list[StepChange]:
    """In the order of `written`. What `is_over` went out, or is past every change: what the new plan says of it counts
    no more."""
    old, new = _by_step(before), _by_step(after)
    found = []
    for one in written:
        paired = pairs(old.get(one.was or one.step, ()), new.get(one.step, ()), is_over)
        found.append(_step(one, _grouped(map(_of_pair, _ahead(paired, is_over)))))
    return found


def _by_step(items: Iterable[Item]) -> Mapping[str, Sequence[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.id, []).append(item)
    return found


def _ahead(paired: Iterable[Pair], is_over: IsOver) -> Iterator[Pair]:
    """Without the targets for whom it is over."""
    for pair in paired:
        rest = Pair(*(tuple(item for item in slot if not is_over(item)) for slot in pair))
        if rest.before or rest.after:
            yield rest


def _step(one: Written, changes: tuple[Change, ...]) -> StepChange:
    if not one.after:
        what: What = "removed"
    elif not one.before:
        what = "added"
    elif changes and all(change.what == "moved" for change in changes):
        what = "moved"
    else:
        what = "changed" if changes or one.settings or one.was else "same"
    settings = tuple(name for name in one.settings if not (changes and name in _SHOWN))
    return StepChange(one.step, one.was, what, changes, settings)


_SHOWN = {
    "at", "to", "via", "if", "approve", "rollout", "send", "task", "due", "remind", "escalate", "script", "choose",
    "go", "skip", "wait", "split", "tag", "emit", "exit", "pause",
}  # fmt: skip
"""Keys whose effect stands in the items."""


class _Found(NamedTuple):
    """A change of one slot, with what it has in common with others."""

    alike: Hashable
    change: Change


def _grouped(found: Iterable[Iterable[_Found]]) -> tuple[Change, ...]:
    """Changes that are alike as one, in order of their first slot."""
    groups: dict[Hashable, list[Change]] = {}
    for one in (one for slot in found for one in slot):
        groups.setdefault(one.alike, []).append(one.change)
    return tuple(_joined(group) for group in groups.values())


def _joined(group: Sequence[Change]) -> Change:
    slots = tuple(slot for change in group for slot in change.slots)
    targets = tuple(dict.fromkeys(target for change in group for target in change.targets))
    first = group[0]
    return Change(first.what, slots, targets, first.fields, max(change.texts for change in group))


def _of_pair(pair: Pair) -> Iterator[_Found]:
    if not pair.before or not pair.after:
        yield _one_sided(pair)
        return
    found = list(_of_targets(pair))
    if len(found) > MOST_EDITS:
        merged = _joined([one.change for one in found])
        merged = Change("changed", merged.slots[:1], merged.targets, merged.fields, len(found))
        found = [_Found((merged.what, merged.fields, len(found)), merged)]
    yield from found


def _one_sided(pair: Pair) -> _Found:
    slot = pair.after or pair.before
    item = slot[0]
    what: What = "added" if pair.after else "removed"
    texts = len({one.text for one in slot})
    change = Change(what, (Times(*_first(pair)),), _targets(slot), (), texts)
    return _Found((what, item.audience, item.channel, item.mode, item.state, item.arm, item.text), change)


def _first(pair: Pair) -> tuple[Item | None, Item | None]:
    return (pair.before[0] if pair.before else None, pair.after[0] if pair.after else None)


def _targets(slot: Iterable[Item]) -> tuple[str, ...]:
    return tuple(item.target for item in slot if item.target)


def _of_targets(pair: Pair) -> Iterator[_Found]:
    """The targets of one slot by what becomes of them: those whose text was edited in the same way are one change."""
    lists = _lists(pair)
    for (own, edit, moves), group in _edited_alike(pair, bool(lists)).items():
        told = (*lists, *own)
        only_time = edit is None and all(field.key in TIMES for field in told)
        times: dict[object, Times] = {}
        for old, new in group if moves else group[:1]:
            times.setdefault((old.at, new.at), Times(old, new))
        what: What = "moved" if only_time else "changed"
        texts = len({new.text for _, new in group})
        change = Change(what, tuple(times.values()), _targets(new for _, new in group), told, texts)
        yield _Found((what, told, edit), change)


_Alike = tuple[tuple[Field, ...], Edit | None, bool]
_Both = list[tuple[Item, Item]]


def _edited_alike(pair: Pair, all: bool) -> Mapping[_Alike, _Both]:
    """Those that differ, or all of them. Where texts differ in one place it is told cheaply that they do so alike; only
    one of those is looked at word by word."""
    near: dict[tuple[tuple[Field, ...], tuple[str, str], bool], _Both] = {}
    for old, new in both(pair):
        own, moves = tuple(fields(old, new)), old.at != new.at
        if all or own or moves or old.text != new.text:
            near.setdefault((own, stretch(old.text, new.text), moves), []).append((old, new))
    groups: dict[_Alike, _Both] = {}
    for (own, _, moves), group in near.items():
        old, new = group[0]
        edit = touched(old.text, new.text) if old.text != new.text else None
        groups.setdefault((own, edit, moves), []).extend(group)
    return groups


def _lists(pair: Pair) -> tuple[Field, ...]:
    """Who gets it now, and who does not any more."""
    old, new = by_target(pair.before), by_target(pair.after)
    gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
    if not gone and not come:
        return ()
    signs = " ".join([*_named("+", come), *_named("-", gone)])
    name = Text("对象", "targets")
    return (
        Field(
            "targets", name, Text(str(len(old)), str(len(old))), Text(f"{len(new)}（{signs}）", f"{len(new)} ({signs})")
        ),
    )


def _named(sign: str, names: Sequence[str]) -> list[str]:
    shown = [f"{sign}{name}" for name in names[:MOST_NAMED]]
    return [*shown, *([f"{sign}…{len(names) - MOST_NAMED}"] if len(names) > MOST_NAMED else [])]

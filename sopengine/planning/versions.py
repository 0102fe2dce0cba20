"""One version of a playbook and the next → what the new steps are known by in the keys of a running campaign.

A key is made of step, day and ordinal (identity.py), all counted from what is written. So that an edit neither
doubles nor loses a slot, what stays the same keeps the day and the ordinal that it had (semantics.md S1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Place, Text
from sopengine.language.content import ContentTable
from sopengine.language.model import Playbook, Step, Task
from sopengine.language.modules.expansion import with_steps
from sopengine.language.named import Message
from sopengine.language.reading.sheet import Cell
from sopengine.timing.moments import MOST, numbers, repeats
from sopengine.timing.words import AtEvery, DayRule, Moment, OnAnchor, OnDate, OnPhaseDay, When


class Identity(Struct, frozen=True):
    """What a step is known by: `key` in place of its id, for each item of `at` its first ordinal and its stride, the
    next ordinal that none has had, and for days as written those by which they are known."""

    key: str
    numbers: tuple[tuple[int, int], ...] = ()
    next: int = 0
    days: Mapping[str, str] = field(default_factory=dict)


def known_as(playbook: Playbook, identities: Mapping[str, Identity]) -> Playbook:
    """The playbook whose steps have these identities."""

    def known(step: Step) -> Step:
        identity = identities.get(step.id)
        if identity is None:
            return step
        when = replace(step.when, numbers=identity.numbers)
        return replace(step, key=identity.key, days=identity.days, when=when)

    named = with_steps(playbook, lambda steps: tuple(known(step) for step in steps))
    watches = tuple(replace(watch, do=tuple(known(step) for step in watch.do)) for watch in named.watches)
    return replace(named, watches=watches)


def predecessors(before: Playbook, after: Playbook) -> dict[str, Step]:
    """For each step of `after` that was there `before`, the step that it was: by its id, else by its `was`."""
    old = {step.id: step for step in before.steps()}
    ids = {step.id for step in after.steps()}
    found: dict[str, Step] = {}
    for step in after.steps():
        if step.id in old:
            found[step.id] = old[step.id]
        elif step.was in old and step.was not in ids:
            found[step.id] = old[step.was]
    return found


def identities(
    before: Playbook, after: Playbook, known: Mapping[str, Identity], keys: Collection[str]
) -> dict[str, Identity]:
    """Of every step of `after`. `known` are those of `before`, as far as they are not what is written; `keys` are all
    that steps of any version were known by: a new step never takes the place of one that is gone."""
    was = predecessors(before, after)
    taken = {*keys, *(step.identity for step in before.steps())}
    found: dict[str, Identity] = {}
    for step in after.steps():
        old = was.get(step.id)
        if old is not None:
            found[step.id] = _continued(old, step, known.get(old.id) or first_identity(old))
        else:
            found[step.id] = replace(first_identity(step), key=_free(step.id, taken))
        taken.add(found[step.id].key)
    return found


def first_identity(step: Step) -> Identity:
    """What a step is known by that was never changed: what is written."""
    used = len(step.when.at) * ((step.when.most or MOST) if repeats(step.when) else 1)
    return Identity(step.id, numbers(step.when), used)


def _free(wanted: str, taken: Collection[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}#{number}"
    return name


def _continued(old: Step, new: Step, identity: Identity) -> Identity:
    paired, following = _numbered(old.when, identity, new.when)
    return Identity(identity.key, paired, following, _days(old.when, new.when, identity.days))


def _numbered(old: When, identity: Identity, new: When) -> tuple[tuple[tuple[int, int], ...], int]:
    """Equal times keep their ordinals, the rest pair off in order (times with times, repetitions with repetitions),
    and what is left takes the next free ones."""
    free = list(zip(map(_bare, old.at), identity.numbers, strict=True))
    given: dict[int, tuple[int, int]] = {}
    for index, moment in enumerate(new.at):
        equal = next((one for one in free if one[0] == _bare(moment)), None)
        if equal is not None:
            free.remove(equal)
            given[index] = equal[1]
    following = identity.next
    for index, moment in enumerate(new.at):
        if index in given:
            continue
        repeated = isinstance(moment, AtEvery)
        alike = next((one for one in free if isinstance(one[0], AtEvery) is repeated), None)
        if alike is not None:
            free.remove(alike)
            given[index] = alike[1]
        else:
            given[index] = following, 1
            following += MOST if repeated else 1
    return tuple(given[index] for index in range(len(new.at))), following


def _bare(value: Any) -> Any:
    """A moment without the words it was written in."""
    if not isinstance(value, Moment):
        return value
    if isinstance(value, AtEvery):
        value = replace(value, begin=_bare(value.begin), end=_bare(value.end))
    return replace(value, text="")


def _days(old: When, new: When, known: Mapping[str, str]) -> dict[str, str]:
    """The only day of a step has no name; as one of several it is named as it is written."""
    days = {text: kept for text, kept in known.items() if text}
    before, after = _only_day(old.on), _only_day(new.on)
    if before:
        days[before] = known.get("", "")
    if after and after == before:
        return {**days, **({"": known[""]} if "" in known else {})}
    if after and before:
        return {**{text: kept for text, kept in days.items() if text != before}, **_alone(known.get("", ""))}
    if after:
        return {**days, **_alone(days.get(after, after))}
    return days


def _alone(kept: str) -> dict[str, str]:
    return {"": kept} if kept else {}


def _only_day(on: tuple[DayRule, ...]) -> str:
    """The text of the only listed day; "" where there are several, or rules."""
    rule = on[0] if len(on) == 1 else None
    alone = isinstance(rule, OnDate | OnAnchor) or (isinstance(rule, OnPhaseDay) and rule.last is None)
    return rule.text if rule is not None and alone else ""


def definition(value: Any, *, words: bool = True) -> Any:
    """What a step or another part says, without where it stands and what it is known by: equal for equal wording.
    Without `words` texts of messages and titles of tasks do not count."""
    if isinstance(value, Cell):
        return value.text
    if isinstance(value, Message) and not words:
        rows = value.table.rows if value.table else ()
        plain = [definition(replace(row, text=_NO_WORDS)) for row in rows]
        return "Message", value.name, value.file, value.format, value.image, value.mention, tuple(plain)
    if isinstance(value, Task) and not words:
        return definition(replace(value, title=""))
    if isinstance(value, Struct):
        own = type(value).__name__
        names = (name for name in value.__struct_fields__ if name not in _NOT_SAID)
        return own, tuple((name, definition(getattr(value, name), words=words)) for name in names)
    if isinstance(value, ContentTable):
        return definition((value.where, value.rows))
    if isinstance(value, Mapping):
        return tuple((str(name), definition(value[name], words=words)) for name in sorted(value, key=str))
    if isinstance(value, list | tuple):
        return tuple(definition(part, words=words) for part in value)
    return value


def edited_keys(before: Step, after: Step) -> tuple[str, ...]:
    """The keys of a step that are written differently, as authors know them; `at` stands for all its times."""
    own = {"when": "at", "action": type(after.action).__name__.lower(), "if_": "if"}
    differ = _differ(before, after)
    if "action" in differ and isinstance(before.action, Task) and isinstance(after.action, Task):
        own["title"] = "task"
        differ = [*(name for name in differ if name != "action"), *_differ(before.action, after.action)]
    return tuple(own.get(name, name) for name in differ)


def _differ(before: Struct, after: Struct) -> list[str]:
    names = (name for name in before.__struct_fields__ if name not in _NOT_SAID)
    return [name for name in names if definition(getattr(before, name)) != definition(getattr(after, name))]


_NOT_SAID = frozenset({"id", "path", "paths", "was", "key", "days", "numbers", "number"})
_NO_WORDS = Cell("", Text("", ""), Place("", 0, 0, 0, 0))

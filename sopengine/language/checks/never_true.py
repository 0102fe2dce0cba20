"""The conditions of a `choose`, in order → those that can never win, as far as their constants tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

from jinja2 import nodes

from sopengine.language.expressions.conditions import Parsed, condition_names, evaluate, parse_condition
from sopengine.language.expressions.decimals import is_number
from sopengine.language.expressions.names import chains

Cut = tuple[Decimal, int]
"""A place on the number line: just before a number (0) or just after it (1)."""


class Span(NamedTuple):
    """The numbers between two cuts."""

    begin: Cut
    end: Cut


_EVERYTHING = Span((Decimal("-Infinity"), 0), (Decimal("Infinity"), 0))
_SWAPPED = {"lt": "gt", "gt": "lt", "lteq": "gteq", "gteq": "lteq", "eq": "eq"}


class NeverTrue(NamedTuple):
    """`at` is the condition's index; `earlier` the ones that are true wherever it is; none if it contradicts itself."""

    at: int
    earlier: tuple[int, ...]


def never_true(conditions: Sequence[str]) -> Iterator[NeverTrue]:
    """Conditions with problems are passed over: they are findings already."""
    parsed = {i: found for i, text in enumerate(conditions) if isinstance(found := parse_condition(text), Parsed)}
    limits = {i: _limits(found.tree) for i, found in parsed.items()}
    constant = {i: evaluate(found, {}) for i, found in parsed.items() if not condition_names(found.text)}
    for i, found in parsed.items():
        before = [j for j in parsed if j < i]
        same = [j for j in before if parsed[j].tree == found.tree or constant.get(j) is True]
        if constant.get(i) is False or any(_empty(span) for span in limits[i].values()):
            yield NeverTrue(i, ())
        elif same:
            yield NeverTrue(i, (same[0],))
        elif covering := _covering(limits, i, {j: parsed[j].tree for j in before}):
            yield NeverTrue(i, covering)


def _covering(
    limits: Mapping[int, Mapping[str, Span]], index: int, before: Mapping[int, nodes.Expr]
) -> tuple[int, ...]:
    """Earlier conditions on one name alone that leave nothing of what this one allows that name."""
    for name, span in limits[index].items():
        used = [j for j, tree in before.items() if list(limits[j]) == [name] and _is_only_limits(tree)]
        left = reduce(lambda pieces, j: _without(pieces, limits[j][name]), used, [span])
        if not left:
            return tuple(used)
    return ()


def _without(pieces: Sequence[Span], taken: Span) -> list[Span]:
    parts = (
        part for p in pieces for part in (Span(p.begin, min(p.end, taken.begin)), Span(max(p.begin, taken.end), p.end))
    )
    return [part for part in parts if not _empty(part)]


def _empty(span: Span) -> bool:
    return span.begin >= span.end


def _limits(tree: nodes.Node) -> dict[str, Span]:
    """What must hold of each name that is compared with numbers, for the whole to be true."""
    if isinstance(tree, nodes.And):
        left, right = _limits(tree.left), _limits(tree.right)
        return {n: _common(left.get(n, _EVERYTHING), right.get(n, _EVERYTHING)) for n in left | right}
    found: dict[str, Span] = {}
    for name, span in _comparisons(tree):
        found[name] = _common(found.get(name, _EVERYTHING), span)
    return found


def _is_only_limits(tree: nodes.Node) -> bool:
    """Whether its limits say all of it."""
    if isinstance(tree, nodes.And):
        return _is_only_limits(tree.left) and _is_only_limits(tree.right)
    return isinstance(tree, nodes.Compare) and len(list(_comparisons(tree))) == len(tree.ops)


def _comparisons(tree: nodes.Node) -> Iterator[tuple[str, Span]]:
    """Of `a < b < c` each pair that compares a name with a number."""
    if not isinstance(tree, nodes.Compare):
        return
    left: nodes.Node = tree.expr
    for operand in tree.ops:
        right = operand.expr
        for side, other, op in ((left, right, operand.op), (right, left, _SWAPPED.get(operand.op, ""))):
            if op in _SWAPPED and (name := _name(side)) and isinstance(other, nodes.Const) and is_number(other.value):
                yield name, _span(op, Decimal(other.value))
        left = right


def _name(node: nodes.Node) -> str:
    if not isinstance(node, nodes.Name | nodes.Getattr):
        return ""
    found = list(chains(node))
    return ".".join(found[0].parts) if len(found) == 1 else ""


def _span(op: str, number: Decimal) -> Span:
    before, after = (number, 0), (number, 1)
    match op:
        case "lt":
            return Span(_EVERYTHING.begin, before)
        case "lteq":
            return Span(_EVERYTHING.begin, after)
        case "gt":
            return Span(after, _EVERYTHING.end)
        case "gteq":
            return Span(before, _EVERYTHING.end)
    return Span(before, after)


def _common(one: Span, other: Span) -> Span:
    return Span(max(one.begin, other.begin), min(one.end, other.end))

"""A condition or template in; its comparisons and what it prints bare out, each side as a name, a value or a sum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jinja2 import nodes

from sopengine.language.expressions.history import Ask, ask_of
from sopengine.language.expressions.names import NAMESPACES, chains
from sopengine.language.expressions.syntax import Problem, parse_expression, parse_text, place

_BARE = re.compile(r"\{\{-?\s*([A-Za-z_]\w*(?:\.\w+)+)\s*-?\}\}")
_ASKS = re.compile(r"\bif\b|[<>=!]=|[<>]|\bin\b")
"""Without any of these a template compares nothing, and its tree need not be walked."""
_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos)


class Unwritten:
    """Stands for a value that is not written out."""


UNWRITTEN = Unwritten()


class Side(NamedTuple):
    """One side of a comparison: a name (`parts`), a question of the past (`ask`, with the field of `last(…).field` in
    `parts`), a written value, or a sum; else nothing of it is known. The place is where it begins, from 1."""

    line: int
    col: int
    parts: tuple[str, ...] = ()
    ask: Ask | None = None
    value: Any = UNWRITTEN
    sum: bool = False


class Comparison(NamedTuple):
    """`operator` by Jinja's own name: eq, lt, in …"""

    left: Side
    operator: str
    right: Side


def comparisons(source: str, *, condition: bool) -> list[Comparison]:
    """In written order; none of a text that cannot be parsed."""
    if not condition and not _ASKS.search(source):
        return []
    tree = parse_expression(source) if condition else parse_text(source)
    if isinstance(tree, Problem):
        return []
    return [c for node in (tree, *tree.find_all(nodes.Compare)) for c in _pairs(source, node)]


def printed(source: str) -> list[Side]:
    """The names that a template prints as they are, without a filter."""
    found = []
    for match in _BARE.finditer(source) if "{{" in source else ():
        parts = tuple(match[1].split("."))
        if parts[0] in NAMESPACES:
            found.append(Side(*place(source, match.start(1) + 1), parts=parts))
    return found


def _pairs(source: str, node: nodes.Node) -> Iterator[Comparison]:
    if not isinstance(node, nodes.Compare):
        return
    left = node.expr
    for operand in node.ops:
        yield Comparison(_side(source, left), operand.op, _side(source, operand.expr))
        left = operand.expr


def _side(source: str, node: nodes.Node) -> Side:
    line, col = place(source, node.lineno)
    asked = ask_of(source, node)
    if isinstance(asked, Ask):
        return Side(line, col, ask=asked)
    match node:
        case nodes.Const(value=value):
            return Side(line, col, value=value)
        case nodes.List(items=items) | nodes.Tuple(items=items) if all(isinstance(i, nodes.Const) for i in items):
            return Side(line, col, value=[item.value for item in items if isinstance(item, nodes.Const)])
        case nodes.Getattr(node=owner, attr=field) if isinstance(asked := ask_of(source, owner), Ask):
            return Side(line, col, parts=(field,), ask=asked)
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            named = list(chains(node))
            if len(named) == 1 and not named[0].local:
                return Side(*place(source, named[0].spot), parts=named[0].parts)
    return Side(line, col, sum=isinstance(node, _SUMS))

"""Conditions (`if`, `where`) and the plain data of one case in; True, False or None (unknown) out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import nodes

from sopengine.diagnostics import Text
from sopengine.language.expressions.decimals import NotNumbers, calculate, negative
from sopengine.language.expressions.names import HISTORY, WINDOWS, Name, chains
from sopengine.language.expressions.syntax import PRIVATE, Problem, parse_expression, place, problem
from sopengine.language.expressions.three_valued import COMPARISONS, Truth, all_of, any_of, contains, not_, truth


@dataclass(frozen=True, slots=True)
class Parsed:
    """A condition without problems. `history` names the functions over history it uses, which are unknown until the
    engine counts them."""

    text: str
    tree: nodes.Expr
    history: tuple[str, ...] = ()


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> Problem | Parsed:
    """The first problem, or the condition ready to evaluate."""
    tree = parse_expression(text)
    if isinstance(tree, Problem):
        return tree
    refused = next(_refused(text, tree, asked=True), None)
    if refused is not None:
        return refused
    calls = (call.node for call in _all(tree) if isinstance(call, nodes.Call))
    return Parsed(text, tree, tuple(sorted({call.name for call in calls if isinstance(call, nodes.Name)})))


def condition_names(text: str) -> list[Name]:
    """Names the condition reads, in written order; none of a condition that cannot be parsed."""
    tree = parse_expression(text)
    if isinstance(tree, Problem):
        return []
    return [Name(chain.parts, *place(text, chain.spot)) for chain in chains(tree)]


def evaluate(condition: str | Parsed, context: Mapping[str, Any]) -> bool | None:
    """The answer for one case; None = unknown: a value is missing, or cannot be compared or calculated.

    `context` maps namespaces to plain data. A condition with problems, which `check` refuses, is unknown.
    """
    parsed = parse_condition(condition) if isinstance(condition, str) else condition
    return None if isinstance(parsed, Problem) else truth(_value(parsed.tree, context))


def _all(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    yield from tree.find_all(nodes.Node)


# --- what may be written

_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod)
_NO_ANSWER = (nodes.List, nodes.Tuple, nodes.Neg, nodes.Pos, *_SUMS)
_KNOWN = Text("可以用 is known、is unknown", "Use is known or is unknown")
_TESTS = {
    "none": Text("写成 is unknown", "Write is unknown"),
    "undefined": Text("写成 is unknown", "Write is unknown"),
    "defined": Text("写成 is known", "Write is known"),
}


def _refused(text: str, node: nodes.Node, *, asked: bool = False) -> Iterator[Problem]:
    """Problems beneath `node`; `asked` says that yes or no is expected of it."""
    value = node.value if isinstance(node, nodes.Const) else None
    if asked and (isinstance(node, _NO_ANSWER) or type(value) in (str, int, Decimal)):
        message = Text("条件要能回答是或否", "A condition must answer yes or no")
        help = Text("写成比较，例如 target.size > 3", "Write a comparison, e.g. target.size > 3")
        yield problem(text, node.lineno, message, help)
        return
    match node:
        case nodes.Const():
            if node.value is None:
                message = Text("不能和 none 比较", "Nothing compares with none")
                yield _no(text, node, message, _TESTS["none"])
        case nodes.And() | nodes.Or():
            yield from _refused(text, node.left, asked=True)
            yield from _refused(text, node.right, asked=True)
        case nodes.Not():
            yield from _refused(text, node.node, asked=True)
        case nodes.Test(name=name):
            yield from _refused(text, node.node)
            if name not in ("known", "unknown") or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
                message = Text(f"条件里没有「is {name}」", f"There is no 'is {name}' in conditions")
                yield _no(text, node, message, _TESTS.get(name, _KNOWN))
        case nodes.Call():
            yield from _refused_call(text, node)
        case nodes.Getitem(arg=nodes.Const(value=str() | int() as key)) if not isinstance(key, bool):
            yield from _private(text, node, str(key))
            yield from _refused(text, node.node)
        case nodes.Getattr(attr=key) | nodes.Name(name=key):
            yield from _private(text, node, key)
            yield from _each(text, node)
        case nodes.Compare() | nodes.Operand() | nodes.List() | nodes.Tuple() | nodes.Neg() | nodes.Pos():
            yield from _each(text, node)
        case nodes.Add() | nodes.Sub() | nodes.Mul() | nodes.Div() | nodes.FloorDiv() | nodes.Mod():
            yield from _each(text, node)
        case nodes.Filter(name=name):
            yield _no(text, node, Text(f"条件里不用过滤器 {name}", f"Conditions use no filters: {name}"))
        case _:
            yield _no(text, node, Text("条件里不能这样写", "Conditions may not use this"))


def _no(text: str, node: nodes.Node, message: Text, help: Text | None = None) -> Problem:
    return problem(text, node.lineno, message, help, kind="forbidden")


def _each(text: str, node: nodes.Node) -> Iterator[Problem]:
    for child in node.iter_child_nodes():
        yield from _refused(text, child)


def _private(text: str, node: nodes.Node, name: str) -> Iterator[Problem]:
    if name.startswith("_") or "__" in name:
        yield _no(text, node, PRIVATE)


def _refused_call(text: str, node: nodes.Call) -> Iterator[Problem]:
    plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs) and len(node.args) == 1
    match node.node:
        case nodes.Getattr(node=owner, attr="has") if plain:
            yield from _refused(text, owner)
            yield from _refused(text, node.args[0])
        case nodes.Name(name=name) if plain and name in HISTORY:
            yield from _refused(text, node.args[0])
        case nodes.Getattr(node=owner, attr=name) if plain and name in WINDOWS and _over_history(owner):
            yield from _refused(text, owner)
            yield from _refused(text, node.args[0])
        case nodes.Name(name=name) | nodes.Getattr(attr=name):
            help = Text("可以用 列表.has('值')", "LIST.has('value') can be used")
            yield _no(text, node.node, Text(f"条件里没有 {name}()", f"There is no {name}() in conditions"), help)
        case _:
            yield _no(text, node, Text("这里不能调用", "This cannot be called"))


def _over_history(node: nodes.Expr) -> bool:
    return any(isinstance(call, nodes.Call) and isinstance(call.node, nodes.Name) for call in _all(node)) or any(
        isinstance(name, nodes.Name) and name.name == "metric" for name in _all(node)
    )


# --- what it says


def _value(node: nodes.Node, context: Mapping[str, Any]) -> Any:
    """The value of a node; None = unknown."""
    return _RULES[type(node)](node, context)


def _name(node: Any, context: Mapping[str, Any]) -> Any:
    return context.get(node.name)


def _attribute(node: Any, context: Mapping[str, Any]) -> Any:
    owner = _value(node.node, context)
    return owner.get(node.attr) if isinstance(owner, Mapping) else None


def _item(node: Any, context: Mapping[str, Any]) -> Any:
    owner, key = _value(node.node, context), node.arg.value
    if isinstance(owner, Mapping):
        return owner.get(key)
    inside = isinstance(owner, (list, tuple)) and isinstance(key, int) and -len(owner) <= key < len(owner)
    return owner[key] if inside else None


def _comparison(node: Any, context: Mapping[str, Any]) -> Truth:
    def steps() -> Iterator[Truth]:
        left = _value(node.expr, context)
        for operand in node.ops:
            right = _value(operand.expr, context)
            yield COMPARISONS[operand.op](left, right)
            left = right

    return all_of(steps())


def _sum(node: Any, context: Mapping[str, Any]) -> Any:
    try:
        return calculate(node.operator, _value(node.left, context), _value(node.right, context))
    except (NotNumbers, ArithmeticError):
        return None  # what cannot be calculated is unknown (semantics.md S6)


def _signed(node: Any, context: Mapping[str, Any]) -> Any:
    try:
        value = _value(node.node, context)
        return negative(value) if node.operator == "-" else calculate("+", 0, value)
    except (NotNumbers, ArithmeticError):
        return None  # as above


def _call_value(node: Any, context: Mapping[str, Any]) -> Truth:
    """`LIST.has(x)`; functions over history are unknown here."""
    if isinstance(node.node, nodes.Getattr) and node.node.attr == "has":
        owner = _value(node.node.node, context)
        return contains(owner, _value(node.args[0], context)) if isinstance(owner, (list, tuple)) else None
    return None


def _test_value(node: Any, context: Mapping[str, Any]) -> bool:
    return (_value(node.node, context) is None) is (node.name == "unknown")


def _branches(node: Any, context: Mapping[str, Any]) -> Iterator[Truth]:
    yield truth(_value(node.left, context))
    yield truth(_value(node.right, context))


_RULES: dict[type[nodes.Node], Callable[[Any, Mapping[str, Any]], Any]] = {
    nodes.Const: lambda node, _: node.value,
    nodes.List: lambda node, context: [_value(item, context) for item in node.items],
    nodes.Tuple: lambda node, context: [_value(item, context) for item in node.items],
    nodes.Name: _name,
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.And: lambda node, context: all_of(_branches(node, context)),
    nodes.Or: lambda node, context: any_of(_branches(node, context)),
    nodes.Not: lambda node, context: not_(truth(_value(node.node, context))),
    nodes.Compare: _comparison,
    nodes.Test: _test_value,
    nodes.Call: _call_value,
    nodes.Neg: _signed,
    nodes.Pos: _signed,
    **dict.fromkeys(_SUMS, _sum),
}
"""A node outside this table never gets here: `_refused` names it at check."""

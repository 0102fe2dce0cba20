"""Conditions (`if`, `where`) and the plain data of one case in; True, False or None (unknown) out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import nodes
from msgspec import Struct, field

from sopengine.diagnostics import Text
from sopengine.language.expressions.decimals import NotNumbers, calculate, negative
from sopengine.language.expressions.history import FIGURES, Ask, History, answer, ask_of
from sopengine.language.expressions.names import Name, chains
from sopengine.language.expressions.syntax import PRIVATE, Problem, parse_expression, place, problem
from sopengine.language.expressions.three_valued import COMPARISONS, Truth, all_of, any_of, contains, not_, truth


class Parsed(Struct, frozen=True):
    """A condition without problems. `questions` are the nodes that ask of the past, by their identity in `tree`."""

    text: str
    tree: nodes.Expr
    questions: Mapping[int, Ask] = field(default_factory=dict)

    @property
    def asks(self) -> tuple[Ask, ...]:
        """What it asks of the past, in written order."""
        return tuple(self.questions.values())

    @property
    def history(self) -> tuple[str, ...]:
        """The functions over history it uses."""
        return tuple(sorted({ask.kind for ask in self.asks if ask.kind not in FIGURES}))


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> Problem | Parsed:
    """The first problem, or the condition ready to evaluate."""
    tree = parse_expression(text)
    if isinstance(tree, Problem):
        return tree
    refused = next(_refused(text, tree, asked=True), None)
    return Parsed(text, tree, dict(_questions(text, tree))) if refused is None else refused


def condition_names(text: str) -> list[Name]:
    """Names the condition reads, in written order; none of a condition that cannot be parsed."""
    tree = parse_expression(text)
    if isinstance(tree, Problem):
        return []
    return [Name(chain.parts, *place(text, chain.spot)) for chain in chains(tree)]


def evaluate(condition: str | Parsed, context: Mapping[str, Any], history: History | None = None) -> bool | None:
    """The answer for one case; None = unknown: a value is missing, or cannot be compared or calculated.

    `context` maps namespaces to plain data; `history` is that of the case's subject at its moment, None where nothing
    is known. A condition with problems, which `check` refuses, is unknown.
    """
    parsed = parse_condition(condition) if isinstance(condition, str) else condition
    if isinstance(parsed, Problem):
        return None
    return truth(_value(parsed.tree, _Case(context, history, parsed.questions)))


@lru_cache(maxsize=1024)
def parse_value(text: str) -> Problem | Parsed:
    """The first problem, or an expression whose value is asked for: a name, a number, a quoted text, a sum."""
    tree = parse_expression(text)
    if isinstance(tree, Problem):
        return tree
    return next(_refused(text, tree), None) or Parsed(text, tree)


def value_of(text: str, context: Mapping[str, Any]) -> Any:
    """The value in one case; None = unknown, as in a condition."""
    parsed = parse_value(text)
    return None if isinstance(parsed, Problem) else _value(parsed.tree, _Case(context, None, {}))


class _Case(NamedTuple):
    context: Mapping[str, Any]
    history: History | None
    questions: Mapping[int, Ask]


def _questions(text: str, node: nodes.Node) -> Iterator[tuple[int, Ask]]:
    found = ask_of(text, node)
    if isinstance(found, Ask):
        yield id(node), found
        return
    for child in node.iter_child_nodes():
        yield from _questions(text, child)


@lru_cache(maxsize=1024)
def asks_for_unknown(text: str) -> bool:
    """Whether the condition has an `is unknown` in it (language.md, choose)."""
    parsed = parse_condition(text)
    if isinstance(parsed, Problem):
        return False
    tests = [node for node in (parsed.tree, *parsed.tree.find_all(nodes.Test)) if isinstance(node, nodes.Test)]
    return any(test.name == "unknown" for test in tests)


def inputs_of(text: str, context: Mapping[str, Any], history: History | None = None) -> dict[str, str]:
    """The values behind the names and questions of a condition, as the log shows them; `?` for what is not known."""
    named = (name.parts for name in condition_names(text) if name.parts[0] not in FIGURES)
    found = {".".join(parts): _shown(_look(context, parts)) for parts in named}
    return found | {ask.text: _shown(answer(ask, context, history)) for ask in condition_asks(text)}


def condition_asks(text: str) -> tuple[Ask, ...]:
    """What a condition asks of the past; nothing of one with problems."""
    parsed = parse_condition(text)
    return () if isinstance(parsed, Problem) else parsed.asks


def _look(value: Any, parts: tuple[str, ...]) -> Any:
    for part in parts:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _shown(value: Any) -> str:
    if value is None:
        return "?"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)[:40]


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
    of_history = ask_of(text, node)
    if of_history is not None:
        yield from [of_history] if isinstance(of_history, Problem) else []
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
        case nodes.Name(name=name) | nodes.Getattr(attr=name):
            help = Text("可以用 列表.has('值')", "LIST.has('value') can be used")
            yield _no(text, node.node, Text(f"条件里没有 {name}()", f"There is no {name}() in conditions"), help)
        case _:
            yield _no(text, node, Text("这里不能调用", "This cannot be called"))


# --- what it says


def _value(node: nodes.Node, case: _Case) -> Any:
    """The value of a node; None = unknown."""
    if case.questions and (ask := case.questions.get(id(node))):
        return answer(ask, case.context, case.history)
    return _RULES[type(node)](node, case)


def _name(node: Any, case: _Case) -> Any:
    return case.context.get(node.name)


def _attribute(node: Any, case: _Case) -> Any:
    owner = _value(node.node, case)
    return owner.get(node.attr) if isinstance(owner, Mapping) else None


def _item(node: Any, case: _Case) -> Any:
    owner, key = _value(node.node, case), node.arg.value
    if isinstance(owner, Mapping):
        return owner.get(key)
    inside = isinstance(owner, (list, tuple)) and isinstance(key, int) and -len(owner) <= key < len(owner)
    return owner[key] if inside else None


def _comparison(node: Any, case: _Case) -> Truth:
    def steps() -> Iterator[Truth]:
        left = _value(node.expr, case)
        for operand in node.ops:
            right = _value(operand.expr, case)
            yield COMPARISONS[operand.op](left, right)
            left = right

    return all_of(steps())


def _sum(node: Any, case: _Case) -> Any:
    try:
        return calculate(node.operator, _value(node.left, case), _value(node.right, case))
    except (NotNumbers, ArithmeticError):
        return None  # what cannot be calculated is unknown (semantics.md S6)


def _signed(node: Any, case: _Case) -> Any:
    try:
        value = _value(node.node, case)
        return negative(value) if node.operator == "-" else calculate("+", 0, value)
    except (NotNumbers, ArithmeticError):
        return None  # as above


def _call_value(node: Any, case: _Case) -> Truth:
    """`LIST.has(x)`; a subject's tags have their names."""
    if isinstance(node.node, nodes.Getattr) and node.node.attr == "has":
        owner, item = _value(node.node.node, case), _value(node.args[0], case)
        items = list(owner) if isinstance(owner, Mapping) else owner
        return contains(items, item) if isinstance(items, (list, tuple)) else None
    return None


def _test_value(node: Any, case: _Case) -> bool:
    return (_value(node.node, case) is None) is (node.name == "unknown")


def _branches(node: Any, case: _Case) -> Iterator[Truth]:
    yield truth(_value(node.left, case))
    yield truth(_value(node.right, case))


_RULES: dict[type[nodes.Node], Callable[[Any, _Case], Any]] = {
    nodes.Const: lambda node, _: node.value,
    nodes.List: lambda node, case: [_value(item, case) for item in node.items],
    nodes.Tuple: lambda node, case: [_value(item, case) for item in node.items],
    nodes.Name: _name,
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.And: lambda node, case: all_of(_branches(node, case)),
    nodes.Or: lambda node, case: any_of(_branches(node, case)),
    nodes.Not: lambda node, case: not_(truth(_value(node.node, case))),
    nodes.Compare: _comparison,
    nodes.Test: _test_value,
    nodes.Call: _call_value,
    nodes.Neg: _signed,
    nodes.Pos: _signed,
    **dict.fromkeys(_SUMS, _sum),
}
"""A node outside this table never gets here: `_refused` names it at check."""

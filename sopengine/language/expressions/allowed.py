"""A parsed template in, problems out for everything but the small part of Jinja that playbooks may use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import nodes

from sopengine.diagnostics import Text
from sopengine.language.expressions import filters, patterns
from sopengine.language.expressions.history import FIGURES, ask_of
from sopengine.language.expressions.sandbox import one_newline
from sopengine.language.expressions.syntax import PRIVATE, Problem, problem

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.Filter, nodes.Test, nodes.CondExpr, nodes.If, nodes.For, nodes.Assign, nodes.Concat, nodes.List,
    nodes.Tuple, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Add,
    nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Call, nodes.Keyword,
)  # fmt: skip
_RESERVED = frozenset(["self", "super", "caller", "varargs", "kwargs"])
_NOT_TO_SET = _RESERVED | {"loop", "range", *FIGURES}
_NOT_A_NUMBER = (nodes.List, nodes.Tuple, nodes.Concat)
_WORDS: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro", nodes.CallBlock: "call", nodes.FilterBlock: "filter", nodes.With: "with",
    nodes.Block: "block", nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "import",
    nodes.Extends: "extends", nodes.AssignBlock: "set … endset", nodes.NSRef: "set x.y", nodes.Dict: "{ … }",
    nodes.Pow: "**", nodes.Scope: "autoescape",
}  # fmt: skip
_MAX_LOOPS = 2


def forbidden(source: str, tree: nodes.Template) -> list[Problem]:
    """All of them, in written order."""
    found = list(_refused(source, tree, ()))
    return sorted(set(found), key=lambda p: (p.line, p.col))


def _refused(source: str, node: nodes.Node, loops: tuple[nodes.For, ...]) -> Iterator[Problem]:
    if not isinstance(node, _ALLOWED):
        yield _no(source, _spot_of(source, node), *_of_kind(node))
        return
    of_history = ask_of(source, node)
    if of_history is not None:
        yield from [of_history] if isinstance(of_history, Problem) else []
        return
    match node:
        case nodes.Filter():
            yield from _filter(source, node)
        case nodes.Test():
            yield from _test(source, node)
        case nodes.Call():
            yield from _call(source, node)
        case nodes.Name(name=name):
            yield from _private(source, node.lineno, name)
            if name in (_NOT_TO_SET if node.ctx == "store" else _RESERVED):
                yield _no(source, node.lineno, _word(name))
        case nodes.Getattr(attr=name) | nodes.Getitem(arg=nodes.Const(value=str() as name)):
            yield from _private(source, node.lineno + 1, name)
        case nodes.Mul():
            if any(_is_no_number(side) for side in (node.left, node.right)):
                text = Text("* 只用来乘数字，不能重复文字或列表", "* multiplies numbers, not texts or lists")
                yield _no(source, _spot_of(source, node), text)
        case nodes.CondExpr(expr2=None):
            text = Text("写在一行里的 if 要有 else", "An if inside a line needs an else")
            yield _no(source, node.lineno, text, Text("写成 甲 if 条件 else 乙", "Write A if CONDITION else B"))
        case nodes.For():
            yield from _loop(source, node, loops)
            loops = (*loops, node)
        case _:
            pass
    for child in node.iter_child_nodes():
        yield from _refused(source, child, loops)


def _no(source: str, spot: int, message: Text, help: Text | None = None) -> Problem:
    return problem(source, spot, message, help, kind="forbidden")


def _word(word: str) -> Text:
    return Text(f"模板里不能用 {word}", f"Templates may not use {word}")


def _of_kind(node: nodes.Node) -> tuple[Text, Text | None]:
    word = _word(_WORDS.get(type(node), type(node).__name__.lower()))
    if isinstance(node, (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        return word, Text("共用的文字请写成单独的消息", "Write shared texts as messages of their own")
    return word, None


def _spot_of(source: str, node: nodes.Node) -> int:
    """A sum or product stands at its first operand; its operator is what the author should see."""
    if isinstance(node, (nodes.Pow, nodes.Mul)):
        return one_newline(source).find(node.operator, node.lineno - 1) + 1 or node.lineno
    written = (inner.lineno for inner in (node, *node.find_all(nodes.Node)))
    return next(filter(None, written), 1)  # a few of Jinja's nodes have no place of their own


def _private(source: str, spot: int, name: str) -> Iterator[Problem]:
    if name.startswith("_") or "__" in name:
        yield _no(source, spot, PRIVATE)


def _is_no_number(node: nodes.Expr) -> bool:
    return isinstance(node, _NOT_A_NUMBER) or (isinstance(node, nodes.Const) and isinstance(node.value, str))


def _filter(source: str, node: nodes.Filter) -> Iterator[Problem]:
    if node.name not in filters.FILTERS:
        names = "、".join(filters.FILTERS)
        help = Text(f"可以用：{names}", f"These can be used: {names.replace('、', ', ')}")
        text = Text(f"没有「{node.name}」这个过滤器", f"There is no filter '{node.name}'")
        yield _no(source, node.lineno, text, help)
        return
    if not _fits(node, filters.FILTERS[node.name], 2 if node.name in ("select", "reject") else 1):
        text = Text(f"过滤器 {node.name} 的参数个数或名字不对", f"Filter {node.name} does not take these arguments")
        yield _no(source, node.lineno, text)
    first = node.args[0].value if node.args and isinstance(node.args[0], nodes.Const) else None
    if node.name in ("date", "time") and isinstance(first, str):
        yield from _pattern(source, node.args[0].lineno, first, node.name)
    if node.name in ("select", "reject") and node.args and not _is_test(first):
        yield _no(source, node.args[0].lineno, Text("这里要写测试的名字", "The name of a test stands here"), _TESTS)


def _fits(node: nodes.Filter | nodes.Test, called: Callable[..., Any], before: int) -> bool:
    """Does it take the written arguments, after the `before` ones that Jinja gives it?"""
    if node.dyn_args or node.dyn_kwargs:
        return False
    try:
        inspect.signature(called).bind(
            *[None] * (before + len(node.args)), **{str(pair.key): None for pair in node.kwargs}
        )
    except TypeError:
        return False
    return True


def _pattern(source: str, spot: int, pattern: str, kind: str) -> Iterator[Problem]:
    if unknown := patterns.bad_token(pattern, of_clock_only=kind == "time"):
        text = Text(f"{kind} 的格式里不认识「{unknown[:20]}」", f"'{unknown[:20]}' means nothing in a {kind} format")
        tokens = "HH H mm ss" if kind == "time" else "YYYY YY MM M DD D dddd ddd HH H mm ss"
        yield _no(source, spot, text, Text(f"可以用 {tokens}，例如 M月D日", f"Use {tokens}, e.g. YYYY-MM-DD"))


_TESTS = Text(
    "可以用 known、unknown、defined、even、odd、number、string、in 等",
    "known, unknown, defined, even, odd, number, string, in … can be used",
)


def _is_test(name: object) -> bool:
    return isinstance(name, str) and name in filters.TESTS


def _test(source: str, node: nodes.Test) -> Iterator[Problem]:
    if not _is_test(node.name):
        text = Text(f"没有「is {node.name}」这种判断", f"There is no test 'is {node.name}'")
        yield _no(source, node.lineno, text, _TESTS)
    elif not _fits(node, filters.TESTS[node.name], 1):
        text = Text(f"is {node.name} 后面的值不对", f"'is {node.name}' does not take these values")
        yield _no(source, node.lineno, text)


def _call(source: str, node: nodes.Call) -> Iterator[Problem]:
    plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs)
    match node.node:
        case nodes.Name(name="range") if plain and 1 <= len(node.args) <= 3:
            return
        case nodes.Getattr(attr="has") if plain and len(node.args) == 1:
            return
        case nodes.Getattr(attr=name) | nodes.Name(name=name):
            text = Text(f"不能调用 {name}()", f"{name}() cannot be called")
        case _:
            text = Text("这里不能调用", "This cannot be called")
    yield _no(source, node.node.lineno, text, Text("处理文字请用过滤器，例如 | upper", "Use filters, e.g. | upper"))


def _loop(source: str, node: nodes.For, outer: tuple[nodes.For, ...]) -> Iterator[Problem]:
    if node.recursive:
        yield _no(source, node.lineno, Text("循环不能写 recursive", "A loop may not be recursive"))
    if len(outer) >= _MAX_LOOPS:
        yield _no(source, node.lineno, Text("循环最多套两层", "Loops nest two deep at most"))
    elif outer and any(_counts(loop) for loop in (*outer, node)):
        yield _no(source, node.lineno, Text("用 range 的循环不能套循环", "Loops over range do not nest"))


def _counts(loop: nodes.For) -> bool:
    calls = [loop.iter, *loop.iter.find_all(nodes.Call)]
    return any(isinstance(call, nodes.Call) and isinstance(call.node, nodes.Name) for call in calls)

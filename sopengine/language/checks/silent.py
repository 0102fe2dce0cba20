"""A template → whether it can say anything at all, and what it prints that is no text: judged by its tree alone.

The dry run renders; this needs neither values nor a process, so that `check` tells it while somebody types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jinja2 import nodes

from sopengine.diagnostics import Text
from sopengine.language.expressions.plain import plain_names
from sopengine.language.expressions.syntax import Problem, parse_text, place

_TRUTHS = (nodes.Compare, nodes.Not, nodes.Test)
_LISTS = (nodes.List, nodes.Tuple)


class Odd(NamedTuple):
    """`line` and `col` count from 1 in the template."""

    code: str
    message: Text
    help: Text
    line: int
    col: int


def oddities(source: str) -> Iterator[Odd]:
    """SOP-T404 and T406 of a template without problems that is not blank as written."""
    if ("{{" not in source and "{%" not in source) or plain_names(source) is not None:
        return
    tree = parse_text(source)
    if isinstance(tree, Problem):
        return
    printed = [(node, called) for node in _printed(tree) if (called := _no_text(node)) is not None]
    for node, called in printed:
        message = Text(f"这里会打印出{called.zh}，不是文字", f"This prints {called.en}, which is no text")
        yield Odd("SOP-T406", message, _PRINT, *place(source, node.lineno))
    if not printed and not _speaks(tree.body):
        message = Text("这段模板怎么也出不来文字", "Whatever the values, no text comes of this template")
        yield Odd("SOP-T404", message, _WRITE, 1, 1)


_PRINT = Text(
    "列表用 join，是非用 if，可能没有的值写 | default('…')",
    "Use `join` for a list, `if` for yes or no, and `default('…')` for what may be missing",
)
_WRITE = Text("写上要发的内容，例如给 if 加上 else", "Write what is to be sent; give the `if` an `else`, for one")


def _printed(tree: nodes.Node) -> Iterator[nodes.Expr]:
    """Every value that may be printed, of an inline if both."""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if not isinstance(node, nodes.TemplateData):
                yield from _outcomes(node)


def _outcomes(node: nodes.Expr) -> Iterator[nodes.Expr]:
    if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
        yield from _outcomes(node.expr1)
        yield from _outcomes(node.expr2)
    else:
        yield node


def _no_text(node: nodes.Expr) -> Text | None:
    if isinstance(node, nodes.Const):
        if node.value is None:
            return Text("空值（none）", "`none`")
        return Text("是或否（true、false）", "true or false") if isinstance(node.value, bool) else None
    if isinstance(node, _LISTS):
        return Text("一个列表", "a list")
    return Text("是或否（true、false）", "true or false") if isinstance(node, _TRUTHS) else None


def _speaks(body: Sequence[nodes.Node]) -> bool:
    """Whether there are values with which some of it is not blank."""
    return any(_may_print(node) for node in body)


def _may_print(node: nodes.Node) -> bool:
    match node:
        case nodes.Output():
            return any(_may_print(part) for part in node.nodes)
        case nodes.TemplateData(data=text):
            return bool(text.strip())
        case nodes.Const(value=value):
            return not isinstance(value, str) or bool(value.strip())
        case nodes.CondExpr(expr1=one, expr2=other):
            return _may_print(one) or (other is not None and _may_print(other))
        case nodes.If():
            arms = [*([] if _never(node.test) else [node.body]), *(arm.body for arm in node.elif_), node.else_]
            return any(_speaks(arm) for arm in arms)
        case nodes.For():
            return _speaks(node.body) or _speaks(node.else_)
        case nodes.Assign():
            return False
    return True


def _never(test: nodes.Node) -> bool:
    return isinstance(test, nodes.Const) and not test.value

"""A parsed template or condition in, the names it reads out: `target.name`, `input.opening`, with their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jinja2 import nodes

NAMESPACES = frozenset(
    ["input", "target", "member", "event", "ask", "metric", "goal", "step", "slot", "campaign", "person"]
)
HISTORY = frozenset(["count", "streak", "last", "total", "rank"])
"""Functions over a subject's history; what stands in their brackets are events and metrics, not values."""
WINDOWS = frozenset(["since", "within"])


def step_word(step_id: str) -> str:
    """What `step.` is followed by in conditions and templates: `welcome.first-hello` is `step.welcome_first_hello`."""
    return step_id.replace("-", "_").replace(".", "_")


class Name(NamedTuple):
    """`target.name` is ("target", "name"). Lines and columns count from 1, columns in code points."""

    parts: tuple[str, ...]
    line: int
    col: int


class Chain(NamedTuple):
    """A name with its keys as far as they are written out; `spot` is 1 + the offset of its first letter, `local` says
    that the template itself made the value, by a loop or `set`."""

    parts: tuple[str, ...]
    spot: int
    local: bool


def chains(tree: nodes.Node) -> Iterator[Chain]:
    """Every name that is read, in written order."""
    yield from _walk(tree, {"range"})


def _walk(node: nodes.Node, bound: set[str]) -> Iterator[Chain]:
    match node:
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            yield from _chain(node, bound)
        case nodes.Call(node=nodes.Name(name=name)) if name in HISTORY and name not in bound:
            if name in ("total", "rank"):
                yield from _each(node.args, bound)
        case nodes.Call(node=nodes.Getattr(node=owner, attr=method)):
            yield from _walk(owner, bound)
            if method not in WINDOWS:
                yield from _each((*node.args, *node.kwargs), bound)
        case nodes.Filter(name="ranking"):
            return  # what stands before it and in its brackets are names of lists and metrics
        case nodes.For():
            yield from _walk(node.iter, bound)
            inner = bound | _stored(node.target) | {"loop"}
            yield from _each((*([node.test] if node.test else []), *node.body), inner)
            yield from _each(node.else_, bound)
        case nodes.Assign():
            yield from _walk(node.node, bound)
            bound |= _stored(node.target)
        case _:
            yield from _each(node.iter_child_nodes(), bound)


def _each(children: Iterable[nodes.Node], bound: set[str]) -> Iterator[Chain]:
    for child in children:
        yield from _walk(child, bound)


def _chain(node: nodes.Expr, bound: set[str]) -> Iterator[Chain]:
    keys: list[str] = []
    inner: nodes.Expr = node
    while True:
        match inner:
            case nodes.Getattr(node=owner, attr=key):
                keys.append(key)
            case nodes.Getitem(node=owner, arg=nodes.Const(value=str() as key)):
                keys.append(key)
            case nodes.Getitem(node=owner, arg=argument):
                keys.clear()
                yield from _walk(argument, bound)
            case nodes.Name(name=root):
                yield Chain((root, *reversed(keys)), inner.lineno, root in bound)
                return
            case _:
                yield from _walk(inner, bound)
                return
        inner = owner


def _stored(target: nodes.Node) -> set[str]:
    if isinstance(target, nodes.Name):
        return {target.name}
    return {name.name for name in target.find_all(nodes.Name)}

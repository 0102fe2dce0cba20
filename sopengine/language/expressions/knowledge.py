"""A condition or template in, what it says about names having a value out: which it needs, which it makes sure of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import nodes

from sopengine.language.expressions.names import Name, chains
from sopengine.language.expressions.syntax import Problem, parse_expression, parse_text, place

Names = frozenset[tuple[str, ...]]
_NONE: Names = frozenset()
_ASKING = ("known", "unknown", "defined", "undefined")


def needed_names(source: str, *, condition: bool) -> list[Name]:
    """Names that are read without being asked for (`is known`, `| default`) anywhere in the same text."""
    tree = parse_expression(source) if condition else parse_text(source)
    if isinstance(tree, Problem):
        return []
    asked_for = {chain.parts for node in _asking(tree) for chain in chains(node)}
    found = (chain for chain in chains(tree) if not chain.local and chain.parts not in asked_for)
    return [Name(chain.parts, *place(source, chain.spot)) for chain in found]


def _asking(tree: nodes.Node) -> Iterator[nodes.Node]:
    """What stands before `is known` and the like, or before `| default`."""
    for node in (tree, *tree.find_all((nodes.Test, nodes.Filter))):
        match node:
            case nodes.Test(name=name, node=inner) if name in _ASKING:
                yield inner
            case nodes.Filter(name="default", node=nodes.Expr() as inner):
                yield inner


def asks_for_unknown(condition: str) -> bool:
    """Whether it is tried even after a condition that cannot be answered (language.md, choose)."""
    tree = parse_expression(condition)
    if isinstance(tree, Problem):
        return False
    return any(isinstance(node, nodes.Test) and node.name == "unknown" for node in (tree, *tree.find_all(nodes.Test)))


@lru_cache(maxsize=1024)
def known_if(condition: str, answer: bool) -> Names:
    """Names that certainly have a value where the condition's answer is this one."""
    tree = parse_expression(condition)
    return _NONE if isinstance(tree, Problem) else _known(tree, answer)


def _known(node: nodes.Node, answer: bool) -> Names:
    match node:
        case nodes.Not(node=inner):
            return _known(inner, not answer)
        case nodes.And() | nodes.Or():
            left, right = _known(node.left, answer), _known(node.right, answer)
            return left | right if isinstance(node, nodes.And) is answer else left & right
        case nodes.Test(name="known", node=inner):
            return _names(inner) if answer else _NONE
        case nodes.Test(name="unknown", node=inner):
            return _NONE if answer else _names(inner)
        case nodes.Compare(ops=ops) if answer or len(ops) == 1:
            # a comparison with something unknown has no answer; only in a list one item may be enough
            sides = [node.expr, *(op.expr for op in ops if not isinstance(op.expr, nodes.List | nodes.Tuple))]
            return _NONE.union(*map(_names, sides))
        case nodes.Name() | nodes.Getattr() | nodes.Getitem() | nodes.Call():
            return _names(node)
    return _NONE


def _names(node: nodes.Node) -> Names:
    return frozenset(chain.parts for chain in chains(node))

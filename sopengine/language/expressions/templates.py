"""Message texts with {{ … }} in: their problems and names out, and, in the rendering process, text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jinja2 import nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.visitor import NodeTransformer

from sopengine.language.expressions.allowed import forbidden
from sopengine.language.expressions.decimals import NotNumbers
from sopengine.language.expressions.filters import Unprintable
from sopengine.language.expressions.history import FIGURES, Ask, ask_of, asks
from sopengine.language.expressions.names import Chain, Name, chains
from sopengine.language.expressions.plain import plain_names
from sopengine.language.expressions.sandbox import environment, one_newline
from sopengine.language.expressions.slips import half_braces
from sopengine.language.expressions.syntax import Problem, parse_anew, parse_text, place, slipped

ANSWERS = "_answers"
"""The namespace of what a text asks of the past, by `Ask.text`; no author can write a name like it."""
_MARKS = ("{{", "{%", "{#")


def check_template(source: str) -> list[Problem]:
    """Problems in written order; a syntax error comes alone. Parses only: nothing of the template runs."""
    marked = any(mark in source for mark in _MARKS)
    if (marked and plain_names(source) is None) or len(source) >= 10_000:
        tree = parse_text(source)
        if isinstance(tree, Problem):
            return [tree]
        if refused := forbidden(source, tree):
            return refused
    if "{% raw" in source:
        return []
    return [slipped(source, slip) for slip in half_braces(one_newline(source))]


def names_used(source: str) -> list[Name]:
    """Names read from outside the template, in written order; none of a template that cannot be parsed."""
    if not any(mark in source for mark in _MARKS):
        return []
    if (plain := plain_names(source)) is not None:
        return list(plain)
    tree = parse_text(source)
    if isinstance(tree, Problem):
        return []
    return [Name(chain.parts, *place(source, chain.spot)) for chain in chains(tree) if not chain.local]


def template_asks(source: str) -> tuple[Ask, ...]:
    """What a template without problems asks of the past, each once."""
    if not any(mark in source for mark in _MARKS) or plain_names(source) is not None:
        return ()
    tree = parse_text(source)
    return () if isinstance(tree, Problem) else tuple(dict.fromkeys(asks(source, tree)))


def paths_read(source: str) -> list[tuple[str, ...]]:
    """Where the data stands that a template reads: names by their parts, answers to what it asks under `ANSWERS`."""
    named = [name.parts for name in names_used(source) if name.parts[0] not in FIGURES]
    return [*named, *((ANSWERS, ask.text) for ask in template_asks(source))]


class _Answers(NodeTransformer):
    """Puts the place of its answer where a template asks of the past: who renders has no past to ask."""

    def __init__(self, source: str) -> None:
        self._source = source

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> Any:
        found = ask_of(self._source, node)
        if not isinstance(found, Ask):
            return super().visit(node, *args, **kwargs)
        answers = nodes.Name(ANSWERS, "load", lineno=node.lineno)
        return nodes.Getitem(answers, nodes.Const(found.text, lineno=node.lineno), "load", lineno=node.lineno)


class Failure(NamedTuple):
    """Why a template gave no text. `kind` as in `messages.model.Rendered`; `line` counts from 1, 0 if unknown."""

    kind: str
    reason: str
    line: int


class CompiledTemplate:
    """A checked template as code. Only the rendering process makes these: rendering may take for ever."""

    def __init__(self, source: str) -> None:
        self._source = source
        tree = parse_text(source)
        if isinstance(tree, Problem):
            raise ValueError(tree.message.en)
        self._tree: nodes.Template = tree
        env = environment()
        code = env.compile(_Answers(source).visit(parse_anew(source)) if template_asks(source) else tree)
        self._template = env.template_class.from_code(env, code, env.globals)

    def render(self, context: dict[str, Any]) -> str:
        """Raises whatever the template provokes; `explain` puts it into words."""
        return "".join(self._template.root_render_func(self._template.new_context(context)))

    def explain(self, error: Exception, context: Mapping[str, Any]) -> Failure:
        line = self._line(error)
        reason = " ".join(str(error).split())[:200]
        match error:
            case MemoryError():
                return Failure("limit", "needs too much memory", line)
            case UndefinedError():
                return Failure("undefined", f"undefined: {self._full_name(reason, context)}", line)
            case Unprintable():
                return Failure("object", reason, line)
            case ZeroDivisionError():
                return Failure("failed", "division by zero", line)
            case ArithmeticError():
                return Failure("failed", "a result beyond what can be calculated", line)
            case TypeError() if not isinstance(error, NotNumbers):
                return Failure("failed", "a value is of the wrong kind for what is done with it", line)
            case SecurityError():
                return Failure("forbidden", reason, line)
        return Failure("failed", reason or type(error).__name__, line)

    def _line(self, error: Exception) -> int:
        spot = 0
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_globals.get("root") is self._template.root_render_func:
                spot = self._template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return place(self._source, spot)[0] if spot else 0

    def _full_name(self, missing: str, context: Mapping[str, Any]) -> str:
        """The written name whose part `missing` was not found, e.g. target.nmae for nmae."""
        named = [chain for chain in chains(self._tree) if missing in chain.parts]
        absent = [chain for chain in named if not chain.local and _first_missing(chain, context) == missing]
        return ".".join((absent or named)[0].parts) if named else missing


def _first_missing(chain: Chain, context: Mapping[str, Any]) -> str:
    value: Any = context
    for part in chain.parts:
        if not isinstance(value, Mapping) or part not in value:
            return part
        value = value[part]
    return ""

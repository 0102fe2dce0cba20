"""The text of a template or condition in, Jinja's tree or one problem in plain words out; never raises."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Literal

from jinja2 import nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.parser import Parser
from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.language.expressions.sandbox import environment, one_newline
from sopengine.language.expressions.slips import Slip, ascii_of, half_braces, lonely_quote

MAX_BYTES = 64 * 1024
MAX_DEPTH = 50
"""Nesting of the tree; deeper ones would exhaust the stack of whoever walks it."""


class Problem(Struct, frozen=True):
    """A mistake inside a template or condition. Lines and columns count from 1 within the text, in code points."""

    kind: Literal["syntax", "forbidden"]
    line: int
    col: int
    length: int
    message: Text
    help: Text | None = None
    write: str = ""  # what should stand in place of the stretch; empty if that is not known


def place(source: str, spot: int) -> tuple[int, int]:
    """Line and column of a spot (1 + offset into the text with `\\n` line ends)."""
    starts = _line_starts(source)
    offset = max(spot - 1, 0)
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


@lru_cache(maxsize=64)
def _line_starts(source: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", one_newline(source)))]


_WORD = re.compile(r"\w+|\{\{|\}\}|\{%|%\}|\{#|\*\*|//|[=!<>]=|.", re.DOTALL)


def problem(
    source: str, spot: int, message: Text, help: Text | None = None, *, kind: Literal["syntax", "forbidden"] = "syntax"
) -> Problem:
    line, col = place(source, spot)
    found = _WORD.match(one_newline(source), max(spot - 1, 0))
    return Problem(kind, line, col, len(found.group()) if found else 1, message, help)


@lru_cache(maxsize=256)
def parse_text(source: str) -> nodes.Template | Problem:
    """A whole template."""
    return _bounded(source, expression=False)  # type: ignore[return-value]


def parse_anew(source: str) -> nodes.Template:
    """A template without problems as a tree of one's own, which may be changed."""
    return Parser(environment(), source).parse()


@lru_cache(maxsize=1024)
def parse_expression(source: str) -> nodes.Expr | Problem:
    """One expression, as a condition writes it."""
    if not source.strip():
        return Problem("syntax", 1, 1, 1, Text("条件是空的", "The condition is empty"))
    return _bounded(source, expression=True)  # type: ignore[return-value]


def _bounded(source: str, *, expression: bool) -> nodes.Node | Problem:
    if len(source) > MAX_BYTES or len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        text = Text("文字超过 64 KiB，请拆成几条", "The text is over 64 KiB; split it into several messages")
        return Problem("forbidden", 1, 1, 1, text)
    try:
        tree = _parsed(source, expression)
    except RecursionError:
        return Problem("syntax", 1, 1, 1, _TOO_DEEP)
    except TemplateSyntaxError as error:
        return _explained(source, error.lineno, str(error.message), expression)
    except (TemplateError, ValueError, OverflowError, MemoryError, SyntaxError, AssertionError, RuntimeError) as error:
        return _explained(source, 1, str(error), expression)
    deepest = _too_deep(tree)
    return problem(source, deepest, _TOO_DEEP) if deepest else tree


def _parsed(source: str, expression: bool) -> nodes.Node:
    env = environment()
    if not expression:
        return Parser(env, source).parse()
    parser = Parser(env, source, state="variable")
    tree = parser.parse_expression()
    if not parser.stream.eos:
        raise TemplateSyntaxError("chunk after expression", parser.stream.current.lineno)
    tree.set_environment(env)
    return tree


def _too_deep(tree: nodes.Node) -> int:
    """The spot of a node deeper than `MAX_DEPTH`, 0 if there is none; walks without recursion."""
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return 0
    return next((node.lineno for node in level if node.lineno), 1)


def slipped(source: str, slip: Slip) -> Problem:
    """A mistyped sign as a problem: what it is, and what to write instead."""
    line, col = place(source, slip.start + 1)
    help = Text(f"写成 {slip.write}", f"Write {slip.write}")
    return Problem("syntax", line, col, slip.end - slip.start, slip.message, help, slip.write)


_TOO_DEEP = Text("嵌套太深，请拆成几步写", "Nested too deeply; write it in several steps")
PRIVATE = Text("名字不能以下划线开头，也不能有两个连着的下划线", "Names have no leading or double underscore")


def _explained(source: str, spot: int, reason: str, expression: bool) -> Problem:
    """Jinja's reason in an operator's words."""
    text = one_newline(source)
    found = _WORD.match(text, max(spot - 1, 0))
    near = found.group() if found else ""
    if "too deep" in reason:
        return problem(source, spot, _TOO_DEEP)
    if reason.startswith("number too long"):
        return problem(source, spot, Text("数字太长", "The number is too long"))
    at = max(spot - 1, 0)
    if lonely := lonely_quote(text, at, expression=expression):
        return slipped(source, lonely)
    if sign := ascii_of(near):
        message = Text(f"这里用了全角的「{near}」，要用半角", f"A full-width {near} stands here")
        return slipped(source, Slip(at, at + len(near), message, sign))
    if not expression and (brace := next(half_braces(text), None)):
        return slipped(source, brace)
    if reason.startswith("unexpected char"):
        where = Text("条件里", "a condition") if expression else Text("{{ }} 和 {% %} 里", "{{ }} and {% %}")
        return problem(source, spot, Text(f"{where.zh}不认识「{near}」", f"'{near}' has no meaning in {where.en}"))
    if tag := re.match(r"Encountered unknown tag '(\w+)'", reason):
        return problem(source, spot, *_tag_texts(tag.group(1)))
    if open_tag := re.search(r"needs to be closed is '(\w+)'", reason):
        return problem(
            source,
            spot,
            Text(f"{{% {open_tag.group(1)} %}} 没有结尾", f"{{% {open_tag.group(1)} %}} is never closed"),
            Text(f"补上 {{% end{open_tag.group(1)} %}}", f"Add {{% end{open_tag.group(1)} %}}"),
        )
    if reason.startswith("Missing end of comment"):
        return problem(source, spot, Text("{# 没有结尾 #}", "{# is never closed by #}"))
    if reason.startswith("Missing end of raw"):
        return problem(source, spot, Text("{% raw %} 没有结尾", "{% raw %} is never closed by {% endraw %}"))
    if not expression and ("end of template" in reason or "end of print statement" in reason):
        return _unfinished(source, spot, near)
    if expression and "end of template" in reason:
        return problem(source, spot, Text("条件没有写完", "The condition is not finished"))
    if near == "=":
        message = Text("比较两个值用两个等号", "Two equals signs compare values")
        return problem(source, spot, message, Text("改成 ==", "Write =="))
    return problem(source, spot, Text(f"「{near}」处的写法看不懂", f"This cannot be read at '{near}'"))


def _tag_texts(tag: str) -> tuple[Text, Text | None]:
    if tag in ("else", "elif", "endif", "endfor", "endset"):
        return Text(f"{{% {tag} %}} 前面没有与它配对的开头", f"{{% {tag} %}} has no beginning"), None
    message = Text(f"没有 {{% {tag} %}} 这种写法", f"There is no tag {{% {tag} %}}")
    return message, Text("可以用 if、for、set", "if, for and set can be used")


def _unfinished(source: str, spot: int, near: str) -> Problem:
    if near == "}}":
        return problem(source, spot, Text("{{ }} 里没有写完", "What stands in {{ }} is not finished"))
    if near in ("{{", "{%"):
        return problem(source, spot, Text(f"{near} 没有结尾", f"{near} is never closed"))
    if spot >= len(one_newline(source).rstrip()) - len(near):
        return problem(source, spot, Text("{{ 没有用 }} 结尾", "{{ is never closed by }}"))
    message = Text(f"「{near}」不能接在这里，}}}} 前面多了字", f"'{near}' cannot follow here, before }}}}")
    return problem(source, spot, message, Text("文字要加引号；处理写成 值 | 过滤器", "Quote texts; filters follow a |"))

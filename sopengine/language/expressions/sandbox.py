"""The one Jinja environment: template text in; out come tokens that know their place, and code that sees plain data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any, cast

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError, TemplateRuntimeError, TemplateSyntaxError
from jinja2.lexer import TOKEN_FLOAT, TOKEN_INTEGER, TOKEN_OPERATOR, Lexer, Token, TokenStream, float_re, newline_re
from jinja2.runtime import Context, LoopContext, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context

from sopengine.diagnostics import Text
from sopengine.errors import SopError
from sopengine.language.expressions import filters
from sopengine.language.expressions.decimals import MAX_DIGITS, calculate, described, negative
from sopengine.language.expressions.three_valued import contains

OLDEST = (3, 1, 6)
"""Older releases let a template reach the program's environment (CVE-2025-27516, fixed in 3.1.6 of 2025-03-05)."""
MAX_BRACKETS = 20
MAX_RANGE = 1_000
LOOP_WORDS = frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0"})


class Missing(StrictUndefined):
    """An undefined value; its error carries the bare name that was not found."""

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_name)


class Has:
    """`LIST.has`, or that of a subject's tags, waiting for its argument."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = list(items)

    def __call__(self, item: Any) -> bool:
        found = contains(self._items, item)
        if found is None:
            raise TemplateRuntimeError(f"has() compares unlike values: {described(item)} is not in such a list")
        return found


def bounded_range(*args: int) -> range:
    numbers = range(*args)
    if len(numbers) > MAX_RANGE:
        raise TemplateRuntimeError(f"range() counts to {MAX_RANGE} at most")
    return numbers


def _compare(left: Any, *steps: tuple[str, Any]) -> bool:
    """A chain of comparisons, `(("gt", 3), ("lt", 9))` after its first value."""
    for operator, right in steps:
        if not filters.compared(left, operator, right):
            return False
        left = right
    return True


class _Generator(CodeGenerator):
    """Writes Decimal literals, comparisons and `~` as calls of our own; the rest is Jinja's."""

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:
        if isinstance(node.value, Decimal):
            self.write(f"environment.decimal({str(node.value)!r})")
        else:
            super().visit_Const(node, frame)

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("environment.compare(")
        self.visit(node.expr, frame)
        for operand in node.ops:
            self.write(f", ({operand.op!r}, ")
            self.visit(operand.expr, frame)
            self.write(")")
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.glue((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class PlaybookEnvironment(ImmutableSandboxedEnvironment):
    """Attributes are keys of plain data and nothing else; no global but a bounded `range`; nothing is calculated before
    rendering, so compiling is bounded by the template's length.

    A token's and a node's `lineno` is 1 + its offset in the text with line ends made `\\n`: exact columns for findings.
    """

    code_generator_class = _Generator
    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])
    intercepted_unops = frozenset(["+", "-"])
    decimal = staticmethod(Decimal)
    compare = staticmethod(_compare)

    def __init__(self) -> None:
        super().__init__(
            undefined=Missing,
            finalize=_print,
            autoescape=False,
            optimized=False,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.globals = {"range": bounded_range}
        self.filters = dict(filters.FILTERS)
        self.tests = dict(filters.TESTS)

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        return TokenStream(_tokens(self.lexer, one_newline(source), state), name, filename)

    @staticmethod
    def glue(parts: tuple[Any, ...]) -> str:
        return "".join(map(filters.text_of, parts))

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict:
            if attribute in obj:
                return obj[attribute]
            return Has(obj) if attribute == "has" else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, Undefined):
            str(obj)  # raises the error that names it
        if isinstance(obj, (list, tuple)) and attribute == "has":
            return Has(obj)
        if isinstance(obj, LoopContext) and attribute in LOOP_WORDS:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if type(obj) is dict and isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, Undefined):
            str(obj)  # raises the error that names it
        if isinstance(obj, (list, tuple, str)) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument) if isinstance(argument, (str, int)) else "[]")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        for side in (left, right):
            if isinstance(side, Undefined):
                str(side)  # raises the error that names it
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        return calculate(operator, left, right)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        if isinstance(arg, Undefined):
            str(arg)  # raises the error that names it
        return negative(arg) if operator == "-" else calculate("+", 0, arg)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        if __obj is bounded_range or isinstance(__obj, Has):
            return __obj(*args, **kwargs)
        raise SecurityError(f"{described(__obj)} cannot be called")


@pass_context  # with the context, so that Jinja prints no constant while it compiles
def _print(context: Context, value: Any) -> Any:
    return value if type(value) is str else filters.text_of(value)


def one_newline(source: str) -> str:
    """The text with every line end made `\\n`, as Jinja counts them; offsets are into this."""
    return newline_re.sub("\n", source) if "\r" in source else source


def _tokens(lexer: Lexer, source: str, state: str | None) -> Iterator[Token]:
    for token in lexer.wrap(_places(lexer, source, state)):
        if token.type == TOKEN_FLOAT:
            written = float_re.match(source, token.lineno - 1)
            digits = written.group().replace("_", "") if written else str(token.value)
            number = Decimal(digits)
            if abs(number.adjusted()) >= MAX_DIGITS:
                raise TemplateSyntaxError("number too long", token.lineno)
            yield Token(token.lineno, TOKEN_FLOAT, cast(str, number))  # Jinja itself puts a float here
        else:
            yield token


_OPENS, _CLOSES = re.compile(r"[(\[{]"), re.compile(r"[)\]}]")


def _places(lexer: Lexer, source: str, state: str | None) -> Iterator[tuple[int, str, str]]:
    """Jinja's raw tokens with their place instead of their line. Text between two tokens is only ever stripped blanks,
    so the next token is the next occurrence of its own text."""
    start = end = depth = 0
    tokens = lexer.tokeniter(source, None, None, state)
    while True:
        try:
            _, kind, text = next(tokens)
        except StopIteration:
            return
        except TemplateSyntaxError as error:
            unclosed = str(error.message).startswith("Missing end")
            raise TemplateSyntaxError(str(error.message), 1 + (start if unclosed else end)) from None
        start = source.find(text, end)
        end = start + len(text)
        if kind == TOKEN_OPERATOR:
            depth += bool(_OPENS.match(text)) - bool(_CLOSES.match(text))
            if depth > MAX_BRACKETS:
                raise TemplateSyntaxError("brackets too deep", start + 1)
        elif kind in (TOKEN_INTEGER, TOKEN_FLOAT):
            if len(text) > MAX_DIGITS:
                raise TemplateSyntaxError("number too long", start + 1)
            if not text.isascii():
                wide = next(n for n, sign in enumerate(text) if not sign.isascii())
                raise TemplateSyntaxError("unexpected char", start + 1 + wide)
        yield start + 1, kind, text


def _version_on_disk() -> str:
    from importlib import metadata  # 20 ms that no Jinja of today asks for

    return metadata.version("jinja2")


@cache
def environment() -> PlaybookEnvironment:
    """Built at first use; refuses a Jinja that is too old to be safe."""
    installed: str = getattr(jinja2, "__version__", "") or _version_on_disk()
    numbers = tuple(int(part) for part in re.findall(r"\d+", installed)[:3])
    if numbers < OLDEST:
        raise SopError(
            Text(f"Jinja2 {installed} 不安全，需要 3.1.6 或更新", f"Jinja2 {installed} is not safe; 3.1.6 is needed"),
            Text("运行 pip install --upgrade jinja2", "Run pip install --upgrade jinja2"),
        )
    return PlaybookEnvironment()

"""What a condition or text asks of the past: `count('order.paid').today`, `metric.gmv.week`, `rank('invited')`.

A node of a parsed text in, the Ask it stands for out; `answer` puts an Ask to a History.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from jinja2 import nodes
from msgspec import Struct
from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.language.expressions.names import HISTORY
from sopengine.language.expressions.syntax import Problem, parse_expression, problem
from sopengine.language.suggest import closest
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import duration_text, parse_anchor, parse_duration
from sopengine.timing.parse.anchors import anchor_text
from sopengine.timing.words import AnchorTime, Duration

DAYS = ("today", "yesterday", "week")
LENGTHS = ("since", "within")
FIGURES = ("metric", "goal")
OF_EVENTS = ("count", "streak", "last")
OF_METRICS = ("total", "rank")


class Window(Struct, frozen=True):
    """A stretch of the past, as written. `kind` is "" (everything), today, yesterday, week, since or within; `begin`
    belongs to since, `length` to within, and to since as an offset where its anchor's value is known."""

    kind: str = ""
    begin: date | datetime | AnchorTime | None = None
    length: Duration | None = None

    @property
    def text(self) -> str:
        if self.length is not None and self.kind == "within":
            return f".within('{duration_text(self.length)}')"
        if self.kind == "since":
            written = anchor_text(self.begin) if isinstance(self.begin, AnchorTime) else str(self.begin)
            return f".since('{written}')"
        return f".{self.kind}" if self.kind else ""


class Ask(Struct, frozen=True, eq=False):
    """`kind`: count, streak, last (`name` is an event); metric, total, rank, ranking (a metric; a ranking of `rows`);
    goal. `spot` is 1 + the offset of the name in the text; `quoted` says that a metric's name is a text there."""

    kind: str
    name: str
    window: Window = Window()
    rows: str = ""
    spot: int = 1
    quoted: bool = False

    def __eq__(self, other: object) -> bool:
        """The same question, wherever it stands."""
        return isinstance(other, Ask) and self._question == other._question

    def __hash__(self) -> int:
        return hash(self._question)

    @property
    def _question(self) -> tuple[str, str, Window, str]:
        return self.kind, self.name, self.window, self.rows

    @property
    def text(self) -> str:
        """One spelling for what is asked alike."""
        if self.kind in FIGURES:
            return f"{self.kind}.{self.name}{self.window.text}"
        if self.kind == "ranking":
            return f"{self.rows} | ranking('{self.name}{self.window.text}')"
        return f"{self.kind}('{self.name}'){self.window.text}"


class History(Protocol):
    """What is known about one subject at one moment; windows are read by the clock of its zone. None = unknown.

    A window of the kind `since` has a date or datetime as its `begin`, and `length` is added to it.
    """

    def count(self, event: str, window: Window) -> int | None:
        """How often the event happened to the subject."""

    def streak(self, event: str, window: Window) -> int | None:
        """Consecutive days with the event, up to today, or to yesterday where today has none yet."""

    def last(self, event: str, window: Window) -> Mapping[str, Any] | None:
        """The data of the newest one, and `at`; None where there was none."""

    def metric(self, name: str, window: Window) -> Any:
        """The value, of the subject's row where the metric has one for each; None where nothing was reported."""

    def goal(self, name: str, window: Window) -> Any:
        """What was planned for the window; everything for all days."""

    def total(self, metric: str, window: Window) -> Any:
        """Over all rows."""

    def rank(self, metric: str, window: Window) -> int | None:
        """1 for the largest value; equal values share a rank."""

    def ranking(self, rows: str, metric: str, window: Window) -> list[dict[str, Any]] | None:
        """`rank`, `name`, `value` and `id` of each row of an audience, role or source; unknown values come last."""


def answer(ask: Ask, context: Mapping[str, Any], history: History | None) -> Any:
    """None where nothing is known, or where a window's anchor has no value in `context`."""
    window = _anchored(ask.window, context)
    if history is None or window is None:
        return None
    match ask.kind:
        case "ranking":
            return history.ranking(ask.rows, ask.name, window)
        case "count" | "streak" | "last" | "metric" | "goal" | "total" | "rank":
            return getattr(history, ask.kind)(ask.name, window)
    raise ValueError(ask.kind)


def _anchored(window: Window, context: Mapping[str, Any]) -> Window | None:
    """`.since(ANCHOR)` with the anchor's value: an input by its bare name, else by its namespace."""
    if not isinstance(window.begin, AnchorTime):
        return window
    value: Any = context
    for part in window.begin.name.split(".") if "." in window.begin.name else ("input", window.begin.name):
        value = value.get(part) if isinstance(value, Mapping) else None
    return replace(window, begin=value, length=window.begin.offset) if isinstance(value, date) else None


# --- reading


def asks(text: str, tree: nodes.Node) -> Iterator[Ask]:
    """Every ask in a tree without problems, in written order."""
    found = ask_of(text, tree)
    if isinstance(found, Ask):
        yield found
        return
    for child in tree.iter_child_nodes():
        yield from asks(text, child)


def fields_asked(text: str, tree: nodes.Node) -> Iterator[tuple[Ask, str, int]]:
    """Fields of `last(EVENT)`, each with its spot."""
    for node in [tree, *tree.find_all(nodes.Getattr)]:
        if isinstance(node, nodes.Getattr) and node.attr not in DAYS:
            owner = ask_of(text, node.node)
            if isinstance(owner, Ask) and owner.kind == "last":
                yield owner, node.attr, node.lineno + 1


def ask_of(text: str, node: nodes.Node) -> Ask | Problem | None:
    """What `node` as a whole asks, or what is wrong with it; None where it is no question of the past."""
    match node:
        case nodes.Call(node=nodes.Name(name=name)) if name in HISTORY:
            return _function(text, name, node)
        case nodes.Filter(name="ranking"):
            return _ranking(text, node)
        case (
            nodes.Getattr(node=nodes.Name(name=root) as owner, attr=name)
            | nodes.Getitem(node=nodes.Name(name=root) as owner, arg=nodes.Const(value=str() as name))
        ) if root in FIGURES and not name.startswith("_"):
            return Ask(root, name, spot=owner.lineno)
        case nodes.Call(node=nodes.Getattr(node=owner, attr=word)) if word in LENGTHS:
            inner = ask_of(text, owner)
            return _windowed(text, node, inner, word, _length(text, node, word)) if inner else None
        case nodes.Getattr(node=owner, attr=word):
            inner = ask_of(text, owner)
            if not isinstance(inner, Ask):
                return inner
            if word in DAYS:
                return _windowed(text, node, inner, word, Window(word))
            return _no_such_word(text, node, inner, word)
    return None


def _windowed(text: str, node: nodes.Node, inner: Ask | Problem, word: str, window: Window | Problem) -> Ask | Problem:
    if isinstance(inner, Problem):
        return inner
    if inner.window.kind:
        message = Text(
            f"已经写了 {inner.window.text}，不能再写 .{word}",
            f"{inner.window.text} stands there; .{word} cannot follow",
        )
        return problem(text, _word_spot(node), message)
    return window if isinstance(window, Problem) else replace(inner, window=window)


def _no_such_word(text: str, node: nodes.Getattr, inner: Ask, word: str) -> Problem | None:
    if inner.kind == "last":
        return None  # a field of the event
    guess = closest(word, (*DAYS, *LENGTHS))
    message = Text(f"{inner.text} 后面没有「.{word}」", f"There is no .{word} of {inner.text}")
    help = _WINDOWS if guess is None else Text(f"是不是 {guess}？", f"Did you mean {guess}?")
    found = problem(text, _word_spot(node), message, help, kind="forbidden")
    return found if guess is None else replace(found, write=guess)


_WINDOWS = Text(
    "可以写 .today、.yesterday、.week、.since(锚点)、.within('7d')",
    "Known: .today, .yesterday, .week, .since(ANCHOR), .within('7d')",
)


def _function(text: str, name: str, node: nodes.Call) -> Ask | Problem:
    argument = _only_argument(text, name, node.args, node)
    if isinstance(argument, Problem):
        return argument
    if name in OF_EVENTS:
        event = dotted(argument)
        if event:
            return Ask(name, event, spot=_name_spot(argument))
        message = Text(f"{name}() 里要写事件的名字", f"{name}() takes the name of an event")
        return problem(
            text, argument.lineno, message, Text(f"例如 {name}('order.paid')", f"Such as {name}('order.paid')")
        )
    metric = _metric(text, argument)
    return metric if isinstance(metric, Problem) else replace(metric, kind=name)


def _ranking(text: str, node: nodes.Filter) -> Ask | Problem:
    argument = _only_argument(text, "ranking", node.args, node)
    if isinstance(argument, Problem):
        return argument
    metric = _metric(text, argument)
    if isinstance(metric, Problem):
        return metric
    rows = dotted(node.node) if node.node is not None else ""
    if not rows or "." in rows:
        message = Text(
            "ranking 前面要写人群、角色或数据源的名字", "An audience, a role or a source stands before ranking"
        )
        return problem(
            text, node.lineno, message, Text("例如 stores | ranking('gmv')", "Such as stores | ranking('gmv')")
        )
    return replace(metric, kind="ranking", rows=rows)


def _only_argument(text: str, name: str, args: list[nodes.Expr], node: Any) -> nodes.Expr | Problem:
    if len(args) == 1 and not (node.kwargs or node.dyn_args or node.dyn_kwargs):
        return args[0]
    return problem(text, node.lineno, Text(f"{name}() 里只写一个名字", f"{name}() takes one name"))


def _metric(text: str, node: nodes.Expr) -> Ask | Problem:
    """`metric.gmv`, or a text: `'gmv'`, `'gmv.today'`."""
    quoted = isinstance(node, nodes.Const) and isinstance(node.value, str)
    if quoted:
        assert isinstance(node, nodes.Const)
        inner = parse_expression(f"metric.{node.value}")
        found = ask_of(f"metric.{node.value}", inner) if isinstance(inner, nodes.Node) else inner
        spot = node.lineno + 1  # behind the quote
    else:
        found, spot = ask_of(text, node), node.lineno
    if isinstance(found, Ask) and found.kind == "metric":
        return replace(found, spot=spot, quoted=quoted)
    if isinstance(found, Problem):
        inside = problem(text, spot + (max(found.col - 1 - len("metric."), 0) if quoted else 0), found.message)
        return replace(found, line=inside.line, col=inside.col)
    message = Text("这里要写指标的名字", "The name of a metric is expected here")
    return problem(text, spot, message, Text("例如 'gmv' 或 'gmv.today'", "Such as 'gmv' or 'gmv.today'"))


def _length(text: str, node: nodes.Call, word: str) -> Window | Problem:
    argument = _only_argument(text, f".{word}", node.args, node)
    if isinstance(argument, Problem):
        return argument
    written = dotted(argument, quoted=True)
    try:
        if word == "within" and isinstance(argument, nodes.Const) and written:
            return Window(word, length=parse_duration(written))
        if word == "since" and written:
            return Window(word, parse_anchor(written.removeprefix("input.")))
    except TimeTextError as error:
        found = problem(text, argument.lineno + 1 + error.offset, error.message, error.help, kind="forbidden")
        return replace(found, length=error.length)
    example = "within('7d')" if word == "within" else "since(opening)"
    message = Text(f".{word}() 里要写{_WANTED[word].zh}", f".{word}() takes {_WANTED[word].en}")
    return problem(text, argument.lineno, message, Text(f"例如 .{example}", f"Such as .{example}"))


_WANTED = {
    "within": Text("加引号的时长", "a duration in quotes"),
    "since": Text("锚点，或加引号的日期", "an anchor, or a date in quotes"),
}


def dotted(node: nodes.Node, *, quoted: bool = True) -> str:
    """`order.paid` or `'order.paid'` as text; "" for anything else."""
    match node:
        case nodes.Const(value=str() as value) if quoted:
            return value
        case nodes.Name(name=name):
            return name
        case nodes.Getattr(node=owner, attr=name):
            before = dotted(owner, quoted=False)
            return f"{before}.{name}" if before else ""
    return ""


def _name_spot(node: nodes.Expr) -> int:
    """Where a name begins: behind its quote, or at its first letter."""
    if isinstance(node, nodes.Const):
        return node.lineno + 1
    while isinstance(node, nodes.Getattr):
        node = node.node
    return node.lineno


def _word_spot(node: nodes.Node) -> int:
    """Where the word behind the last dot begins; a Getattr stands at its dot."""
    return (node.node if isinstance(node, nodes.Call) else node).lineno + 1

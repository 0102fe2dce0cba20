"""What a text asks of the past → what is wrong with it: events, fields, metrics, lists, anchors that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import nodes
from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.language.checks.declared import Declared
from sopengine.language.checks.scope import Scope, meaning
from sopengine.language.events import fields_of
from sopengine.language.expressions.history import OF_EVENTS, Ask, asks, fields_asked
from sopengine.language.model import Playbook
from sopengine.language.named import FieldType
from sopengine.language.suggest import closest
from sopengine.timing.words import AnchorTime

_DATES = (FieldType.DATE, FieldType.DATETIME)


class Wrong(Struct, frozen=True):
    """`word` stands at `spot` (1 + its offset) of the text; `guess` is what it was meant to be."""

    code: str
    spot: int
    word: str
    message: Text
    guess: str | None = None
    help: Text | None = None


def wrong_asks(text: str, tree: nodes.Node, scope: Scope, playbook: Playbook, declared: Declared) -> Iterator[Wrong]:
    """In written order of what is asked; the text has no other problems."""
    for ask in asks(text, tree):
        yield from _wrong(ask, scope, playbook, declared)
    for ask, field, spot in fields_asked(text, tree):
        fields = fields_of(ask.name, playbook.events)
        if fields is not None and field not in (*fields, "at"):
            what = Text(f"事件 {ask.name} 的字段", f"field of {ask.name}")
            yield _unknown("SOP-R305", what, spot, field, (*fields, "at"))


def _wrong(ask: Ask, scope: Scope, playbook: Playbook, declared: Declared) -> Iterator[Wrong]:
    if scope.asked is not None:
        if ask.kind in OF_EVENTS or ask.quoted:  # the others begin with a name, which a script does not know either
            message = Text("话术里不能问发生过什么", "A script cannot ask what happened")
            yield Wrong("SOP-R305", ask.spot, ask.name, message)
        return
    if ask.kind in OF_EVENTS:
        if not declared.is_event(ask.name) and "events" not in declared.uncertain:
            help = Text("自己的事件要先在 events 里声明", "Events of your own are declared under `events`")
            yield _unknown("SOP-R312", Text("事件", "event"), ask.spot, ask.name, declared.events, help)
        elif not scope.subject:
            yield Wrong("SOP-R305", ask.spot, ask.name, _NOBODY, help=_PER_TARGET)
    elif ask.kind == "goal":
        pass  # its name is checked with all names
    elif ask.quoted and ask.name not in declared.metrics:
        if "metrics" not in declared.uncertain:
            help = Text("指标要先在 metrics 里声明", "Metrics are declared under `metrics`")
            yield _unknown("SOP-R305", Text("指标", "metric"), ask.spot, ask.name, declared.metrics, help)
    else:
        yield from _of_metric(ask, scope, playbook)
    if ask.kind == "ranking":
        yield from _rows(ask, playbook, declared)
    yield from _anchor(ask, scope, declared, playbook)


def _of_metric(ask: Ask, scope: Scope, playbook: Playbook) -> Iterator[Wrong]:
    metric = playbook.metrics.get(ask.name)
    if metric is None:
        return  # its name is checked with all names, or its declaration is wrong
    if ask.kind in ("rank", "ranking") and not metric.per:
        message = Text(
            f"指标 {ask.name} 没有写 per，排不出名次", f"The metric {ask.name} has no `per`; nothing to rank"
        )
        help = Text("在 metrics 里给它加上 per，例如 per: store", "Add `per` to it under `metrics`, such as per: store")
        yield Wrong("SOP-R305", ask.spot, ask.name, message, help=help)
    elif ask.kind in ("rank", "metric") and metric.per and not scope.subject:
        message = Text(
            f"指标 {ask.name} 按 {metric.per} 各有一个值，这里没有哪一个 {metric.per}",
            f"The metric {ask.name} has a value for each {metric.per}, and none is spoken of here",
        )
        help = Text(f"合计写 total(metric.{ask.name})", f"For all of them write total(metric.{ask.name})")
        yield Wrong("SOP-R305", ask.spot, ask.name, message, help=help)


_NOBODY = Text("这里没有哪一个目标，问不出它的历史", "Nobody is spoken of here whose history this could be")
_PER_TARGET = Text("要按目标判断，就在步骤上写 to", "Write `to` on the step to judge each target")


def _rows(ask: Ask, playbook: Playbook, declared: Declared) -> Iterator[Wrong]:
    sources = {a.source for a in playbook.audiences.values()} | {r.source for r in playbook.roles.values()}
    known = [*declared.receivers, *sorted(filter(None, sources))]
    if ask.rows not in known and not {"audiences", "roles"} & declared.uncertain:
        what = Text("人群、角色或数据源", "audience, role or source")
        yield _unknown("SOP-R302", what, ask.spot, ask.rows, known)


def _anchor(ask: Ask, scope: Scope, declared: Declared, playbook: Playbook) -> Iterator[Wrong]:
    begin = ask.window.begin
    if not isinstance(begin, AnchorTime):
        return
    parts = tuple(begin.name.split("."))
    if len(parts) > 1:
        if meaning(parts, scope, declared) is not None:
            yield _unknown("SOP-R303", Text("时间锚点", "anchor"), ask.spot, begin.name, ())
        return
    anchors = [name for name, one in playbook.inputs.items() if one.type in _DATES]
    if begin.name not in anchors and "inputs" not in declared.uncertain:
        help = Text("锚点是 inputs 里类型为 date 或 datetime 的输入", "An anchor is an input of type date or datetime")
        yield _unknown("SOP-R303", Text("时间锚点", "anchor"), ask.spot, begin.name, anchors, help)


def _unknown(code: str, what: Text, spot: int, word: str, known: Iterable[str], help: Text | None = None) -> Wrong:
    guess = closest(word, known)
    message = Text(
        f"没有{what.zh} `{word}`" + (f"，是不是 `{guess}`？" if guess else ""),
        f"There is no {what.en} `{word}`" + (f"; did you mean `{guess}`?" if guess else ""),
    )
    return Wrong(code, spot, word, message, guess, None if guess else help)

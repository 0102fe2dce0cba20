"""YAML text in; plain data out, and beside it the place of every key and value.

Events come from libyaml, whose event parser is iterative; without libyaml the pure parser gives the same events.
They are counted and their depth is limited before anything is built, aliases and merges as expanded.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from sopengine.diagnostics import Path, Text
from sopengine.language.reading.composed import DEPTH, NODES, Composed, Shared, TooLarge
from sopengine.language.reading.escapes import forbidden, written_escape
from sopengine.language.reading.mending import Mended
from sopengine.language.reading.scalars import resolve
from sopengine.language.reading.spots import Event, RawSpot, Sheet, Span, Spots

EventParser: Any = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
Scalar: Any = yaml.ScalarEvent
MappingStart: Any = yaml.MappingStartEvent
SequenceStart: Any = yaml.SequenceStartEvent
Alias: Any = yaml.AliasEvent

MOST = 300
"""Findings after which a file's further ones are not worth their time."""
_COLON = re.compile(r"[ \t]*:")
_CORE = "tag:yaml.org,2002:"


def compose(file: str, mended: Mended) -> Composed:
    """Raises yaml.YAMLError where the text is not YAML, TooLarge beyond the limits."""
    sheet = Sheet(file, mended)
    try:
        return _Composer(sheet).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        if mark is not None and "nesting depth" in str(getattr(error, "problem", "")):  # libyaml's own limit
            raise _too_deep(sheet, (mark.line, mark.column, mark.line, mark.column)) from None
        raise


def _too_deep(sheet: Sheet, span: Span) -> TooLarge:
    return TooLarge(Text(f"嵌套超过 {DEPTH} 层", f"Nested deeper than {DEPTH} levels"), sheet.place(span))


class _Composer:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.parser = EventParser(sheet.mended.text)
        self.next = self.parser.get_event
        self.spots: dict[Path, RawSpot] = {}
        self.out = Composed(Spots(sheet, self.spots))
        self.nodes = 0
        self.end = (0, 0)  # of the last value read
        self.anchors: dict[str, Shared | None] = {}  # None while the anchored value is being read
        self.unused: dict[str, bool] = {}

    def document(self) -> Composed:
        out = self.out
        self.next()  # the stream's start
        event = self.next()
        if isinstance(event, yaml.DocumentStartEvent):
            first = self.next()
            out.empty = isinstance(first, Scalar) and first.value == "" and not first.style
            out.data = self.node(first, (), None, 0)
            self.next()  # the document's end
            event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            self.report(
                "SOP-Y112",
                Text("这里开始了第二份文档，一个文件只能有一份", "A second document starts here; a file holds one"),
                self.sheet.span(event),
                Text("删掉“---”，或者把后面的内容放进另一个文件", "Delete '---', or move the rest into another file"),
            )
        out.suspicious = out.suspicious or any(self.unused.values())
        return out

    def report(self, code: str, message: Text, span: Span, help: Text) -> None:
        if len(self.out.findings.items) < MOST:
            self.out.findings.add(code, message, self.sheet.place(span), help=help)

    def count(self, event: Event, depth: int, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > NODES:
            message = Text(f"文件展开后超过 {NODES} 个值", f"The file expands to more than {NODES} values")
            raise TooLarge(message, self.sheet.place(self.sheet.span(event)))
        if depth > DEPTH:
            raise _too_deep(self.sheet, self.sheet.span(event))

    # --- values

    def node(self, event: Event, path: Path, key: Span | None, depth: int) -> Any:
        if isinstance(event, Alias):
            return self.alias(event, path, key, depth)
        self.count(event, depth, 1)
        anchor = event.anchor
        if anchor is None:
            return self.value(event, path, key, depth)
        self.anchors[anchor] = None
        self.unused[anchor] = isinstance(event, Scalar) and not event.style and event.value != ""
        before = self.nodes
        data = self.value(event, path, key, depth)
        self.anchors[anchor] = Shared(data, path, self.spots, self.nodes - before + 1)
        return data

    def value(self, event: Event, path: Path, key: Span | None, depth: int) -> Any:
        data: Any
        if isinstance(event, Scalar):
            data = self.scalar(event)
            span = self.sheet.span(event)
            self.end = span[2:]
            self.spots[path] = RawSpot(key, span, event.style or "")
            return data
        mapping = isinstance(event, MappingStart)
        if event.tag is not None and event.tag != _CORE + ("map" if mapping else "seq"):
            self.bad_tag(event)
        self.end = (event.end_mark.line, event.end_mark.column)
        data = self.mapping(event, path, depth) if mapping else self.sequence(path, depth)
        self.spots[path] = RawSpot(key, (event.start_mark.line, event.start_mark.column, *self.end), "")
        return data

    def sequence(self, path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            items.append(self.node(event, (*path, len(items)), None, depth + 1))
        self.close(event)
        return items

    def close(self, event: Event) -> None:
        """A block collection ends where its last value ends; only a flow one has a bracket to mark its end."""
        if event.end_mark.index > event.start_mark.index:
            self.end = (event.end_mark.line, event.end_mark.column)

    def mapping(self, start: Event, path: Path, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        firsts: dict[str, Span] = {}
        merges: list[tuple[Any, dict[Path, RawSpot], Event, Span]] = []
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.key(event, depth)
            value = self.next()
            if key is None:
                self.aside(value, depth)
                continue
            span = self.sheet.span(event)
            if key == "<<" and not event.style:
                merges.append((*self.aside(value, depth), value, span))
            elif key in firsts:
                self.duplicate(key, span, firsts[key])
                self.aside(value, depth)
            elif start.flow_style and self.lost_in_braces(event, value):
                self.aside(value, depth)
            else:
                firsts[key] = span
                data[key] = self.node(value, (*path, key), span, depth + 1)
        self.close(event)
        for merged, spots, value, span in merges:
            self.merge(data, path, merged, spots, value, span)
        return data

    def key(self, event: Event, depth: int) -> str | None:
        """The key's text; None, with a finding, where it cannot be one."""
        if isinstance(event, Scalar) and (event.value or event.style):
            if event.tag not in (None, "!", _CORE + "str"):
                self.bad_tag(event)
            return self.without_forbidden(event)
        self.report(
            "SOP-Y102",
            Text("冒号前面的键必须是一个词", "What stands before the colon must be a word"),
            self.sheet.span(event),
            Text("如果这是文字，给整段加引号", "If this is text, put quotes round all of it"),
        )
        if isinstance(event, MappingStart | SequenceStart):
            self.out.suspicious = True
            self.aside(event, depth)
        return None

    def aside(self, event: Event, depth: int) -> tuple[Any, dict[Path, RawSpot]]:
        """Reads a value that has no path of its own in the result; its spots are kept apart."""
        kept, self.spots = self.spots, {}
        data, spots = self.node(event, (), None, depth + 1), self.spots
        self.spots = kept
        return data, spots

    def duplicate(self, key: str, span: Span, first: Span) -> None:
        self.report(
            "SOP-Y103",
            Text(
                f'键 "{key}" 写了两次，第一次在第 {first[0] + 1} 行',
                f'The key "{key}" is written twice, first in line {first[0] + 1}',
            ),
            span,
            Text("删掉其中一个，或者改个名字", "Delete one of the two, or rename it"),
        )

    def lost_in_braces(self, key: Event, value: Event) -> bool:
        """`{text: 你好, 世界}`: 世界 is a key without a value."""
        if not isinstance(value, Scalar) or value.value or value.style or key.style:
            return False
        if _COLON.match(self.sheet.lines[key.end_mark.line], key.end_mark.column):
            return False
        self.out.suspicious = True
        self.report(
            "SOP-Y113",
            Text(f"花括号里的“{key.value}”没有值", f'"{key.value}" has no value in the braces'),
            self.sheet.span(key),
            Text(
                '如果是逗号把文字切断了，给文字加引号：{text: "你好, 世界"}',
                'If a comma splits a text, put the text in quotes: {text: "Hello, world"}',
            ),
        )
        return True

    # --- aliases and merges

    def alias(self, event: Event, path: Path, key: Span | None, depth: int) -> Any:
        span = self.sheet.span(event)
        self.end = (event.end_mark.line, event.end_mark.column)
        name = event.anchor
        shared = self.anchors.get(name)
        if shared is None:
            self.count(event, depth, 1)
            self.spots[path] = RawSpot(key, span, "")
            self.unknown_alias(name, span)
            return f"*{name}"
        self.unused[name] = False
        self.count(event, depth, shared.nodes)
        data = self.graft(shared.data, shared.spots, shared.path, path, depth, event)
        self.spots[path] = self.spots[path]._replace(key=key, value=span)
        return data

    def unknown_alias(self, name: str, span: Span) -> None:
        self.out.suspicious = True
        help = Text(f'如果这是文字，加引号："*{name}"', f'If this is text, put it in quotes: "*{name}"')
        if name in self.anchors:
            message = Text(f"*{name} 引用了它自己所在的内容", f"*{name} refers to the value that it stands in")
            self.report("SOP-Y109", message, span, help)
        else:
            message = Text(
                f"没有叫 &{name} 的锚点，*{name} 没有所指", f"*{name} needs an anchor &{name}; there is none"
            )
            self.report("SOP-Y106", message, span, help)

    def graft(self, data: Any, spots: dict[Path, RawSpot], source: Path, target: Path, depth: int, event: Event) -> Any:
        """A copy of `data` with its places, so that no two paths share one object."""
        self.count(event, depth, 0)
        self.spots[target] = spots[source]
        if isinstance(data, dict):
            return {k: self.graft(v, spots, (*source, k), (*target, k), depth + 1, event) for k, v in data.items()}
        if isinstance(data, list):
            return [self.graft(v, spots, (*source, i), (*target, i), depth + 1, event) for i, v in enumerate(data)]
        return data

    def merge(
        self, data: dict[str, Any], path: Path, merged: Any, spots: dict[Path, RawSpot], event: Event, span: Span
    ) -> None:
        """Adds the keys of `merged`, a mapping or a list of them, that `data` does not have; the earlier one wins."""
        sources = [((i,), one) for i, one in enumerate(merged)] if isinstance(merged, list) else [((), merged)]
        for source, one in sources:
            if not isinstance(one, dict):
                self.report(
                    "SOP-Y102",
                    Text("<< 后面要写一个键值结构的引用", "<< takes a reference to a mapping"),
                    span,
                    Text("例如：<<: *common", "For example: <<: *common"),
                )
                return
            for key, value in one.items():
                if key not in data:
                    data[key] = self.graft(value, spots, (*source, key), (*path, key), len(path) + 1, event)

    # --- scalars

    def scalar(self, event: Event) -> Any:
        text = self.without_forbidden(event) if event.style == '"' else event.value
        if event.tag is None:
            return text if event.style else resolve(text)
        if event.tag in ("!", _CORE + "str"):
            return text
        value = resolve(event.value)
        kind = {"bool": bool, "int": int, "null": type(None)}.get(event.tag.removeprefix(_CORE))
        number = value is not None and not isinstance(value, str | bool)
        if (kind is not None and type(value) is kind) or (number and event.tag == _CORE + "float"):
            return value
        self.bad_tag(event)
        return text

    def bad_tag(self, event: Event) -> None:
        mark = event.start_mark
        written = self.sheet.properties(event).strip() or event.tag
        self.report(
            "SOP-Y114",
            Text(f"这里不接受标签 {written}", f"The tag {written} is not taken here"),
            (mark.line, mark.column, mark.line, mark.column + len(written)),
            Text("删掉它；如果它是文字，给整段加引号", "Delete it; if it is text, put quotes round all of it"),
        )

    def without_forbidden(self, event: Event) -> str:
        """The text; control characters that were written as escapes become a finding and are left out."""
        text: str = event.value
        bad = forbidden(text)
        if not bad:
            return text
        start, end = event.start_mark, event.end_mark
        span = written_escape(bad[0], self.sheet.lines, (start.line, start.column, end.line, end.column))
        name = f"U+{ord(bad[0]):04X}"
        self.report(
            "SOP-Y110",
            Text(f"引号里的转义写出了控制字符 {name}", f"An escape writes the control character {name}"),
            span,
            Text("删掉这个转义；换行写 \\n", "Delete the escape; a line break is written \\n"),
        )
        return "".join(c for c in text if c not in bad)

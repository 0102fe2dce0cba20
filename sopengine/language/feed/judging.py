"""What all lines of a feed have in common: names that were meant, texts, moments, typed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.language.feed.records import Feed, Record
from sopengine.language.inputs import typed_value
from sopengine.language.named import Field, Fields, FieldType
from sopengine.language.suggest import closest

AHEAD = timedelta(minutes=10)
"""How far another machine's clock may be ahead of ours."""
LONGEST = 200
"""Characters of an id."""


class Judge(Struct):
    """Judges one record after the other; each answers None, or nothing, after a finding."""

    feed: Feed
    now: datetime
    zone: ZoneInfo

    def unknown(self, code: str, what: Text, name: str, known: Iterable[str], record: Record, key: str) -> None:
        names = list(known)
        guess = closest(name, names)
        shown = name[:40]
        message = Text(
            f"没有{what.zh} {shown}" + (f"，是不是 {guess}？" if guess else ""),
            f"There is no {what.en} {shown}" + (f"; did you mean {guess}?" if guess else ""),
        )
        listed = "、".join(names[:20]), ", ".join(names[:20])
        help = Text(f"可以写：{listed[0]}", f"Known: {listed[1]}") if names and not guess else None
        self.feed.report(code, message, record.line, key, help)

    def identity(self, record: Record, key: str, *, required: bool, what: Text) -> str | None:
        """A text of one line; "" where it is not given and need not be."""
        value = record.values.get(key)
        if value is None or value == "":
            if not required:
                return ""
            message = Text(f"没有写 {key}：{what.zh}", f"{key} is missing: {what.en}")
            self.feed.report("SOP-S201", message, record.line)
            return None
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if text and len(text) <= LONGEST and text.isprintable():
            return text
        message = Text(f"{key} 要写一个编号：一行以内的文字", f"{key} is an id: one short line of text")
        self.feed.report("SOP-R311", message, record.line, key)
        return None

    def moment(self, record: Record) -> datetime | None:
        """When it was; now, unless said. Not later than now."""
        raw = record.values.get("at")
        if raw is None or raw == "":
            return self.now
        value, problem = typed_value(FieldType.DATETIME, raw, str(self.zone))
        if not isinstance(value, datetime):
            assert problem is not None
            self.feed.report("SOP-R311", Text(f"at {problem.zh}", f"at {problem.en}"), record.line, "at")
        elif value > self.now + AHEAD:
            message = Text("at 还没有到：只登记已经发生的事", "at has not come yet: tell what has happened")
            help = Text("演练时用 --now 说明现在是什么时候", "In a rehearsal say with --now what time it is")
            self.feed.report("SOP-R311", message, record.line, "at", help)
        else:
            return value
        return None

    def fields(self, of: Text, given: Mapping[str, Any], fields: Fields, record: Record) -> dict[str, Any] | None:
        """The given values, typed; None where one of them is wrong or a required one is missing."""
        typed: dict[str, Any] = {}
        whole = True
        for name, raw in given.items():
            field = fields.get(name)
            if field is None:
                what = Text(f"{of.zh}的字段", f"field of {of.en}")
                self.unknown("SOP-R305", what, name, fields, record, name)
                whole = False
            elif raw is not None and raw != "":
                value, problem = typed_value(field.type, raw, str(self.zone), field.choices)
                if problem is not None:
                    message = Text(f"{name} {problem.zh}", f"{name} {problem.en}")
                    self.feed.report("SOP-R311", message, record.line, name, choices(field))
                    whole = False
                typed[name] = value
        for field in fields.values():
            if field.required and typed.get(field.name) is None and field.name not in given:
                message = Text(f"{of.zh}缺少 {called(field).zh}", f"{of.en} lacks {called(field).en}")
                self.feed.report("SOP-S201", message, record.line)
                whole = False
        return typed if whole else None


def called(field: Field) -> Text:
    """A field by its name, and what people call it."""
    return (
        Text(f"{field.name}（{field.title}）", f"{field.name} ({field.title})")
        if field.title
        else Text(*[field.name] * 2)
    )


def choices(field: Field) -> Text | None:
    if not field.choices:
        return None
    return Text(f"可以写：{'、'.join(field.choices)}", f"One of: {', '.join(field.choices)}")

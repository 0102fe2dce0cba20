"""Lines about events, and what is declared of them, in; typed events out, each with an identity of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from sopengine.diagnostics import Findings, Text
from sopengine.language.events import BUILT_IN, fields_of
from sopengine.language.feed.judging import Judge
from sopengine.language.feed.records import Form, Record, open_feed, records
from sopengine.language.named import Fields

OWN_KEYS = ("event", "subject", "at", "id", "data")
"""What a line says itself; everything else in it is a field of the event."""
_EVENT = Text("事件", "event")


class Told(Struct, frozen=True):
    """An event as it was told. `dedupe` is its own id, else derived from all of it where its time was given; "" where
    nothing tells it from another one."""

    event: str
    subject: str
    data: Mapping[str, Any]
    at: datetime
    dedupe: str
    line: int


def read_events(
    data: bytes,
    file: str,
    form: Form,
    declared: Mapping[str, Fields],
    findings: Findings,
    *,
    now: datetime,
    zone: ZoneInfo,
    event: str = "",
) -> tuple[list[Told], int]:
    """The events of the right lines in written order, and the number of wrong lines. `event` holds for lines that name
    none; times without an offset are in `zone`."""
    feed = open_feed(data, file, form, findings)
    judge = Judge(feed, now, zone)
    found = list(_judged(judge, declared, event))
    feed.close()
    return found, len(feed.wrong)


def _judged(judge: Judge, declared: Mapping[str, Fields], event: str) -> Iterator[Told]:
    alike: Counter[str] = Counter()
    for record in records(judge.feed):
        if told := _told(judge, record, declared, event, alike):
            yield told


def _told(judge: Judge, record: Record, declared: Mapping[str, Fields], event: str, alike: Counter[str]) -> Told | None:
    name = str(record.values.get("event") or event)
    if not name:
        message = Text("没有写 event：哪个事件", "event is missing: which one")
        judge.feed.report("SOP-S201", message, record.line)
        return None
    fields = fields_of(name, declared)
    if fields is None:
        judge.unknown("SOP-R312", _EVENT, name, [*BUILT_IN, *declared], record, "event")
        return None
    subject = judge.identity(
        record, "subject", required=True, what=Text("群或会员的编号", "the group's or member's id")
    )
    dedupe = judge.identity(record, "id", required=False, what=Text("", ""))
    at = judge.moment(record)
    given = _given(judge, record)
    data = None if given is None else judge.fields(Text(f"事件 {name} ", f"the event {name}"), given, fields, record)
    if subject is None or dedupe is None or at is None or data is None:
        return None
    if not dedupe and record.values.get("at"):
        dedupe = identity(name, subject, at, data, alike)
    return Told(name, subject, data, at, dedupe, record.line)


def _given(judge: Judge, record: Record) -> dict[str, Any] | None:
    """The fields of a line, written in `data` or beside `event`."""
    inner = record.values.get("data", {})
    if not isinstance(inner, Mapping):
        message = Text("data 要写成 { … }", "data is a { … }")
        judge.feed.report("SOP-S202", message, record.line, "data")
        return None
    return {**{key: value for key, value in record.values.items() if key not in OWN_KEYS}, **inner}


def identity(name: str, subject: str, at: datetime, data: Mapping[str, Any], alike: Counter[str]) -> str:
    """The same for the same event told again, in this file or another; of several that are alike in one file each has
    its own."""
    said = json.dumps(
        [name, subject, at.astimezone(UTC).isoformat(), {key: str(data[key]) for key in sorted(data)}],
        ensure_ascii=False,
    )
    alike[said] += 1
    return "told:" + blake2b(f"{alike[said]}{said}".encode(), digest_size=16).hexdigest()

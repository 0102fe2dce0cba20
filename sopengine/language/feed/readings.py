"""Lines with values of metrics, and the metrics that take them, in; typed readings out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from zoneinfo import ZoneInfo

from msgspec import Struct

from sopengine.diagnostics import Findings, Text
from sopengine.language.expressions.decimals import calculate
from sopengine.language.feed.judging import Judge
from sopengine.language.feed.records import Form, Record, open_feed, records
from sopengine.language.inputs import typed_value
from sopengine.language.named import FieldType

OWN_KEYS = ("metric", "value", "for", "at", "id")
_METRIC = Text("指标", "metric")
_SHARE = re.compile(r"(.*[0-9])\s*[%％]")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


class Takes(Struct, frozen=True):
    """A metric whose values come from outside. `per` names the column it is counted by, `rows` the ids that are known
    in it (empty: not known). `computed` says how one comes about that takes none."""

    per: str = ""
    rows: Collection[str] = ()
    computed: str = ""


class ToldValue(Struct, frozen=True):
    metric: str
    value: int | Decimal
    at: datetime
    about: str
    dedupe: str
    line: int


def read_readings(
    data: bytes,
    file: str,
    form: Form,
    metrics: Mapping[str, Takes],
    findings: Findings,
    *,
    now: datetime,
    zone: ZoneInfo,
    metric: str = "",
) -> tuple[list[ToldValue], int]:
    """The values of the right lines in written order, and the number of wrong lines. `metric` holds for lines that name
    none."""
    feed = open_feed(data, file, form, findings)
    judge = Judge(feed, now, zone)
    found = [told for record in records(feed) for told in _told(judge, record, metrics, metric)]
    feed.close()
    return found, len(feed.wrong)


def _told(judge: Judge, record: Record, metrics: Mapping[str, Takes], metric: str) -> Iterator[ToldValue]:
    name = str(record.values.get("metric") or metric)
    takes = metrics.get(name)
    if takes is None:
        judge.unknown("SOP-R305", _METRIC, name, metrics, record, "metric")
        return
    if takes.computed:
        message = Text(
            f"指标 {name} 由 {takes.computed} 算出，不能填", f"The metric {name} comes from {takes.computed}"
        )
        help = Text("要填的指标写 source", "A metric that takes values is declared with `source`")
        judge.feed.report("SOP-R311", message, record.line, "metric", help)
        return
    strangers = [key for key in record.values if key not in OWN_KEYS]
    if strangers:
        judge.unknown("SOP-S204", Text("键", "key"), strangers[0], OWN_KEYS, record, strangers[0])
        return
    value, about, at = _value(judge, record), _about(judge, record, name, takes), judge.moment(record)
    dedupe = judge.identity(record, "id", required=False, what=Text("", ""))
    if value is None or about is None or at is None or dedupe is None:
        return
    if not dedupe and record.values.get("at"):
        said = "\n".join((name, about, at.astimezone(UTC).isoformat(), str(value)))
        dedupe = "told:" + blake2b(said.encode(), digest_size=16).hexdigest()
    yield ToldValue(name, value, at, about, dedupe, record.line)


def _value(judge: Judge, record: Record) -> int | Decimal | None:
    raw = record.values.get("value")
    value, problem = number(raw)
    if value is None:
        why = problem or Text("没有写", "is missing")
        judge.feed.report("SOP-R311", Text(f"value {why.zh}", f"value {why.en}"), record.line, "value")
    return value


def number(raw: object) -> tuple[int | Decimal | None, Text | None]:
    """A number as boards write it: `1,234`, `5%`."""
    text = raw.strip() if isinstance(raw, str) else raw
    share = _SHARE.fullmatch(text) if isinstance(text, str) else None
    if share is not None:
        text = share[1]
    if isinstance(text, str) and _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    value, problem = typed_value(FieldType.NUMBER, text, "UTC")
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return None, problem
    return (calculate("/", value, Decimal(100)) if share else value), None


def _about(judge: Judge, record: Record, name: str, takes: Takes) -> str | None:
    if not takes.per:
        if record.values.get("for"):
            message = Text(f"指标 {name} 只有一个值，不写 for", f"The metric {name} has one value; leave out for")
            judge.feed.report("SOP-R311", message, record.line, "for")
            return None
        return ""
    what = Text(f"每个 {takes.per} 各一个值，写它的编号", f"one value for each {takes.per}: its id")
    about = judge.identity(record, "for", required=True, what=what)
    if about and takes.rows and about not in takes.rows:
        judge.unknown("SOP-R311", Text(f" {takes.per}", takes.per), about, takes.rows, record, "for")
        return None
    return about

"""A metric and what was reported for it in; its value for all, and for each row where it has one for each, out."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sopengine.language.expressions.decimals import as_decimal, calculate, is_number
from sopengine.language.feed.readings import number
from sopengine.language.named import Metric, Row
from sopengine.planning.ledger import Ledger, Value
from sopengine.planning.windows import Interval, midnight
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_date, parse_datetime
from sopengine.timing.zones import resolve
from sopengine.timing.zones import zone as zone_named

BY_HAND = "manual"
"""The source of a metric whose values are only set by hand."""
_WHEN = ("at", "date", "time")
"""Columns that tell when a row of a board was true."""


class Figures:
    """`whole` is the value over everything; `by_row` that of each row, by the value of the metric's `per` column. None,
    and a row that is left out, are unknown; for counts a row that is left out has 0."""

    def __init__(self, whole: Any, by_row: Mapping[str, Any], *, counted: bool = False) -> None:
        self.whole, self.by_row, self._otherwise = whole, by_row, 0 if counted else None
        self._ordered: list[Decimal] | None = None

    def of(self, row: str) -> Any:
        return self.by_row.get(row, self._otherwise)

    def rank(self, row: str) -> int | None:
        """1 for the largest; equal values share a rank, and the following ones are left out. None for what is unknown,
        or no number."""
        own = self.of(row)
        if not is_number(own):
            return None
        if self._ordered is None:
            self._ordered = sorted(as_decimal(value) for value in self.by_row.values() if is_number(value))
        return 1 + len(self._ordered) - bisect_right(self._ordered, as_decimal(own))


RowsOf = Callable[[Collection[str]], Mapping[str, str]]
"""Subjects → the row each belongs to; those that belong to none are left out."""


def figures(
    metric: Metric, campaign: str, ledger: Ledger, span: Interval, rows_of: RowsOf, board: Sequence[Value]
) -> Figures:
    """`board` is what a source's table says, in time."""
    if metric.kind == "count":
        counts = ledger.event_counts(metric.of, None, *span)
        by_row: dict[str, int] = defaultdict(int)
        rows = rows_of(counts)
        for subject, number in counts.items():
            by_row[rows.get(subject, "")] += number
        return Figures(sum(counts.values()), _named(by_row), counted=True)
    if metric.kind == "source":
        values = sorted([*board, *ledger.metric_values(metric.name, *span)], key=lambda value: value[1])
        return _latest(values, {about: about for about, _, _ in values}, per=bool(metric.per))
    reported = _reported(metric, campaign, ledger, span)
    rows = rows_of({about for about, _, _ in reported})
    return _added_up(reported, rows) if metric.kind == "sum" else _latest(reported, rows, per=bool(metric.per))


def _reported(metric: Metric, campaign: str, ledger: Ledger, span: Interval) -> Sequence[Value]:
    if "." in metric.owner and not metric.of_step:
        return ledger.event_values(metric.owner, metric.field, *span)
    return ledger.form_values(campaign, metric.owner, metric.field, *span)


def _added_up(values: Sequence[Value], rows: Mapping[str, str]) -> Figures:
    """The sum of nothing is unknown: nobody has reported yet."""
    whole: Any = None
    by_row: dict[str, Any] = {}
    for about, _, value in values:
        if is_number(value):
            row = rows.get(about, "")
            whole = value if whole is None else calculate("+", whole, value)
            by_row[row] = value if row not in by_row else calculate("+", by_row[row], value)
    return Figures(whole, _named(by_row))


def _latest(values: Sequence[Value], rows: Mapping[str, str], *, per: bool) -> Figures:
    """The whole is the newest value; where there is one for each row, the sum of their newest."""
    by_row: dict[str, Any] = {}
    for about, _, value in values:
        by_row[rows.get(about, "")] = value
    if not per:
        return Figures(values[-1][2] if values else None, {})
    known = list(_named(by_row).values())
    whole: Any = None
    if known and all(is_number(value) for value in known):
        whole = 0
        for value in known:
            whole = calculate("+", whole, value)
    return Figures(whole, _named(by_row))


def _named(by_row: Mapping[str, Any]) -> dict[str, Any]:
    return {row: value for row, value in by_row.items() if row}


def board_values(metric: Metric, rows: Sequence[Row], now: datetime, zone: ZoneInfo) -> list[Value]:
    """What a source's table says of a metric: the column of its name, or `value`. A column `at` or `date` tells when a
    row was true; a table without one tells of now. Numbers may be written `1,234` or `5%`."""
    found = []
    for row in rows:
        written = row.get(metric.name, row.get("value"))
        if written is None or (isinstance(written, str) and not written.strip()):
            continue
        at = _moment(row, now, zone)
        if at is not None and at <= now:
            about = str(row.get(metric.per) or row["id"]) if metric.per else ""
            found.append((about, at, number_or_text(written)))
    return sorted(found, key=lambda value: value[1])


def unread_moments(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """The id of each row that says nothing because its time cannot be read, and what stands there."""
    now, zone = datetime(2200, 1, 1, tzinfo=UTC), zone_named("UTC")
    return [
        (str(row["id"]), str(next(row[name] for name in _WHEN if row.get(name))))
        for row in rows
        if _moment(row, now, zone) is None
    ]


def _moment(row: Row, now: datetime, zone: ZoneInfo) -> datetime | None:
    """None for a moment that cannot be read: such a row says nothing."""
    written = next((row[name] for name in _WHEN if row.get(name)), None)
    if written is None:
        return now
    if isinstance(written, datetime):
        return written if written.tzinfo else resolve(written, zone).instant
    if isinstance(written, date):
        return midnight(written, zone)
    text = str(written).strip()
    try:
        return midnight(parse_date(text), zone)
    except TimeTextError:
        pass  # not a day alone
    try:
        moment = parse_datetime(text)
    except TimeTextError:
        return None
    return moment if moment.tzinfo else resolve(moment, zone).instant


def number_or_text(written: Any) -> Any:
    """`1,234` and `5%` as numbers; anything else as it is."""
    value, _ = number(written)
    return written.strip() if value is None and isinstance(written, str) else written if value is None else value

"""What is known of a campaign's targets at one moment: the History that conditions ask, over a Ledger.

Questions of the same kind are put to the ledger once for all targets of an occurrence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sopengine.language.expressions.history import Window
from sopengine.language.named import Goal, Metric, Row
from sopengine.planning.belonging import Belonging
from sopengine.planning.goals import Planned
from sopengine.planning.ledger import Ledger, Value
from sopengine.planning.metrics import Figures, RowsOf, board_values, figures
from sopengine.planning.tags import COLUMN, merged
from sopengine.planning.targets import Targets
from sopengine.planning.windows import Interval, days_of, interval, midnight
from sopengine.timing.zones import local_date


class Past:
    """Everything known at `now` in one zone. `tables` reads a source of the workspace, as far as metrics need one.

    For the targets of one occurrence: made anew for the next, which may see what happened meanwhile.
    """

    def __init__(
        self,
        targets: Targets,
        ledger: Ledger,
        now: datetime,
        zone: ZoneInfo,
        tables: Callable[[str], Sequence[Row] | None] | None = None,
    ) -> None:
        self.campaign, self.ledger, self.zone = targets.campaign, ledger, zone
        self.belonging = Belonging(targets.seen(lambda: self))
        self._span = targets.calendars.span(zone.key)
        self._now = now
        self._tables = tables or targets.campaign.sources.get
        self._subjects: dict[str, None] = {}
        self._answers: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._asked: dict[tuple[Any, ...], set[str]] = {}
        self._figures: dict[tuple[str, Window], Figures] = {}
        self._goals: dict[str, Planned] = {}

    def expect(self, subjects: Iterable[str]) -> None:
        """These will be asked about: their answers come from the ledger together."""
        self._subjects.update(dict.fromkeys(subjects))

    def history(self, *rows: tuple[str, Row]) -> OfSubject:
        """The history of the first row, each with the audience or role it comes from ("" for none). Its metrics are
        those of what it belongs to, else of what the others do. Without a row: what is known of the campaign alone."""
        self.expect(str(row["id"]) for _, row in rows[:1])
        return OfSubject(self, rows)

    def with_tags(self, row: Row) -> Row:
        """The row, with the tags that hold for it now."""
        who = str(row["id"])
        self.expect([who])
        changes = self.of_subject(lambda subjects: self.ledger.tags_of(subjects, self._now), who, "tags")
        tagged: dict[str, Any] = {**row, COLUMN: merged(row.get(COLUMN), changes or {})}
        return tagged

    def of_subject(self, ask: Callable[[list[str]], Mapping[str, Any]], subject: str, *question: Any) -> Any:
        """The subject's part of an answer that is fetched for all expected subjects, or None. `question` tells
        answers apart."""
        answers, asked = self._answers.setdefault(question, {}), self._asked.setdefault(question, set())
        if subject not in asked:
            new = [one for one in self._subjects if one not in asked]
            asked.update(new)
            answers.update(ask(new))
        return answers.get(subject)

    def interval(self, window: Window) -> Interval:
        return interval(window, self._now, self.zone)

    def figures(self, metric: Metric, window: Window) -> Figures:
        key = metric.name, window
        if key not in self._figures:
            begin, until = self.interval(window)
            if begin is None and metric.kind in ("sum", "count"):
                begin = midnight(self._span.first, self.zone)
            board = self._board(metric, begin, until)
            span = Interval(begin, until)
            self._figures[key] = figures(metric, self.campaign.id, self.ledger, span, self._rows_of(metric), board)
        return self._figures[key]

    def planned(self, goal: Goal, window: Window) -> Decimal | None:
        if goal.name not in self._goals:
            self._goals[goal.name] = Planned(self.campaign, goal, self.zone, self._span)
        return self._goals[goal.name].over(days_of(window, self._now, self.zone))

    def row_of(self, per: str, subject: str) -> str:
        """Which row of a metric a subject belongs to; "" for none."""

        def ask(subjects: list[str]) -> Mapping[str, str]:
            return self.belonging.of(per, subjects, (), self.ledger.members)

        return self.of_subject(ask, subject, "row", per) or ""

    def _board(self, metric: Metric, begin: datetime | None, until: datetime) -> list[Value]:
        rows = self._tables(metric.of) if metric.kind == "source" else None
        values = board_values(metric, rows or (), self._now, self.zone)
        return [value for value in values if value[1] < until and (begin is None or value[1] >= begin)]

    def _rows_of(self, metric: Metric) -> RowsOf:
        if not metric.per:
            return lambda _: {}
        steps = [step for step in self.campaign.playbook.steps() if step.id == metric.owner]
        receivers = [arm.to for step in steps for _, arm in step.all_arms()]
        return lambda subjects: self.belonging.of(metric.per, subjects, receivers, self.ledger.members)


class OfSubject:
    """`History` of one subject; see there."""

    def __init__(self, past: Past, rows: Sequence[tuple[str, Row]]) -> None:
        self._past, self._rows = past, rows
        self._id = str(rows[0][1]["id"]) if rows else None

    def count(self, event: str, window: Window) -> int | None:
        if self._id is None:
            return None
        if window.kind == "since":
            return len(self._moments(event, window))
        return self._asked("event_counts", event, window) or 0

    def streak(self, event: str, window: Window) -> int | None:
        if self._id is None:
            return None
        zone, until = self._past.zone, self._past.interval(window).until
        days = {local_date(at, zone) for at in self._moments(event, window)}
        return streak_to(local_date(until - timedelta(microseconds=1), zone), days)

    def last(self, event: str, window: Window) -> Mapping[str, Any] | None:
        found = self._asked("last_events", event, Window() if window.kind == "since" else window)
        if found is None or (window.kind == "since" and found[0] < self._begin(window)):
            return None
        return {"at": found[0].astimezone(self._past.zone), **found[1]}

    def metric(self, name: str, window: Window) -> Any:
        metric = self._metric(name)
        if metric is None:
            return None
        found = self._past.figures(metric, window)
        if not metric.per:
            return found.whole
        row = self._row(metric)
        return found.of(row) if row else None

    def goal(self, name: str, window: Window) -> Any:
        goal = self._past.campaign.playbook.goals.get(name)
        return None if goal is None else self._past.planned(goal, window)

    def total(self, metric: str, window: Window) -> Any:
        found = self._metric(metric)
        return None if found is None else self._past.figures(found, window).whole

    def rank(self, metric: str, window: Window) -> int | None:
        found = self._metric(metric)
        row = self._row(found) if found is not None and found.per else ""
        return self._past.figures(found, window).rank(row) if found is not None and row else None

    def ranking(self, rows: str, metric: str, window: Window) -> list[dict[str, Any]] | None:
        found = self._metric(metric)
        if found is None or not found.per:
            return None
        return ranked(self._past.belonging, found, rows, self._past.figures(found, window))

    def _moments(self, event: str, window: Window) -> Sequence[datetime]:
        """`since` may begin elsewhere for each subject: all of them are fetched together and cut here."""
        if window.kind != "since":
            return self._asked("event_moments", event, window) or ()
        begin = self._begin(window)
        return [at for at in self._asked("event_moments", event, Window()) or () if at >= begin]

    def _begin(self, window: Window) -> datetime:
        return self._past.interval(window).begin or datetime.min.replace(tzinfo=UTC)

    def _asked(self, question: str, event: str, window: Window) -> Any:
        if self._id is None:
            return None
        span, ask = self._past.interval(window), getattr(self._past.ledger, question)
        return self._past.of_subject(lambda subjects: ask(event, subjects, *span), self._id, question, event, window)

    def _metric(self, name: str) -> Metric | None:
        return self._past.campaign.playbook.metrics.get(name)

    def _row(self, metric: Metric) -> str:
        for to, row in self._rows:
            if found := self._past.belonging.key(metric.per, to, row):
                return found
        return self._past.row_of(metric.per, self._id) if self._id is not None else ""


def streak_to(last: date, days: Collection[date]) -> int:
    """Consecutive days that end with `last`, or with the day before where `last` is not among them."""
    day = last if last in days else last - timedelta(days=1)
    count = 0
    while day in days:
        count += 1
        day -= timedelta(days=1)
    return count


def ranked(belonging: Belonging, metric: Metric, rows: str, found: Figures) -> list[dict[str, Any]]:
    """Rows of rank, name, value and id, the largest first; ties share a rank and keep the order of their source."""
    entries = []
    for row in belonging.rows(rows):
        key = belonging.key(metric.per, rows, row)
        value, rank = (found.of(key), found.rank(key)) if key else (None, None)
        entries.append({"rank": rank, "name": row.get("name") or row["id"], "value": value, "id": row["id"]})
    return sorted(entries, key=lambda entry: (entry["rank"] is None, entry["rank"] or 0))

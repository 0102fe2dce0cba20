"""Goals and how they stand, in lines for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sopengine.diagnostics import Text

if TYPE_CHECKING:
    from sopengine.planning.standings import Measure, Standing

MOST_ROWS = 5
"""Rows of one goal that are listed; `--json` has them all."""


def goal_lines(goals: list[Standing], lang: str) -> Iterator[str]:
    for standing in goals:
        per = Text(
            f"（{len(standing.rows)} 个 {standing.goal.per} 合计）", f" over {len(standing.rows)} {standing.goal.per}"
        )
        of = per.get(lang) if standing.goal.per else ""
        title = Text("目标值", "goal").get(lang)
        today = Text("今天", "today").get(lang)
        yield f"{title} {standing.goal.name}{of}: {_said(standing.whole, lang)}  {today} {_said(standing.today, lang)}"
        for row in standing.rows[:MOST_ROWS]:
            yield f"    {row.name}: {_said(row.whole, lang)}  {today} {_said(row.today, lang)}"
        if (more := len(standing.rows) - MOST_ROWS) > 0:
            yield "    " + Text(f"还有 {more} 个，用 --json 看全部", f"{more} more; --json lists them all").get(lang)


def _said(measure: Measure, lang: str) -> str:
    unknown = Text("未知", "unknown").get(lang)
    actual, target = (unknown if v is None else _plain(v) for v in (measure.actual, measure.target))
    return f"{actual} / {target}" + ("" if measure.percent is None else f" ({_plain(measure.percent)}%)")


def _plain(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def goal_document(standing: Standing) -> dict[str, Any]:
    goal = standing.goal
    return {
        "goal": goal.name,
        "metric": goal.metric,
        "per": goal.per or None,
        "each": goal.each or None,
        "formula": goal.formula or None,
        **_measure(standing.whole),
        "today": _measure(standing.today),
        "rows": [
            {"id": row.id, "name": row.name, **_measure(row.whole), "today": _measure(row.today)}
            for row in standing.rows
        ],
    }


def _measure(measure: Measure) -> dict[str, str | None]:
    """Numbers as text, so that no digit is lost."""
    found = {"target": measure.target, "actual": measure.actual, "percent": measure.percent}
    return {name: None if value is None else _plain(value).replace(",", "") for name, value in found.items()}

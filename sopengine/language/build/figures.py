"""Metrics and goals, as written → their values."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from sopengine.language.build.part import Part
from sopengine.language.named import Goal, Metric, Weight
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import parse_on

_KINDS: tuple[Literal["sum", "count", "last", "source"], ...] = ("sum", "count", "last", "source")
_EACH: tuple[Literal["day", "week", "month"], ...] = ("day", "week", "month")


def build_metrics(part: Part) -> dict[str, Metric]:
    """One without exactly one of sum, count, last and source is left out: the shape check has reported it."""
    found = {}
    for name, one in part.entries():
        kinds = [kind for kind in _KINDS if one.get(kind).text()]
        if len(kinds) == 1:
            found[name] = Metric(name, one.path, kinds[0], one.get(kinds[0]).text().strip(), one.get("per").text())
    return found


def build_goals(part: Part) -> dict[str, Goal]:
    found = {}
    for name, one in part.entries():
        target, each = one.get("target").data, one.get("each").text()
        if isinstance(target, bool) or not isinstance(target, int | Decimal):
            continue
        found[name] = Goal(
            name=name,
            path=one.path,
            metric=one.get("metric").text(),
            target=Decimal(target),
            per=one.get("per").text(),
            each=next((word for word in _EACH if word == each), ""),
            weights=tuple(_weights(one.get("weights"))),
            formula=one.get("formula").text(),
        )
    return found


def _weights(part: Part) -> list[Weight]:
    found = []
    for written, weight in part.entries():
        if isinstance(weight.data, bool) or not isinstance(weight.data, int | Decimal):
            continue
        try:
            found.append(Weight(written, parse_on(written), Decimal(weight.data)))
        except TimeTextError as error:
            weight.wrong(error.code, error.message, error.help, of_key=True)
    return found

"""The goals of a dry run in, a table out of what each day is to bring; neighbours that bring the same share a row."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.facts import target_of
from sopengine.review.goals import GoalPlan, Stretch, stretches
from sopengine.review.html.markup import NOTHING, tag
from sopengine.review.html.rows import folded
from sopengine.review.model import DryRun
from sopengine.review.notes import day_title
from sopengine.review.words import count_of


def goals(run: DryRun, lang: str) -> Markup:
    """Nothing where the header has said all there is: no day's part is known, and no formula is written."""
    if not any(goal.days or goal.formula for goal in run.goals):
        return NOTHING
    most = [max((share for _, share in goal.days), default=Decimal(0)) for goal in run.goals]
    least = [min((share for _, share in goal.days), default=Decimal(0)) for goal in run.goals]
    compared = [high if high != low else None for high, low in zip(most, least, strict=True)]
    first = tag("th", Text("每天的目标值", "What a day is to bring").get(lang), scope="col")

    def row(one: Stretch) -> Markup:
        cells = (_share(share, high) for share, high in zip(one.shares, compared, strict=True))
        return tag("tr", tag("th", _days(run, one, lang), scope="row"), *cells)

    heads = [first, *(_head(goal, lang) for goal in run.goals)]
    return tag("div", folded(heads, stretches(run.goals), row, lang), class_="goals")


def _head(goal: GoalPlan, lang: str) -> Markup:
    lines = [tag("bdi", goal.name), tag("small", target_of(goal, lang))]
    if goal.each and goal.whole is not None:
        lines.append(tag("small", Text(f"全程 {goal.whole:,f}", f"in all {goal.whole:,f}").get(lang)))
    if goal.formula:
        lines.append(tag("small", tag("bdi", f"= {goal.formula}")))
    return tag("th", *lines, scope="col")


def _days(run: DryRun, one: Stretch, lang: str) -> str:
    first, number = day_title(run, one.first, lang), (one.last - one.first).days + 1
    if number == 1:
        return first
    days = count_of(number, Text("天", "day"), lang)
    return f"{first} → {day_title(run, one.last, lang)}{Text('，', ', ').get(lang)}{days}"


def _share(share: Decimal | None, most: Decimal | None) -> Markup:
    if share is None:
        return tag("td", "—")
    if not most:
        return tag("td", f"{share:,f}")
    part = tag("rect", class_="used", width=f"{100 * share / most:.1f}%", height=4, rx=2)
    bar = tag(
        "svg", tag("rect", width="100%", height=4, rx=2), part, class_="room", width=56, height=4, aria_hidden="true"
    )
    return tag("td", bar, f"{share:,f}")

"""Guards, keys of journeys and weights of goals are read although later parts carry them out."""

from __future__ import annotations

import pytest

from tests.language.model.support import BASE, lines, load_text

FLOW = """\
journeys:
  paid:
    on_event: order.paid
    key: event.%s
    steps:
      - {id: thanks, after: 1h, to: groups, send: teaser}
"""
GOAL = "metrics:\n  paid: {count: order.paid}\ngoals:\n  paid: {metric: paid, target: 9, weights: {%s: 2}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("guards: {quiet: {from: 24:30, until: 07:00}}\n", "34:24 SOP-S211 bad-time"),
        ("guards: {quiet: {from: 22:00, until: 07：00}}\n", "34:40 SOP-S211 bad-time"),
        ("guards: {gap: 2 hours}\n", "34:17 SOP-S210 bad-unit"),
        ("weekly:\n  guards: {gap: 3 days}\n  steps: []\n", "35:19 SOP-S210 bad-unit"),
        (FLOW % "ordr_id", "37:16 SOP-R305 unknown-name"),
        (GOAL % "openning", "37:45 SOP-R303 unknown-anchor"),
        (GOAL % "2026-02-30", "37:45 SOP-S212 bad-date"),
    ],
)
def test_a_mistake_is_found_at_its_place(text: str, expected: str) -> None:
    found = [line.removeprefix("base.yaml:") for line in lines(load_text(BASE + text))]
    assert expected in found


def test_right_ones_are_quiet() -> None:
    text = "guards: {quiet: {from: 22:00, until: 07:00}, gap: 2h}\n" + FLOW % "order_id" + GOAL % "opening"
    assert lines(load_text(BASE + text)) == []

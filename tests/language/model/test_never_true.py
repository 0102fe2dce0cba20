"""Conditions that can never win: found where constants prove it, and by nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.language.checks.never_true import NeverTrue, never_true
from sopengine.language.expressions.conditions import evaluate


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        (["ask.a >= 30", "ask.a > 200"], [(1, (0,))]),
        (["ask.a > 200", "ask.a >= 30"], []),
        (["ask.a < 10", "ask.a > 20", "ask.a <= 5 and ask.b > 1"], [(2, (0, 1))]),
        (["ask.a < 10", "ask.a >= 10", "ask.a == 10"], [(2, (0, 1))]),
        (["ask.a <= 10", "ask.a >= 10", "10 == ask.a"], [(2, (0, 1))]),
        (["ask.a < 10", "ask.a > 10", "ask.a == 10"], []),
        (["10 <= ask.a < 20", "ask.a == 15"], [(1, (0,))]),
        (["ask.a >= 30 and ask.b", "ask.a > 200"], []),
        (["ask.a >= 30", "ask.b > 200"], []),
        (["ask.a >= input.threshold", "ask.a > 200"], []),
        (["ask.a > 5 and ask.a < 3"], [(0, ())]),
        (["1 > 2", "2 > 1", "ask.a > 3"], [(0, ()), (2, (1,))]),
        (["ask.t == '甜'", "ask.t == '酸'", "ask.t == '甜'"], [(2, (0,))]),
        (["ask.a >", "ask.a > 3"], []),
    ],
)
def test_what_can_never_win(conditions: list[str], found: list[tuple[int, tuple[int, ...]]]) -> None:
    assert list(never_true(conditions)) == [NeverTrue(*each) for each in found]


NUMBERS = st.integers(-3, 3)
PARTS = st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS).map(
    lambda p: f"ask.a {p[0]} {abs(p[1])}"
)
CONDITIONS = st.lists(PARTS, min_size=1, max_size=2).map(" and ".join)


@settings(deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=4), st.integers(-8, 8))
def test_what_never_wins_never_does(conditions: list[str], halves: int) -> None:
    context = {"ask": {"a": Decimal(halves) / 2}}
    winner = next((i for i, text in enumerate(conditions) if evaluate(text, context)), None)
    assert winner not in [found.at for found in never_true(conditions)]

"""Whatever a document holds, loading ends in findings: never in a traceback, and errors are never silent."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.diagnostics import Severity
from sopengine.language.load import load
from tests.language.model.support import CASES

TEXT = (CASES / "ok" / "whole-language.yaml").read_text(encoding="utf-8")
VALUES = [
    "",
    "~",
    "true",
    "12",
    "1.5",
    "[]",
    "{}",
    "[x, [y]]",
    "{a: 1}",
    "target",
    "day 1",
    "2026-02-30",
    "'{{ x'",
    "| \n",
    "- a",
]


def load_any(data: bytes) -> Any:
    loaded = load(data, "any.yaml", lambda name: b"\xff" if "a" in name else None)
    if loaded.playbook is None:
        assert any(d.severity is Severity.ERROR for d in loaded.diagnostics)
    return loaded


@pytest.mark.parametrize("seed", range(6))
def test_values_replaced_by_values_of_other_kinds(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        rows = TEXT.split("\n")
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(rows))
            key, colon, _ = rows[at].partition(": ")
            rows[at] = f"{key}{colon}{dice.choice(VALUES)}" if colon else dice.choice(VALUES)
        load_any("\n".join(rows).encode())


@pytest.mark.parametrize("seed", range(4))
def test_lines_lost_doubled_and_moved(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):
        rows = TEXT.split("\n")
        for _ in range(dice.randint(1, 5)):
            at, to = dice.randrange(len(rows)), dice.randrange(len(rows))
            row = rows.pop(at)
            rows[to:to] = dice.choice([[], [row], [row, row], ["  " + row]])
        load_any("\n".join(rows).encode())


@settings(max_examples=150)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    load_any(data)


KEYS = st.sampled_from(
    ["playbook", "timezone", "phases", "steps", "id", "on", "at", "send", "to", "messages", "text", "choose", "if", "x"]
)
TREES = st.recursive(
    st.sampled_from(["x", "day 1", "12", "true", "~", "'{{ a }}'", "10:00"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(KEYS, inner, max_size=4).map(
            lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=5))
def test_any_tree_of_the_languages_own_keys(tree: dict[str, str]) -> None:
    load_any("\n".join(f"{key}: {value}" for key, value in tree.items()).encode())

"""Did-you-mean: near words are proposed, far ones are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.language.schema import published
from sopengine.language.spoken import SPOKEN
from sopengine.language.suggest import closest, is_slip
from tests.language.model.support import BASE, load_text

STEP = list(published("playbook")["definitions"]["step"]["properties"])


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("sned", "send"), ("sends", "send"), ("Send", "send"), ("taks", "task"), ("tsk", "task"), ("too", "to"),
        ("lateok", "late_ok"), ("late-ok", "late_ok"), ("useful_untill", "useful_until"), ("ond", "on"),
        ("viaa", "via"), ("excpet", "except"), ("onunknown", "on_unknown"), ("ID", "id"),
        ("发送", "send"), ("期限", "due"), ("给谁", "to"),
    ],
)  # fmt: skip
def test_slips_of_step_keys(word: str, meant: str) -> None:
    assert closest(word, STEP) == meant


@pytest.mark.parametrize("word", ["colour", "完全不同", "x", "", "message_template_name"])
def test_nothing_is_proposed_for_other_words(word: str) -> None:
    assert closest(word, STEP) is None


def test_spoken_words_name_words_of_the_language() -> None:
    text = "".join(str(published(kind)) for kind in ("playbook", "module", "campaign"))
    assert {word for words in SPOKEN.values() for word in words if f"'{word}'" not in text} == set()


def test_every_key_has_a_name_in_chinese() -> None:
    named = {word for words in SPOKEN.values() for word in words}
    found = {key for kind in ("playbook", "module", "campaign") for key in _keys(published(kind))}
    assert found - named == UNSPOKEN


UNSPOKEN = {"by", "was", "waves", "stop_if", "how", "arms", "seed"}
"""Keys that nobody meets before having read about them."""


def _keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(named := node.get("properties"), dict):
            yield from (key for key, value in named.items() if isinstance(value, dict | bool))
        for value in node.values():
            yield from _keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from _keys(value)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("messages:", "消息：", ["SOP-S204 `消息` messages", "SOP-Y104"]),
        ("    steps:", "    步骤:", ["SOP-S204 `步骤` steps"]),
        ("    steps:", "    步骤：", ["SOP-S204 `步骤` steps", "SOP-Y104"]),
        ("from: opening - 7d", "从: opening - 7d", ["SOP-S204 `从` from"]),
        ("on: day 2", "日子: day 2", ["SOP-S204 `日子` on"]),
        ("due: 1 workday", "截止: 1 workday", ["SOP-S204 `截止` due"]),
        ("send: teaser\n      - id: stock", "发消息: teaser\n      - id: stock", ["SOP-S204 `发消息` send"]),
        ("type: date,", "type: 日期,", ["SOP-S203 `日期` date"]),
        ("due: 1 workday", "due: 1 workday\n        on_overdue: 继续", ["SOP-S203 `继续` continue"]),
        ("due: 1 workday", "due: 1 workday\n        if_past: 立即", ["SOP-S203 `立即` now"]),
        ("due: 1 workday", "due: 1 workday\n        audience: 固定", ["SOP-S203 `固定` frozen"]),
        ("to: clerk", "to: 店员", ["SOP-S205 `店员` -"]),
    ],
)
def test_chinese_words_lead_to_the_english_ones(old: str, new: str, found: list[str]) -> None:
    told = load_text(BASE.replace(old, new)).diagnostics
    shown = [
        d.code if d.code == "SOP-Y104" else f"{d.code} {_quoted(d.message.en)} {d.fix.edits[0].text if d.fix else '-'}"
        for d in told
        if d.code != "SOP-R307"
    ]
    assert sorted(shown) == sorted(found)


def _quoted(message: str) -> str:
    return next(f"`{word}`" for word in message.split("`")[1::2] if not word.isascii())


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=8))
def test_what_is_proposed_is_a_candidate(word: str, candidates: list[str]) -> None:
    assert closest(word, candidates) in (None, *candidates)


@given(st.text(alphabet="abcd_", min_size=3, max_size=8), st.integers(0, 7))
def test_a_lost_letter_is_a_slip(word: str, at: int) -> None:
    shorter = word[: at % len(word)] + word[at % len(word) + 1 :]
    assert is_slip(shorter, word) or len(shorter) < 3

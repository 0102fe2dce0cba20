"""Did-you-mean: near words are proposed, far ones are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.language.schema import published
from sopengine.language.suggest import SPOKEN, closest, is_slip

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
    text = str(published("playbook"))
    assert [word for word in SPOKEN.values() if f"'{word}'" not in text] == []


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=8))
def test_what_is_proposed_is_a_candidate(word: str, candidates: list[str]) -> None:
    assert closest(word, candidates) in (None, *candidates)


@given(st.text(alphabet="abcd_", min_size=3, max_size=8), st.integers(0, 7))
def test_a_lost_letter_is_a_slip(word: str, at: int) -> None:
    shorter = word[: at % len(word)] + word[at % len(word) + 1 :]
    assert is_slip(shorter, word) or len(shorter) < 3

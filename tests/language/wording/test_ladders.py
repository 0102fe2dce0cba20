from __future__ import annotations

import pytest

from tests.language.model.support import BASE, load_text


def wrong(text: str) -> list[str]:
    book = BASE.replace('  teaser: "{{ target.name }}，六月见。"', f"  teaser: |\n    {text}")
    return [d.message.zh for d in load_text(book).diagnostics if d.code == "SOP-W527"]


@pytest.mark.parametrize(
    "text",
    [
        "满30减5，满50减5",
        "满 50 减 8、满 30 减 9",
        "满30减30",
        "满 5 元减 10 元",
        "第1名送锅，第2-5名送碗，第5-10名送勺",
        "1-3名一等奖，第3名～第9名二等奖",
    ],
)
def test_ladders_that_contradict_themselves(text: str) -> None:
    assert len(wrong(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "满30减5，满50减10，满100减25",
        "满 30 减 5；再说一遍，满 30 减 5",
        "第1名送锅，第2-5名送碗，第6-10名送勺",
        "第1-3名送锅，群里第1-3名都算",
        "满 {{ input.opening }} 减 5",
        "1-3天到货，第3名有礼",
    ],
)
def test_ladders_that_hold(text: str) -> None:
    assert wrong(text) == []

"""Where a text that is too long can be parted: between paragraphs, as few parts as may be, page marks counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.review.parting import MOST, advice, parted

MARK = len("（1/2）\n".encode())


def test_parts_are_as_few_as_may_be() -> None:
    parts = parted("\n\n".join("甲乙丙丁"[n] * 10 for n in range(4)), 62 + MARK)
    assert parts is not None
    assert [part.text for part in parts] == ["甲" * 10 + "\n\n" + "乙" * 10, "丙" * 10 + "\n\n" + "丁" * 10]
    assert [part.size for part in parts] == [62 + MARK, 62 + MARK]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("甲" * 100, 200),  # one paragraph alone is too long
        ("甲" * 10 + "\n\n" + "乙" * 100, 200),
        ("\n\n".join("甲" * 10 for _ in range(MOST + 1)), 30 + MARK),  # too many
        ("甲" * 10, 30 + MARK),  # it fits
        ("甲" * 10 + "\n\n" + "乙" * 10, 30 + MARK - 1),  # the marks do not
        ("", 10),
    ],
)
def test_what_cannot_be_parted(text: str, limit: int) -> None:
    assert parted(text, limit) is None
    assert advice(text, limit) is None


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n \t\u3000", exclude_categories=["Cs"]), min_size=1, max_size=40),
        max_size=8,
    )
)
def test_nothing_is_lost_and_every_part_fits(paragraphs: list[str]) -> None:
    parts = parted("\n\n".join(paragraphs), 200)
    if parts is not None:
        assert "\n\n".join(part.text for part in parts) == "\n\n".join(paragraphs)
        assert all(part.size == len(f"（1/9）\n{part.text}".encode()) <= 200 for part in parts)
        assert len(parts) >= 2


def test_the_advice_names_where_the_next_begins() -> None:
    text = "第一段" * 20 + "\n \n第二段，说别的。" + "二" * 40
    said = advice(text, 250)
    assert said is not None
    assert said.zh == "可以在空行处分成 2 条，从“第二段，说别的。二二…”另起一条；连页码（2/2）在内是 190、154 字节"
    assert "into 2 messages" in said.en

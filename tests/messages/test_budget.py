"""Sizes of texts as platforms and people count them."""

from hypothesis import given
from hypothesis import strategies as st

from sopengine.messages.budget import bytes_over, characters, utf8_bytes


def test_known_sizes() -> None:
    assert (utf8_bytes("abc"), characters("abc")) == (3, 3)
    assert (utf8_bytes("夏日节"), characters("夏日节")) == (9, 3)
    assert (utf8_bytes("👍🏽"), characters("👍🏽")) == (8, 2)
    assert utf8_bytes("\ud83d") == 3


def test_a_limit_is_inclusive_and_zero_is_none() -> None:
    assert bytes_over("好" * 682 + "ab", 2048) == 0
    assert bytes_over("好" * 682 + "abc", 2048) == 1
    assert bytes_over("好" * 9999, 0) == 0


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_bytes_are_those_of_utf8(text: str) -> None:
    assert utf8_bytes(text) == len(text.encode())

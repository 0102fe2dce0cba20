"""Code in a template is found in one pass, as the pattern that says it plainly finds it."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sopengine.language.expressions.pieces import code_spans

PLAIN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(["{", "}", "{{", "}}", "{%", "%}", "{#", "#}", "a", "\n", "%", "#"]), max_size=20))
@example(["{{%", "a", "%}"])
@example(["{{", "{#", "#}", "}}"])
def test_spans_are_those_of_the_plain_pattern(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert list(code_spans(text)) == [found.span() for found in PLAIN.finditer(text)]

"""Texts that only print names are read without Jinja's tree; where that is done, the tree says the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.language.expressions.allowed import forbidden
from sopengine.language.expressions.filters import FILTERS
from sopengine.language.expressions.history import asks
from sopengine.language.expressions.names import Name, chains
from sopengine.language.expressions.plain import plain_names
from sopengine.language.expressions.syntax import Problem, parse_text, place

PIECES = st.sampled_from(
    [
        "你好，", "\n", "  ", "a ", "{", "}", "{{", "}}", "{{ target.name }}", "{{target.name}}", "{{- input.x -}}",
        "{{ input.opening | date('M月D日') }}", "{{ input.opening | date('Q') }}", "{{ slot.time | time('HH:mm') }}",
        "{{ slot.time | time('M月') }}", "{{ input.tiers | join('、') }}", "{{ input.x | money | upper }}",
        "{{ input.x | truncate(3) }}", "{{ input.x | default('无') }}", "{{ metric.gmv }}", "{{ metric.gmv.today }}",
        "{{ goal.gmv }}", "{{ input }}", "{{ input.__class__ }}", "{{ input._x }}", "{{ input.a__b }}", "{{ brand }}",
        "{{ true }}", "{{ target.name", "{{ target.name }", "{{ target. name }}", "{{ target.not }}", "{{ target.1 }}",
        "{{ input.x | nope }}", "{{ input.x | select }}", "{{ input.x|upper|lower }}", "{{ input.x | replace('a') }}",
        "{{ stores | ranking('gmv') }}", "{{ input.x | join(\"a\") }}", "{% if a %}", "{# x #}", "{{ input.x ~ 'a' }}",
        "{{ count('order.paid') }}", "{{ input.x.y.z }}", "{{ input.门槛 }}", "{{ input.x | round('1') }}", "\r\n",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=6))
def test_the_short_way_and_the_tree_agree(pieces: list[str]) -> None:
    source = "".join(pieces)
    plain = plain_names(source)
    if plain is None:
        return
    tree = parse_text(source)
    assert not isinstance(tree, Problem)
    assert forbidden(source, tree) == []
    assert list(asks(source, tree)) == []
    assert list(plain) == [Name(chain.parts, *place(source, chain.spot)) for chain in chains(tree)]


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_judged_as_the_tree_judges_it(name: str) -> None:
    for written in (f"{{{{ input.x | {name} }}}}", f"{{{{ input.x | {name}('HH') }}}}"):
        if plain_names(written) is not None:
            tree = parse_text(written)
            assert not isinstance(tree, Problem)
            assert forbidden(written, tree) == []


@pytest.mark.parametrize(
    "source",
    ["{{ target.name }}的朋友们，{{ input.opening | date('M月D日') }}见。", "满 {{ input.threshold | money }} 减 5"],
)
def test_ordinary_messages_take_the_short_way(source: str) -> None:
    assert plain_names(source) is not None

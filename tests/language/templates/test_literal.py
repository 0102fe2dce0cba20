"""What is counted without rendering is never more than a rendering has, and the literal text is counted whole."""

from __future__ import annotations

import random

import pytest

from sopengine.language.expressions.literal import Least, least
from sopengine.language.expressions.templates import CompiledTemplate, check_template

PIECES = (
    "大家好", " ", "\n", "a{b", "{{ target.name }}", "{{- target.name -}}", "{{ target.size | upper }}", "{{ '}}' }}",
    "{% if target.name %}", "{% else %}", "{% endif %}", "{%- if target.size -%}", "{%- endif -%}", "{# 注 #}",
    "{% for n in [1, 2] %}", "{% endfor %}", "{% set a = 1 %}", "{% raw %}", "{% endraw %}", "{{ slot.number }}",
)  # fmt: skip
ROWS = ({"name": "", "size": ""}, {"name": "东湖", "size": "x"})


@pytest.mark.parametrize("seed", range(3))
def test_no_rendering_is_shorter(seed: int) -> None:
    chance, tried = random.Random(seed), 0
    while tried < 300:
        source = "".join(chance.choices(PIECES, k=chance.randint(1, 7)))
        if check_template(source):
            continue
        tried += 1
        template = CompiledTemplate(source)
        for row in ROWS:
            text = template.render({"target": row, "slot": {"number": 1}})
            counted = least(source)
            size = counted.bytes + sum(len(row[column].encode()) for column in counted.columns)
            assert size <= len(text.encode()), (source, text)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("大家好\n", Least(9, ())),
        ("好 {{ target.name }}，{{ target.size }}", Least(7, ("name", "size"))),
        ("好{{ target.name | default('x') }}", Least(3, ())),
        ("好{% if target.name %}的{{ target.name }}{% endif %}吧", Least(6, ())),
    ],
)
def test_what_is_counted(source: str, found: Least) -> None:
    assert least(source) == found

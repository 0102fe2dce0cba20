"""Mistyped signs inside templates and conditions: named where they stand, with what to write instead."""

from __future__ import annotations

import pytest

from sopengine.language.expressions.conditions import parse_condition
from sopengine.language.expressions.syntax import Problem
from sopengine.language.expressions.templates import check_template
from tests.language.model.support import BASE, load_text

TEMPLATES = [
    ("到 {{ input.o | date('M月D日) }}", "'M月D日", "'M月D日'"),
    ("到 {{ input.o | date(M月D日') }}", "M月D日'", "'M月D日'"),
    ("{{ a.b }}，{{ input.t | join('、) }} {{ input.d | time('HH:mm') }}", "'、", "'、'"),
    ("{{ input.a | replace('a, 'b') }}", "'a", "'a'"),
    ("{{ input.a | replace('a', b') }}", "b'", "'b'"),
    ("{% if input.a == 'b %}x{% endif %}", "'b", "'b'"),
    ('{{ input.a | join("x) }}', '"x', '"x"'),
    ("{{ input.a ｜ money }}", "｜", "|"),
    ("{{ input.a + ３４ }}", "３４", "34"),
    ("{｛ input.a }}", "{｛ input.a }}", "{{ input.a }}"),
    ("再 {{ input.a }｝ 元", "{{ input.a }｝", "{{ input.a }}"),
    ("见｛｛", "｛｛", "{{"),
    ("再 {{ input.a }} 元 { input.b } ", "{ input.b }", "{{ input.b }}"),
    ("{ input.a }}", "{ input.a }}", "{{ input.a }}"),
    ("{{ input.a }", "{{ input.a }", "{{ input.a }}"),
    ("共 input.a }} 元", "input.a }}", "{{ input.a }}"),
]
CONDITIONS = [
    ("target.tier == 'member", "'member", "'member'"),
    ("target.tier == member'", "member'", "'member'"),
    ("not member.tags.has('ordered)", "'ordered", "'ordered'"),
    ("target.tier in ['x', 'y]", "'y", "'y'"),
    ("target.size > 0.６", "６", "6"),
    ("target.tier ＝= 'x'", "＝", "="),
    ("target.tags.has（'x')", "（", "("),
]


@pytest.mark.parametrize(("text", "wrong", "right"), TEMPLATES)
def test_a_slip_in_a_template_says_what_to_write(text: str, wrong: str, right: str) -> None:
    first = check_template(text)[0]
    assert text[first.col - 1 : first.col - 1 + first.length] == wrong
    assert first.write == right


@pytest.mark.parametrize(("text", "wrong", "right"), CONDITIONS)
def test_a_slip_in_a_condition_says_what_to_write(text: str, wrong: str, right: str) -> None:
    found = parse_condition(text)
    assert isinstance(found, Problem)
    assert text[found.col - 1 : found.col - 1 + found.length] == wrong
    assert found.write == right


@pytest.mark.parametrize(
    "text",
    [
        "｛周末｝特惠",
        "价格 {待定}",
        "{% raw %}{{ input.a }{% endraw %}",
        "json {a.b}",
        "见 input.a 一栏",
        "{{ input.a }}}",
    ],
)
def test_other_braces_are_the_authors_own(text: str) -> None:
    assert check_template(text) == []


def test_the_finding_carries_the_edit() -> None:
    loaded = load_text(BASE.replace("target.tier == 'member'", "target.tier == 'member"))
    (found,) = loaded.diagnostics
    assert found.fix is not None
    (edit,) = found.fix.edits
    assert (edit.place.line, edit.place.col, edit.place.end_col, edit.text) == (33, 28, 35, "'member'")


@pytest.mark.parametrize(
    ("text", "line", "write"),
    [
        ("{% for x in event.members %}a\n｛% endfor %}", 2, "{% endfor %}"),
        ("｛% if input.a %}x{% endif %}", 1, "{% if input.a %}"),
        ("{％ if input.a ％}x{% endif %}", 1, "{% if input.a %}"),
        ("{% if input.a %}x{% else %｝y{% endif %}", 1, "{% else %}"),
    ],
)
def test_a_full_width_sign_of_a_statement_is_named_where_it_stands(text: str, line: int, write: str) -> None:
    [found] = check_template(text)
    assert (found.line, found.write) == (line, write)

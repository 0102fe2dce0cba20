"""What `check_template` refuses, where, and that it never raises."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sopengine.errors import SopError
from sopengine.language.expressions.names import Name
from sopengine.language.expressions.sandbox import environment
from sopengine.language.expressions.syntax import MAX_BYTES, Problem
from sopengine.language.expressions.templates import check_template, names_used
from tests.language.templates.payloads import BURNS, ESCAPES


@pytest.mark.parametrize(
    ("source", "kind", "line", "col", "length", "zh"),
    [
        ("第一行\n再来 {{ target.name ｜ money }}", "syntax", 2, 19, 1, "全角"),
        ("好\r\n{{ target.name｜money }}", "syntax", 2, 15, 1, "全角"),
        ("{{ target.name $ }}", "syntax", 1, 16, 1, "不认识「$」"),
        ("{{ target.name }", "syntax", 1, 1, 16, "成双"),
        ("{{ target.name", "syntax", 1, 11, 4, "没有用 }} 结尾"),
        ("{{ }}", "syntax", 1, 4, 2, "没有写完"),
        ("{{ a b }}", "syntax", 1, 6, 1, "前面多了字"),
        ("好{# 注", "syntax", 1, 2, 2, "{# 没有结尾"),
        ("{% if a %}好", "syntax", 1, 11, 1, "{% if %} 没有结尾"),
        ("好{% endif %}", "syntax", 1, 5, 5, "没有与它配对"),
        ("好{% whil a %}", "syntax", 1, 5, 4, "没有 {% whil %}"),
        ("{{ a | mony }}", "forbidden", 1, 8, 4, "没有「mony」这个过滤器"),
        ("{{ a | money(1, 2) }}", "forbidden", 1, 8, 5, "参数"),
        ("{{ a | date('yyyy年') }}", "forbidden", 1, 13, 1, "不认识「yyyy」"),
        ("{{ a | time('M月') }}", "forbidden", 1, 13, 1, "不认识「M」"),
        ("{{ a is known 'b' }}", "forbidden", 1, 6, 2, "is known 后面"),
        ("{{ a is divisibleby }}", "forbidden", 1, 6, 2, "is divisibleby 后面"),
        ("{{ a is odder }}", "forbidden", 1, 6, 2, "is odder"),
        ("{{ 1 + 2 ** 3 }}", "forbidden", 1, 10, 2, "**"),
        ("{{ 'x' * 3 }}", "forbidden", 1, 8, 1, "乘数字"),
        ("{{ target.name.upper() }}", "forbidden", 1, 15, 1, "不能调用 upper()"),
        ("{{ a.__class__ }}", "forbidden", 1, 6, 9, "下划线"),
        ("{{ 'x' if a }}", "forbidden", 1, 4, 1, "else"),
        ("{% include 'x' %}", "forbidden", 1, 4, 7, "include"),
    ],
)
def test_a_problem_stands_at_its_sign(source: str, kind: str, line: int, col: int, length: int, zh: str) -> None:
    problems = check_template(source)
    assert [(p.kind, p.line, p.col, p.length) for p in problems] == [(kind, line, col, length)]
    assert zh in problems[0].message.zh
    assert problems[0].message.en


def test_every_forbidden_construct_is_named_in_written_order() -> None:
    problems = check_template("{{ a | nope }}\n{{ b.__x }}\n{% include 'c' %}\n{{ 2 ** 2 }}")
    assert [p.line for p in problems] == [1, 2, 3, 4]


def test_plain_text_and_all_allowed_constructs_pass() -> None:
    assert check_template("夏日 50% 折扣 { 真的 } # 好 }} 完") == []
    source = (
        "{% set n = target.size | int %}{% for m in event.members if m.name is known %}{{ loop.index }}. {{ m.name }}"
        "{% else %}{{ '无' ~ n }}{% endfor %}{% if n >= 3 and not target.tags.has('vip') %}{{ (n - 1) * 2 // 3 % 4 }}"
        "{% elif n is unknown or target.tier in ['a', 'b'] %}{{ input.opening | date('M月D日 ddd') }}{% endif %}"
        "{{ event.members[0].name | default('朋友') | truncate(8) }}{{ [1, 2.5] | max }}"
        "{% raw %}{{ x }}{% endraw %}{# c #}"
        "{% for i in range(3) %}{{ -i }}{{ ',' if not loop.last else '。' }}{% endfor %}"
        "{{ target.tags | select('ne', 'x') | join('、') }}"
    )
    assert check_template(source) == []


def test_size_is_counted_in_bytes() -> None:
    assert check_template("好" * (MAX_BYTES // 3)) == []
    assert [p.kind for p in check_template("好" * (MAX_BYTES // 3 + 1))] == ["forbidden"]


def test_what_could_reach_beyond_its_data_is_refused_before_it_runs() -> None:
    """What passes only prints what cannot be printed, or names that do not exist; rendering refuses those."""
    passed = [source for source in ESCAPES if not check_template(source)]
    assert [source for source in passed if "__" in source or "{% " in source] == [
        "{{ ()['__cl' ~ 'ass__'] }}",
        "{% for i in target.tags %}{{ loop }}{% endfor %}",
        "{% print(target) %}",
        "{{ target[['__', 'class', '__'] | join] }}",
        "{{ target['__CLASS__' | lower] }}",
        "{{ target['X__class__X'[1:-1]] }}",
        "{{ target['__clazz__' | replace('zz', 'ss')] }}",
        "{% set g = '__globals__' %}{{ cycler['next'][g]['os'] }}",
    ]
    assert len(passed) < len(ESCAPES) / 5


@pytest.mark.parametrize("source", BURNS)
def test_checking_is_quick_whatever_is_written(source: str) -> None:
    begin = time.process_time()
    check_template(source)
    names_used(source)
    assert time.process_time() - begin < 2


# --- names


def test_names_have_their_place_and_stop_where_they_are_computed() -> None:
    source = (
        "甲 {{ target.name }}\n乙{% if input.opening | date == slot['date'] %}{{ event.members[0].name }}{% endif %}"
    )
    assert names_used(source) == [
        Name(("target", "name"), 1, 6),
        Name(("input", "opening"), 2, 8),
        Name(("slot", "date"), 2, 32),
        Name(("event", "members"), 2, 50),
    ]


def test_names_made_by_the_template_are_its_own() -> None:
    source = (
        "{% set x = target.a %}{{ x.b }}"
        "{% for m in event.members %}{{ m.c }}{{ loop.index }}{{ y }}{% endfor %}{{ m.d }}"
        "{% for i in range(target.n) %}{{ i }}{% endfor %}{{ target.tags.has(member.e) }}"
    )
    assert [name.parts for name in names_used(source)] == [
        ("target", "a"),
        ("event", "members"),
        ("y",),
        ("m", "d"),
        ("target", "n"),
        ("target", "tags"),
        ("member", "e"),
    ]


# --- any text

_PIECES = st.sampled_from([
    "{{", "}}", "{%", "%}", "{#", "#}", "{{-", "-%}", "if", "for", "in", "set", "else", "endif", "endfor",
    "raw", "endraw", "target.name", "x", ".", "|", "money", "date('M月')", "(", ")", "[", "]", "'", "\"",
    "\\", "\n", "\r\n", "1.5", "99999999999999999999999999999999999999999999999999", " ", "~", "+", "**",
    "==", "＝", "，", "好", "\x00", "\ud800", "is", "not", "none", "_", "__class__", "{% if x %}",
    "{% endif %}",
])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60), st.lists(_PIECES, max_size=25).map(" ".join), st.lists(_PIECES, max_size=25).map("".join)
    )
)
@example("{{ '\\ud83d' }}")
@example("{{ 0_ }}")
@example("{{ 1__0.5e }}")
@example("\r{{\r\n!")
def test_any_text_gives_findings_inside_itself(source: str) -> None:
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for found in check_template(source):
        assert isinstance(found, Problem)
        assert found.message.zh
        assert found.message.en
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.col <= len(lines[found.line - 1]) + 1
    for name in names_used(source):
        assert lines[name.line - 1][name.col - 1 :].startswith(name.parts[0])


def test_an_unsafe_jinja_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinja2.__version__", "3.1.5")
    environment.cache_clear()
    try:
        with pytest.raises(SopError, match=r"3\.1\.5 is not safe"):
            environment()
    finally:
        environment.cache_clear()

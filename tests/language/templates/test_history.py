"""Questions of the past in texts and conditions: how they are read, and each mistake at its own sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.language.expressions.conditions import parse_condition
from sopengine.language.expressions.syntax import Problem
from sopengine.language.expressions.templates import (
    ANSWERS,
    CompiledTemplate,
    check_template,
    paths_read,
    template_asks,
)
from sopengine.language.load import load

ONE_SPELLING = [
    ("metric.gmv", "metric.gmv"),
    ("metric['gmv'].today", "metric.gmv.today"),
    ("goal.gmv.week", "goal.gmv.week"),
    ("count(order.paid)", "count('order.paid')"),
    ("count( 'order.paid' ).yesterday", "count('order.paid').yesterday"),
    ("streak('a.b').within('24h')", "streak('a.b').within('24h')"),
    ("count('a.b').within('7天')", "count('a.b').within('7d')"),
    ("last(a.b.c).amount", "last('a.b.c')"),
    ("last('a.b').today.amount", "last('a.b').today"),
    ("count('a.b').since(opening)", "count('a.b').since('opening')"),
    ("count('a.b').since(input.opening)", "count('a.b').since('opening')"),
    ("count('a.b').since('opening - 1d')", "count('a.b').since('opening - 1d')"),
    ("count('a.b').since(target.opens)", "count('a.b').since('target.opens')"),
    ("count('a.b').since('2026-06-01')", "count('a.b').since('2026-06-01')"),
    ("total(metric.gmv)", "total('gmv')"),
    ("total(metric.gmv.today)", "total('gmv').today"),
    ("total('gmv').today", "total('gmv').today"),
    ("rank('gmv.today')", "rank('gmv').today"),
    ("rank(metric.gmv)", "rank('gmv')"),
    ("stores | ranking('gmv.today')", "stores | ranking('gmv.today')"),
]


@pytest.mark.parametrize(("written", "spelling"), ONE_SPELLING)
def test_one_spelling_for_what_is_asked_alike(written: str, spelling: str) -> None:
    source = "{{ (" + written + ") | list }}"
    assert check_template(source) == []
    assert [ask.text for ask in template_asks(source)] == [spelling]
    assert paths_read(source) == [(ANSWERS, spelling)]
    if "ranking" not in written:
        parsed = parse_condition(f"{written} is known")
        assert not isinstance(parsed, Problem)
        assert [ask.text for ask in parsed.asks] == [spelling]


@pytest.mark.parametrize(
    ("text", "word", "zh"),
    [
        ("metric.gmv.todya > 1", "todya", "是不是 today"),
        ("count('a.b').size > 1", "size", "count('a.b') 后面没有"),
        ("count('a.b').today.week > 1", "week", "不能再写"),
        ("count() > 1", "(", "只写一个名字"),
        ("count('a.b', 'c.d') > 1", "(", "只写一个名字"),
        ("count(3) > 1", "3", "事件的名字"),
        ("streak('a.b').within(7) > 1", "7", "加引号的时长"),
        ("streak('a.b').within('7 dys') > 1", "dys", "没有单位"),
        ("streak('a.b').within('7') > 1", "", "单位"),
        ("count('a.b').since(3) > 1", "3", "锚点"),
        ("count('a.b').since('2026-02-30') > 1", "30", "只有 28 天"),
        ("rank('gmv.tody') > 1", "tody", "是不是 today"),
        ("total(target.a) > 1", ".", "指标的名字"),
        ("rank('a b') > 1", "b", "看不懂"),
    ],
)
def test_a_mistake_stands_at_its_own_sign(text: str, word: str, zh: str) -> None:
    found = parse_condition(text)
    assert isinstance(found, Problem)
    assert zh in f"{found.message.zh} {found.help.zh if found.help else ''}"
    if word:
        assert text[found.col - 1 :].startswith(word)
    assert check_template("{{ " + text + " }}")[0].message == found.message


@given(st.text(alphabet="metric.goal()count'rank|today since withn7d,[]", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    parse_condition(text)
    for problem in check_template("{{ " + text + " }}"):
        assert problem.col >= 1
    template_asks("{{ " + text + " }}")


def render(source: str, **answers: object) -> str:
    named = {key.replace("__", "."): value for key, value in answers.items()}
    return CompiledTemplate(source).render({ANSWERS: named})


def test_a_text_prints_the_answers_it_is_handed() -> None:
    source = "今天 {{ metric.gmv.today | money }}，{{ metric.gmv }}{% if count('a.b') > 3 %}多{% endif %}"
    answers = {"metric.gmv.today": 12, "metric.gmv": 99, "count('a.b')": 4}
    assert CompiledTemplate(source).render({ANSWERS: answers}) == "今天 12.00，99多"
    loop = "{% for r in stores | ranking('gmv') %}{{ r.rank | default('-') }} {{ r.name }}；{% endfor %}"
    rows = [{"rank": 1, "name": "东湖店", "value": 3}, {"rank": None, "name": "西塘店", "value": None}]
    assert CompiledTemplate(loop).render({ANSWERS: {"stores | ranking('gmv')": rows}}) == "1 东湖店；- 西塘店；"
    assert CompiledTemplate("{{ last('a.b').n }}").render({ANSWERS: {"last('a.b')": {"n": 7}}}) == "7"


def test_an_answer_that_is_not_known_can_be_asked_for_and_is_never_printed_as_nothing() -> None:
    assert render("{{ metric.gmv | default('—') }}") == "—"
    assert render("{% if metric.gmv is unknown %}没有{% endif %}") == "没有"
    template = CompiledTemplate("{{ metric.gmv.today }}")
    with pytest.raises(Exception, match=r"metric.gmv.today") as raised:
        template.render({ANSWERS: {}})
    assert template.explain(raised.value, {}).reason == "undefined: metric.gmv.today"


def test_tags_are_asked_by_name() -> None:
    data = {"member": {"tags": {"vip": True, "grade": "A"}}}
    source = "{{ member.tags.has('vip') and member.tags.grade == 'A' and not member.tags.has('new') }}"
    assert CompiledTemplate("{% if " + source[3:-3] + " %}好{% endif %}").render(data) == "好"


BOOK = """
playbook: fair
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-06-01}, brand: {type: text, default: x}}
audiences: {groups: {source: groups, sample: {name: G, store: s1}}}
roles: {manager: {source: stores, person: manager, match: store}}
events: {checkin.posted: {photo: text}}
metrics: {gmv: {sum: chase.gmv, per: store}, joined: {count: member.joined}}
messages: {a: 'A {{ input.brand }} {{ input.opening }}'}
weekly:
  steps:
    - {id: a, on: mon, at: 10:00, to: groups, send: {text: "%s"}}
    - {id: chase, on: daily, at: 12:00, to: manager, task: T, form: {gmv: money}}
    - id: c
      on: daily
      at: 13:00
      choose: [{if: "%s", to: groups, send: a}]
      else: skip
"""


@pytest.mark.parametrize(
    ("text", "code", "word", "guess"),
    [
        ("{{ count('checkin.postd') }}", "SOP-R312", "checkin.postd", "checkin.posted"),
        ("{{ last('checkin.posted').poto }}", "SOP-R305", "poto", "photo"),
        ("{{ rank('gvm') }}", "SOP-R305", "gvm", "gmv"),
        ("{{ rank('joined') }}", "SOP-R305", "joined", None),
        ("{{ total(metric.gvm) }}", "SOP-R305", "gvm", "gmv"),
        ("{{ count('order.paid').since(openin) }}", "SOP-R303", "openin", "opening"),
        ("{{ count('order.paid').since(brand) }}", "SOP-R303", "brand", None),
        ("{{ count('order.paid').since(target.opns) }}", "SOP-R303", "target.opns", None),
        ("{% for r in grups | ranking('gmv') %}{{ r.name }}{% endfor %}", "SOP-R302", "grups", "groups"),
    ],
)
def test_what_does_not_exist_is_found_where_it_stands(text: str, code: str, word: str, guess: str | None) -> None:
    book = BOOK % (text, "total(metric.gmv) > 3")
    found = [d for d in load(book.encode(), "b.yaml", lambda _: None).diagnostics if d.severity.value == "error"]
    assert [d.code for d in found] == [code], found
    place = found[0].place
    assert place is not None
    assert book.split("\n")[place.line - 1][place.col - 1 : place.end_col - 1] == word
    assert (found[0].fix.edits[0].text if found[0].fix else None) == guess


@pytest.mark.parametrize("text", ["metric.gmv > 3", "count('order.paid') > 3", "rank('gmv') == 1"])
def test_where_nobody_is_spoken_of_nobodys_history_can_be_asked(text: str) -> None:
    book = BOOK % ("x", text)
    found = [d for d in load(book.encode(), "b.yaml", lambda _: None).diagnostics if d.severity.value == "error"]
    assert [d.code for d in found] == ["SOP-R305"], found
    assert "total(" in str(found[0].help) or "`to`" in str(found[0].help)

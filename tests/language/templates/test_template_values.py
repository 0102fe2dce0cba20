"""What templates print: exact numbers, dates, lists; and what they refuse to print."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from sopengine.language.expressions.decimals import calculate, plain
from sopengine.language.expressions.templates import CompiledTemplate, Failure, check_template

CONTEXT: dict[str, Any] = {
    "target": {"name": "东湖店", "size": 12, "tags": ["vip", "new"], "blank": " ", "none": None, "price": "22.90"},
    "input": {
        "opening": date(2026, 6, 18),
        "live": datetime(2026, 6, 18, 20, 5, tzinfo=UTC),
        "shift": time(9, 0),
        "threshold": Decimal("30.00"),
        "items": 3,
    },
    "event": {"members": [{"name": "小明"}, {"name": "小红"}]},
}


def render(source: str) -> str:
    assert check_template(source) == []
    return CompiledTemplate(source).render(CONTEXT)


def failure(source: str) -> Failure:
    template = CompiledTemplate(source)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any error a template provokes must be explained
        template.render(CONTEXT)
    return template.explain(caught.value, CONTEXT)


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("88 - 65.3", "22.7"),
        ("30 - 22.90", "7.1"),
        ("0.1 + 0.2", "0.3"),
        ("1.10", "1.1"),
        ("100", "100"),
        ("1e3", "1000"),
        ("0.000001", "0.000001"),
        ("3 - 3.0", "0"),
        ("- 1.50", "-1.5"),
        ("7 / 2", "3.5"),
        ("6 / 3", "2"),
        ("1 / 3", "0.3333333333333333333333333333"),
        ("7 // 2", "3"),
        ("(0 - 7) // 2", "-4"),
        ("(0 - 7) % 3", "2"),
        ("(0 - 7.5) % 3", "1.5"),
        ("7.5 // 2", "3"),
        ("2 * 3.5", "7"),
        ("999999999999999999 * 10", "9999999999999999990"),
        ("input.threshold", "30"),
        ("input.threshold | money", "30.00"),
        ("0.005 | money", "0.01"),
        ("(0 - 0.001) | money", "0.00"),
        ("target.price | money", "22.90"),
        ("target.price | number + 1", "23.9"),
        ("2.5 | round", "3"),
        ("2.345 | round(2)", "2.35"),
        ("2.341 | round(2, 'ceil')", "2.35"),
        ("3.99 | int", "3"),
        ("(0 - 3) | abs", "3"),
        ("[1, 2.5, 3] | sum", "6.5"),
        ("[3, 1.5, 2] | sort | join(' ')", "1.5 2 3"),
        ("[3, 1.5] | min", "1.5"),
        ("[3, 1.5] | max", "3"),
        ("[1, 1.0, 2] | unique | join(',')", "1,2"),
        ("'a' + 'b'", "ab"),
        ("'a' ~ 1.50 ~ input.opening", "a1.52026-06-18"),
    ],
)
def test_numbers_are_exact_and_print_without_trailing_zeros(expression: str, printed: str) -> None:
    assert render("{{ " + expression + " }}") == printed


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("input.opening", "2026-06-18"),
        ("input.live", "2026-06-18 20:05"),
        ("input.shift", "09:00"),
        ("input.opening | date('M月D日')", "6月18日"),
        ("input.opening | date('YYYY/MM/DD ddd dddd YY')", "2026/06/18 周四 星期四 26"),
        ("input.live | date('M月D日 H:mm:ss')", "6月18日 20:05:00"),
        ("input.live | time", "20:05"),
        ("input.shift | time('H点mm')", "9点00"),
        ("'2026-06-07' | date('M.D')", "6.7"),
        ("'09:30' | time('H:mm')", "9:30"),
    ],
)
def test_dates(expression: str, printed: str) -> None:
    assert render("{{ " + expression + " }}") == printed


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        (
            "{{ target.blank | default('朋友') }}{{ target.none | default('们') }}{{ target.nope | default('好') }}",
            "朋友们好",
        ),
        ("{{ target.name | truncate(2) }}", "东…"),
        ("{{ target.name | replace('店', '铺') | upper | trim }}", "东湖铺"),
        (
            "{{ event.members | length }}{{ event.members[1].name }}{{ target.name[:2] }}{{ target.tags | first }}",
            "2小红东湖vip",
        ),
        (
            "{% for m in event.members %}{{ loop.index }}{{ m.name }}{{ '、' if not loop.last else '' }}{% endfor %}",
            "1小明、2小红",
        ),
        ("{% if target.tags.has('vip') and not target.tags.has('x') %}贵宾{% endif %}", "贵宾"),
        ("{% if target.none is unknown and target.nope is unknown and target.name is known %}是{% endif %}", "是"),
        ("甲\n{% if target.size > 3 %}\n乙\n{% endif %}\n丙\n", "甲\n乙\n丙"),
        ("{{ input.items }}{{ ['b', 'a'] | sort | join }}", "3ab"),
        ("{% if 1 < target.size <= 12 %}区间{% endif %}", "区间"),
        ("{{ target.tags | reject('eq', 'vip') | join }}", "new"),
    ],
)
def test_texts_and_lists(source: str, printed: str) -> None:
    assert render(source) == printed


@pytest.mark.parametrize(
    ("source", "kind", "reason", "line"),
    [
        ("甲\n{{ target.nmae }}", "undefined", "undefined: target.nmae", 2),
        ("甲\n\n{{ tarrget.name }}", "undefined", "undefined: tarrget.name", 3),
        ("{{ target.name.first }}", "undefined", "undefined: target.name.first", 1),
        ("{% for m in event.members %}\n{{ m.nmae }}{% endfor %}", "undefined", "undefined: m.nmae", 2),
        ("{{ target.nope + 1 }}", "undefined", "undefined: target.nope", 1),
        ("{% if target.nope == 1 %}x{% endif %}", "undefined", "undefined: target.nope", 1),
        ("{{ - target.nope }}", "undefined", "undefined: target.nope", 1),
        ("{{ target.size | list }}", "failed", "a value is of the wrong kind for what is done with it", 1),
        ("{{ target.nope | money }}", "undefined", "undefined: target.nope", 1),
        ("{{ target.nope | length }}", "undefined", "undefined: target.nope", 1),
        ("{{ target.none }}", "object", "nothing cannot be printed", 1),
        ("\n{{ target }}", "object", "a group of values cannot be printed", 2),
        ("{{ target.tags }}", "object", "a list cannot be printed", 1),
        ("{{ 1 == 1 }}", "object", "yes/no cannot be printed", 1),
        ("{{ [none] | join }}", "object", "nothing cannot be printed", 1),
        ("{% if target.price == 22.9 %}x{% endif %}", "failed", "text does not compare with a number", 1),
        ("{% if input.opening < 'z' %}x{% endif %}", "failed", "a date does not compare with text", 1),
        (
            "{% if target.tags.has(1) %}x{% endif %}",
            "failed",
            "has() compares unlike values: a number is not in such a list",
            1,
        ),
        ("\n\n{{ 1 / 0 }}", "failed", "division by zero", 3),
        ("{{ target.name + 1 }}", "failed", "'+' calculates with numbers, not with text and a number", 1),
        ("{{ target.name | money }}", "failed", "'东湖店' is not a number", 1),
        ("{{ input.opening | date('HH') }}", "failed", "a date has no time of day", 1),
        ("{{ input.shift | date('M') }}", "failed", "a time of day has no date", 1),
        ("{{ '18 June' | date }}", "failed", "'18 June' is not a date like 2026-06-18", 1),
        ("{{ '25:00' | time }}", "failed", "'25:00' is not a time like 20:30", 1),
        ("{{ [] | first }}", "failed", "an empty list has no such value", 1),
        ("{{ ['a', 1] | sort | join }}", "failed", "values of unlike types have no order", 1),
        ("{% for i in range(9999) %}x{% endfor %}", "failed", "range() counts to 1000 at most", 1),
        ("{{ 1e39 * 1e39 * 1e39 }}", "failed", "a result beyond what can be calculated", 1),
        ("{{ 1e39 * 10 }}", "object", "a number too large or too small to print", 1),
    ],
)
def test_a_failure_names_its_kind_its_reason_and_its_line(source: str, kind: str, reason: str, line: int) -> None:
    found = failure(source)
    assert found == Failure(kind, reason, line)


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "{% if", "{{ target.__class__ }}", "{# x", "{{"])
def test_template_signs_in_data_are_printed_as_they_are(text: str) -> None:
    template = CompiledTemplate(
        "{{ target.name }}、{{ target.name | default('x') }}{% for t in target.tags %}{{ t }}{% endfor %}"
    )
    assert template.render({"target": {"name": text, "tags": [text]}}) == f"{text}、{text}{text}"


def test_columns_named_like_methods_are_columns() -> None:
    names = ["items", "keys", "values", "get", "pop", "copy", "update", "count", "index"]
    source = "".join("{{ target." + name + " }}" for name in names)
    assert CompiledTemplate(source).render({"target": {name: name[0] for name in names}}) == "ikvgpcuci"


def test_arithmetic_refuses_what_is_no_number() -> None:
    for left, right in [(True, 1), ("1", 1), (None, 1), ([1], 2)]:
        with pytest.raises(TypeError):
            calculate("+", left, right)


def test_plain_refuses_numbers_nobody_reads() -> None:
    for number in [Decimal("1e40"), Decimal("1e-40"), Decimal("NaN"), Decimal("Infinity")]:
        with pytest.raises(ValueError, match="number"):
            plain(number)

"""Comparisons that never have an answer, choices that do not exist, and values that cannot be printed."""

from __future__ import annotations

import pytest

from sopengine.review.mending import mended, safe_edits
from tests.language.model.support import load_text

BOOK = """\
playbook: types
timezone: Asia/Shanghai
inputs:
  opening: {type: date, default: 2026-06-18}
  live: {type: datetime, default: 2026-06-18T20:00}
  threshold: {type: money, default: 30}
  style: {type: choice, default: 清淡的, choices: [清淡的, 热闹的]}
  tiers: {type: list, default: [银卡, 金卡]}
  loud: {type: bool, default: false}
  doors: {type: time, default: 9:30}
  pause: {type: duration, default: 2h}
  brand: {type: text, default: 小茶铺}
audiences:
  groups:
    {source: groups, columns: {size: integer, opens: date},
    sample: {name: 东湖店群, size: 180, members: 30, opens: 2026-10-01}}
  big: {of: groups}
roles:
  clerk: {source: stores, person: manager}
events:
  checkin.posted: {mood: {type: choice, choices: [好, 平]}, score: integer}
messages:
  hello: |
    你好，{{ target.name }}TEXT
weekly:
  steps:
    - {id: a, on: mon, at: 09:00, to: big, send: hello, if: "CONDITION"}
welcome:
  on_event: checkin.posted
  steps:
    - {id: dice, split: {by: target.id, seed: s1, arms: {a: 50, b: 50}}}
    - {id: b, after: 1h, to: target, send: {text: 好}, if: "EVENT"}
"""


def found(condition: str = "slot.day > 0", event: str = "event.score > 1", text: str = "") -> list[tuple[str, str]]:
    book = BOOK.replace("CONDITION", condition).replace("EVENT", event).replace("TEXT", text)
    wanted = ("SOP-T407", "SOP-T406", "SOP-S203")
    return [(d.code, d.message.zh) for d in load_text(book).diagnostics if d.code in wanted]


@pytest.mark.parametrize(
    "condition",
    [
        "target.size >= 100",
        "target.size > input.threshold",
        "target.members == '30'",
        "target.name in ['东湖店群', '西湖店群']",
        "target.opens > input.opening",
        "input.style == '热闹的'",
        "input.tiers.has('金卡')",
        "'金卡' in input.tiers",
        "slot.date >= input.opening and slot.number < 3",
        "slot.weekday == 'tue'",
        "slot.time < input.doors",
        "input.loud == true",
        "target.unheard is known",
        "count('order.paid').week > 3",
        "last('order.paid').amount > input.threshold",
        "last('order.paid').amount is unknown",
        "'店' in target.name",
    ],
)
def test_what_compares_is_left_alone(condition: str) -> None:
    assert found(condition) == []


@pytest.mark.parametrize(
    "condition",
    [
        "target.members >= 20",  # a column without a type is text
        "target.size == '180'",
        "target.opens > '2026-06-01'",
        "input.brand == 3",
        "input.threshold > input.brand",
        "input.live > input.opening",
        "slot.date == input.live",
        "input.pause > 3",
        "input.tiers == '金卡'",
        "input.tiers > 1",
        "input.loud == 'yes'",
        "slot.weekday == 2",
        "3 in input.tiers",
        "target.size in ['180', '200']",
        "target.size + 1 == target.name",
        "count('order.paid') > '3'",
        "last('order.paid').amount > 'x'",
    ],
)
def test_what_never_has_an_answer_is_told(condition: str) -> None:
    assert [code for code, _ in found(condition)] == ["SOP-T407"]


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("input.style == '清谈的'", "清淡的"),
        ("'热闹的呀' == input.style", "热闹的"),
        ("input.style in ['清淡的', '热脑的']", "热闹的"),
        ("slot.weekday == '周二'", "tue"),
        ("slot.weekday == 'Tuesday'", "tue"),
        ("slot.weekday != 'teu'", "tue"),
    ],
)
def test_a_text_that_is_none_of_the_choices(condition: str, meant: str) -> None:
    ((code, message),) = found(condition)
    assert code == "SOP-S203"
    assert f"是不是 `{meant}`" in message


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("event.mood == '好'", ""),
        ("event.mood == '坏'", "SOP-S203"),
        ("event.score > '3'", "SOP-T407"),
        ("step.dice.result == 'a'", ""),
        ("step.dice.result == 'c'", "SOP-S203"),
    ],
)
def test_events_and_splits_are_known_too(event: str, code: str) -> None:
    assert [each for each, _ in found(event=event)] == [code] * bool(code)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("，{{ input.tiers }}", "SOP-T406"),
        ("，{{ input.loud }}", "SOP-T406"),
        ("，{{ input.tiers | join('、') }}", ""),
        ("，{{ input.threshold }}，{{ input.opening }}，{{ input.pause }}，{{ input.doors }}", ""),
        ("，{% if target.members > 3 %}多{% endif %}", "SOP-T407"),
        ("，{% if target.size > 3 %}多{% endif %}", ""),
        ("，{% for tier in input.tiers %}{{ tier }}{% if tier == '金卡' %}！{% endif %}{% endfor %}", ""),
        ("，{% if input.style == '清谈的' %}多{% endif %}", "SOP-S203"),
    ],
)
def test_templates_are_read_the_same_way(text: str, code: str) -> None:
    assert [each for each, _ in found(text=text)] == [code] * bool(code)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("target.size == '180'", "target.size == 180"),
        ("input.brand == 3", "input.brand == '3'"),
        ("slot.weekday == '周二'", "slot.weekday == 'tue'"),
    ],
)
def test_what_can_be_mended_safely(wrong: str, right: str) -> None:
    def book(condition: str) -> str:
        return BOOK.replace("CONDITION", condition).replace("EVENT", "event.score > 1").replace("TEXT", "")

    loaded = load_text(book(wrong))
    assert mended(book(wrong), safe_edits(loaded.diagnostics, "base.yaml")) == book(right)


def test_the_way_out_for_a_column_names_the_declaration() -> None:
    book = BOOK.replace("CONDITION", "target.members >= 20").replace("EVENT", "event.score > 1").replace("TEXT", "")
    (d,) = [d for d in load_text(book).diagnostics if d.code == "SOP-T407"]
    assert d.help is not None
    assert "columns: {members: integer}" in d.help.zh
    assert d.place is not None
    assert d.place.end_col - d.place.col == len("20")

"""Amounts and days written into texts against the inputs they stand for: found where they differ, silent elsewhere."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.language.model.support import load_text

BOOK = """\
playbook: sale
timezone: Asia/Shanghai
inputs:
  opening: {type: date, default: 2026-06-18, title: 开售日}
  threshold: {type: money, default: 40, title: 满减门槛（元）}
  saving: {type: money, default: 5, title: 满减金额（元）}
  pass_price: {type: money, default: 9.90, title: 清凉卡价格（元）}
  seats: {type: integer, default: 40, title: 名额}
audiences:
  groups: {source: groups, sample: {name: 东湖店群}}
messages:
  rules: |
    满 {{ input.threshold }} 减 {{ input.saving }}，酸梅汤 {{ input.pass_price | money }} 元一杯，
    名额 {{ input.seats }} 位，{{ input.opening | date('M月D日') }}揭晓
  other: |
    TEXT
weekly:
  to: groups
  steps:
    - {id: a, on: mon, at: 09:00, send: rules}
    - {id: b, on: tue, at: 09:00, send: other}
"""


def found(text: str, book: str = BOOK) -> list[str]:
    return [d.message.zh for d in load_text(book.replace("TEXT", text)).diagnostics if d.code == "SOP-W524"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("今天满30减5", "threshold"),
        ("今天满 40 减 8 元", "saving"),
        ("清凉卡 8.90 元三杯", "pass_price"),
        ("清凉卡价格：8.90 元", "pass_price"),
        ("酸梅汤 12 元一杯", "pass_price"),
        ("名额 30 位", "seats"),
        ("6月20日开售", "opening"),
        ("开售日：6月20日", "opening"),
        ("6月20日揭晓", "opening"),
    ],
)
def test_a_value_that_differs_is_told_with_the_input(text: str, name: str) -> None:
    (message,) = found(text)
    assert f"输入 {name} 是" in message


@pytest.mark.parametrize(
    "text",
    [
        "今天满40减5",  # as the input says
        "满99减20 的大券",  # another rung: both numbers differ
        "满 {{ input.threshold }} 减 {{ input.saving }}",
        "清凉卡 9.90 元三杯",
        "清凉卡 {{ input.pass_price | money }} 元",
        "牛奶 8.90 元两瓶",
        "名额不多，先到先得 30 份",
        "6月20日到店领券",
        "6月18日开售",
    ],
)
def test_what_agrees_or_is_about_something_else_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_without_a_default_nothing_can_be_compared() -> None:
    assert found("今天满30减5", BOOK.replace("default: 40, title: 满减", "title: 满减")) == []


def test_the_names_of_the_inputs_do_where_no_text_prints_them() -> None:
    book = BOOK.replace("满 {{ input.threshold }} 减 {{ input.saving }}，", "")
    assert len(found("今天满30减5", book)) == 1


def test_the_values_of_the_campaign_are_what_counts() -> None:
    from sopengine.language.checks.wording.hardcoded import clashes
    from sopengine.language.checks.wording.prose import Prose

    playbook = load_text(BOOK).playbook
    assert playbook is not None
    texts = [Prose("今天满30减5", ("messages", "other"))]
    given = {"threshold": Decimal(30), "saving": Decimal(5)}
    assert list(clashes(playbook, texts, given)) == []
    assert [c.name for c in clashes(playbook, texts, {**given, "saving": Decimal(8)})] == ["saving"]

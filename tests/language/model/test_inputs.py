"""Values given at start become typed, or are refused with the form that is expected."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopengine.language.inputs import typed_inputs, typed_value
from sopengine.language.model import Playbook
from sopengine.language.named import FieldType, Input
from sopengine.timing.words import Duration

GOOD = [
    (FieldType.TEXT, "小茶铺", "小茶铺"),
    (FieldType.TEXT, 12, "12"),
    (FieldType.NUMBER, "3.50", Decimal("3.5")),
    (FieldType.NUMBER, "-2", Decimal(-2)),
    (FieldType.INTEGER, "7", 7),
    (FieldType.INTEGER, Decimal("7.0"), 7),
    (FieldType.MONEY, "29.90", Decimal("29.90")),
    (FieldType.DATE, "2026-06-18", date(2026, 6, 18)),
    (FieldType.DATE, "1948-09-30", date(1948, 9, 30)),  # somebody's birthday
    (FieldType.TIME, "9:30", time(9, 30)),
    (FieldType.DATETIME, "2026-06-18T20:00", datetime(2026, 6, 18, 12, tzinfo=UTC)),
    (FieldType.DATETIME, "2026-06-18T20:00+00:00", datetime(2026, 6, 18, 20, tzinfo=UTC)),
    (FieldType.DURATION, "1d2h", Duration(1, 7200)),
    (FieldType.CHOICE, "清淡", "清淡"),
    (FieldType.LIST, "银卡，金卡", ["银卡", "金卡"]),
    (FieldType.LIST, ["银卡", 3], ["银卡", "3"]),
    (FieldType.BOOL, "是", True),
    (FieldType.BOOL, False, False),
]

BAD = [
    (FieldType.NUMBER, "三"),
    (FieldType.NUMBER, "1e5"),
    (FieldType.NUMBER, "９"),
    (FieldType.NUMBER, "NaN"),
    (FieldType.NUMBER, "1" * 40),
    (FieldType.NUMBER, True),
    (FieldType.INTEGER, "3.5"),
    (FieldType.MONEY, "3.505"),
    (FieldType.DATE, "2026-02-30"),
    (FieldType.DATE, "tomorrow"),
    (FieldType.DATE, "1899-12-31"),
    (FieldType.TIME, "25:00"),
    (FieldType.DATETIME, "2026-06-18"),
    (FieldType.DURATION, "3 weeks"),
    (FieldType.CHOICE, "清单"),
    (FieldType.BOOL, "maybe"),
    (FieldType.TEXT, ["a"]),
    (FieldType.TEXT, None),
    (FieldType.LIST, {"a": 1}),
]


def declare(kind: FieldType, **more: Any) -> Playbook:
    declared = Input("x", kind, ("inputs", "x"), choices=("清淡", "热闹"), **more)
    return Playbook("p", "p", "Asia/Shanghai", inputs={"x": declared})


@pytest.mark.parametrize(("kind", "raw", "value"), GOOD)
def test_good_values(kind: FieldType, raw: Any, value: Any) -> None:
    assert typed_inputs(declare(kind), {"x": raw}) == ({"x": value}, [])


@pytest.mark.parametrize(("kind", "raw"), BAD)
def test_bad_values_say_what_is_expected(kind: FieldType, raw: Any) -> None:
    values, (found,) = typed_inputs(declare(kind), {"x": raw})
    assert values == {}
    assert found.code == "SOP-R311"
    assert "输入 x" in found.message.zh


def test_a_date_time_is_given_in_the_zone_of_the_playbook() -> None:
    values, _ = typed_inputs(declare(FieldType.DATETIME), {"x": "2026-06-18T20:00"})
    assert str(values["x"].tzinfo) == "Asia/Shanghai"  # type: ignore[union-attr]


def test_a_default_stands_where_nothing_is_given() -> None:
    book = declare(FieldType.LIST, default=("a", "b"), required=False)
    assert typed_inputs(book, {}) == ({"x": ["a", "b"]}, [])


def test_a_missing_value_is_asked_for_with_an_example() -> None:
    values, (found,) = typed_inputs(declare(FieldType.DATE, title="开售日"), {})
    assert (values, found.code) == ({}, "SOP-R310")
    assert found.help is not None
    assert found.help.en == "Add --set x=2026-06-18"


def test_an_unknown_name_gets_a_suggestion() -> None:
    book = Playbook(
        "p", "p", "Asia/Shanghai", inputs={"opening": Input("opening", FieldType.TEXT, (), default="a", required=False)}
    )
    _, (found,) = typed_inputs(book, {"openning": "b"})
    assert found.code == "SOP-R309"
    assert "opening？" in found.message.zh


@given(
    st.sampled_from(FieldType),
    st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.lists(st.text()), st.decimals()),
)
def test_any_value_is_typed_or_refused(kind: FieldType, raw: Any) -> None:
    value, wrong = typed_value(kind, raw, "Asia/Shanghai", ("a",))
    assert (value is None) == (wrong is not None)

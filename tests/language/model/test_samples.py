"""Names of columns in a sample and in `columns` that are one slip apart."""

from __future__ import annotations

import pytest

from tests.language.model.support import load_text

BOOK = """\
playbook: samples
timezone: Asia/Shanghai
audiences:
  groups: {source: groups, columns: COLUMNS, sample: SAMPLE}
roles:
  keeper: {source: groups, person: keeper, columns: {opens: time}}
phases:
  one:
    from: 2026-06-01
    until: 2026-06-05
    steps:
      - {id: a, on: day 1, at: target.opens, to: groups, send: {text: '{{ target.name }}开门了'}}
      - {id: b, on: day 1, at: 10:00, to: keeper, task: 开门}
"""


def told(columns: str, sample: str) -> list[str]:
    found = load_text(BOOK.replace("COLUMNS", columns).replace("SAMPLE", sample)).diagnostics
    return [f"{d.place.line}:{d.place.col} {d.code} {d.message.en}" for d in found if d.place is not None]


@pytest.mark.parametrize(
    ("columns", "sample"),
    [
        ("{opens: time}", "{name: 东湖店, keeper: 江月, opens: 09:00}"),
        ("{opens: time}", "{name: 东湖店, keeper: 江月}"),  # a sample need not have all
        ("{opens: time, day1: date}", "{name: 东湖店, opens: 09:00, day2: 2026-06-01}"),  # numbered, not misspelt
        ("{opens: time, open: bool}", "{name: 东湖店, opens: 09:00, open: true}"),
    ],
)
def test_columns_that_agree_or_differ_by_more(columns: str, sample: str) -> None:
    assert told(columns, sample) == []


@pytest.mark.parametrize(
    ("columns", "sample", "place", "written", "meant"),
    [
        ("{opens: time}", "{name: 东湖店, opnes: 09:00}", "4:72", "opnes", "opens"),
        ("{opens: time}", "{nmae: 东湖店, opens: 09:00}", "4:61", "nmae", "name"),
        ("{oplns: time}", "{name: 东湖店, opens: 09:00}", "4:38", "oplns", "opens"),
        ("{oplns: time, opens: time}", "{name: 东湖店, opens: 09:00}", "4:38", "oplns", "opens"),
    ],
)
def test_the_one_that_fewer_places_use_is_found(
    columns: str, sample: str, place: str, written: str, meant: str
) -> None:
    message = f"SOP-R315 The sample and `columns` do not agree on `{written}`; did you mean `{meant}`?"
    assert f"{place} {message}" in told(columns, sample)


def test_a_role_takes_the_same_rows() -> None:
    text = BOOK.replace("COLUMNS", "{opens: time}").replace("SAMPLE", "{name: 东湖店, opens: 09:00}")
    found = load_text(text.replace("person: keeper, columns: {opens: time}", "person: keeper, columns: {oepns: time}"))
    assert [(d.code, d.place and d.place.line) for d in found.diagnostics] == [("SOP-R315", 6)]

"""Any bytes end in a document or in findings with places inside the file."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sopengine.diagnostics import Findings
from sopengine.language.reading.reader import read

GOOD = """\
playbook: summer
title: 夏日会员节
inputs: {opening: {type: date, title: 开售日}}
messages:
  teaser: |
    {{ target.name }}的朋友们：
    #夏日# 见
  rules: "一、不发广告\\n二、有事找店长"
weekly: &w
  to: groups
  steps:
    - {id: a, on: mon, at: [10:00, 20:30], send: teaser}
    - id: b  # 第二步
      on: 周二
      send: {text: 你好}
again: *w
"""
PIECES = [
    *"\n\t \"'{}[]:,-#&*!|>%@`?\\：，“”－｛｝＃\u3000\xa0\x00\x1b\u2028\ufeff\r",
    *("\n- ", ": ", " #x", "{{ x }}", "<<: *w", "&a ", "*a", "---\n", "...\n", "\n  ", "|\n", ">-\n"),
    *("!!str ", "!x ", "\r\n", "😀", '"\\ud800"', "a", "值", "key: "),
]


def holds(data: bytes) -> None:
    findings = Findings()
    document = read(data, "book.yaml", findings)
    assert document is not None or findings.has_errors
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for found in findings:
        assert found.place is not None
        assert 1 <= found.place.line <= len(lines)
        assert 1 <= found.place.col <= len(lines[found.place.line - 1]) + 2
    for spot in document.spots.values() if document else ():
        for place in (spot.key, spot.value):
            if place is not None:
                assert (1, 1) <= (place.line, place.col) <= (place.end_line, place.end_col)
                assert place.end_line <= len(lines)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300))
@example(b"? ")
@example(b"{{")
@example(b"'")
def test_bytes(data: bytes) -> None:
    holds(data)


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_yaml_signs_in_any_order(text: str) -> None:
    holds(text.encode("utf-8", "replace"))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = GOOD
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 4))
        text = text[:at] + draw(st.sampled_from(["", *PIECES])) + text[at + cut :]
    return text


@settings(max_examples=1500, deadline=None)
@given(mutated())
def test_mutated_playbooks(text: str) -> None:
    holds(text.encode("utf-8", "replace"))

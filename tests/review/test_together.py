"""What only the whole plan shows: two steps of different phases at one moment, and the same words again another day."""

from __future__ import annotations

import pytest

from sopengine.language.load import load
from sopengine.messages.renderer import Renderer
from sopengine.review.collect import dry_run
from sopengine.review.preview import Preview
from tests.planning.books import campaign

BOOK = """\
playbook: fair
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-03-10}}
audiences:
  groups: {source: groups, sample: {name: G}}
  east: {of: groups, where: target.name == 'East'}
  west: {of: groups, where: target.name == 'West'}
roles: {clerk: {person: Ann}}
messages:
  hello: 大家好，{{ target.name }}，见面了
phases:
  one:
    from: opening
    until: opening + 3d
    steps:
      - {id: a, on: day 3, at: 10:00, to: groups, send: {text: 第一阶段的收尾}}
  two:
    from: opening + 2d
    until: opening + 4d
    steps:
      - {id: b, on: day 1, at: "10:00", to: groups, send: {text: 第二阶段开始了}}
"""


def found(book: str) -> list[str]:
    made = campaign(book, start="2026-03-01T12:00")
    loaded = load(book.encode(), "b.yaml", lambda _: None)
    assert loaded.document is not None
    with Renderer() as renderer:
        preview = Preview(made, loaded.document, {}, made.start)
        run = dry_run(preview, renderer, hash="", given=loaded.diagnostics)
    kept = [d for d in run.diagnostics if d.code in ("SOP-W521", "SOP-W530", "SOP-S223") and d.place]
    return [f"{d.place.line} {d.code} {d.message.en}" for d in kept if d.place]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("to: groups", "to: groups", True),
        ("to: groups", "to: east", True),
        ("to: east", "to: west", False),  # by the rows at hand nobody is in both
        ("to: groups", "to: groups, if: slot.day > 3", False),
        ("to: groups", "to: groups, spread: 10m", False),
        ("to: groups", "to: clerk", False),
    ],
)
def test_two_steps_of_different_phases_at_one_moment(first: str, second: str, together: bool) -> None:
    a, b = (f"at: {clock}, to: groups" for clock in ("10:00", '"10:00"'))
    book = BOOK.replace(a, a.replace("to: groups", first)).replace(b, b.replace("to: groups", second))
    told = ["21 SOP-W521 Step b and a in line 16 reach the same people at the same moment"]
    assert [line for line in found(book) if "W521" in line] == (told if together else [])


def test_a_minute_apart_is_apart() -> None:
    assert found(BOOK.replace('"10:00"', "10:01")) == []


def test_the_same_words_to_the_same_people_on_another_day() -> None:
    again = BOOK.replace("send: {text: 第一阶段的收尾}", "send: hello").replace(
        "send: {text: 第二阶段开始了}", "send: hello"
    )
    again = again.replace("on: day 1", "on: day 2")
    assert found(again) == ["21 SOP-W530 Step b says word for word what a has said to the same people"]
    lines = again.splitlines(keepends=True)
    lines.insert(20, "      # sopengine: ignore SOP-W530 开始时再说一遍\n")
    assert found("".join(lines)) == []
    one_step = BOOK.replace("on: day 3", "on: daily").replace("{text: 第一阶段的收尾}", "hello")
    assert [line for line in found(one_step) if "W530" in line] == []
    assert found(again.replace("to: groups, send: hello}\n  two", "to: east, send: hello}\n  two")) == []

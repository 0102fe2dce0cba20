"""What a dry run doubts about times: slots beyond the hours of their phase, days that a text gets wrong."""

from __future__ import annotations

from sopengine.language.load import load
from sopengine.messages.renderer import Renderer
from sopengine.review.items import items
from sopengine.review.preview import Preview
from tests.planning.books import campaign

LIVE = """
playbook: fair
timezone: Asia/Shanghai
inputs: {live: {type: datetime}}
audiences:
  groups: {source: groups, sample: {name: G}}
phases:
  air:
    from: live
    until: live + 25h
    steps:
      - {id: a, on: daily, at: "AT", to: groups, send: {text: "TEXT"}}
"""


def found(book: str, start: str = "2026-03-01T12:00", **inputs: str) -> list[str]:
    made = campaign(book, start=start, **inputs)
    loaded = load(book.encode(), "b.yaml", lambda _: None)
    assert loaded.document is not None
    preview = Preview(made, loaded.document, {}, made.start)
    with Renderer() as renderer:
        list(items(preview, renderer))
    judged = preview.judge(loaded.diagnostics)
    return [f"{d.place.line if d.place else 0} {d.code} {d.message.en}" for d in judged.kept if d.code != "SOP-D604"]


def test_a_slot_before_its_phase_begins_or_after_it_ends_is_outside() -> None:
    live = {"live": "2026-03-05T20:00"}

    def at(clock: str) -> list[str]:
        return [line.partition(" step a ")[2] for line in found(LIVE.replace("AT", clock), **live)]

    outside = "outside phase air (03-05 20:00 to 03-06 21:00)"
    assert at("20:00") == at("20:59") == []
    assert at("19:59") == [f"falls on 03-05 19:59, {outside}"]
    assert at("21:00") == [f"falls on 03-06 21:00, {outside}"]


def test_what_the_check_has_said_is_not_said_again() -> None:
    book = LIVE.replace("{type: datetime}", "{type: datetime, default: 2026-03-05T20:00}").replace("AT", "10:00")
    told = found(book)
    assert [line.split()[1] for line in told] == ["SOP-W502"]
    assert "daily 10:00 is before it begins" in told[0]


WEEK = """
playbook: fair
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences:
  groups: {source: groups, sample: {name: G}}
phases:
  p:
    from: opening
    until: opening + 2d
    steps:
      - id: a
        on: day 1
        at: 10:00
        to: groups
        send: {text: "TEXT"}
"""


def said(text: str, opening: str) -> list[str]:
    return found(WEEK.replace("TEXT", text), opening=opening)


def test_a_text_is_held_against_the_day_on_which_it_goes_out() -> None:
    thursday, friday = "2026-03-05", "2026-03-06"
    for text in (
        "今天周四，老地方见",
        "{{ input.opening | date('M月D日') }}（周四）见",
        "明天周五休息",
        "3月5日周四见",
    ):
        assert said(text, thursday) == [], text
    told = ["16 SOP-W523 2026-03-06 is a Friday, not a Thursday"]
    assert said("今天周四，老地方见", friday) == told
    assert said("{{ input.opening | date('M月D日') }}（周四）见", friday) == told
    assert said("今天3月5日，开门", friday) == ["16 SOP-W523 When it goes out, that day is 2026-03-06"]


def test_a_date_that_is_wrong_in_itself_is_told_once() -> None:
    assert [line.split()[1] for line in said("2026年3月5日周五见", "2026-03-05")] == ["SOP-W523"]

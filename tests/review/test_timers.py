"""A dry run shows when a task is reminded of and escalated, and doubts what never comes."""

from __future__ import annotations

from sopengine.language.load import load
from sopengine.messages.renderer import Renderer
from sopengine.review.items import items
from sopengine.review.model import Item
from sopengine.review.preview import Preview
from sopengine.review.timers import spoken
from tests.planning.books import campaign

BOOK = """
playbook: fair
timezone: Asia/Shanghai
roles:
  clerk: {person: Ann, calendar: daily, hours: 09:00-21:00}
  lead: {person: Lin, hours: 09:00-18:00}
phases:
  week:
    from: 2026-03-02
    until: 2026-03-09
    steps:
      - id: count
        on: day 1
        at: 10:00
        to: clerk
        task: Count
        due: DUE
        remind: [due - 30m, due - 2h]
        escalate: [{after: due + 1h, to: lead, how: reassign}, {after: due + 30m, to: clerk}]
"""


def run(due: str) -> tuple[list[Item], list[str]]:
    book = BOOK.replace("DUE", due)
    made = campaign(book, start="2026-03-01T12:00")
    loaded = load(book.encode(), "b.yaml", lambda _: None)
    assert loaded.document is not None
    preview = Preview(made, loaded.document, {}, made.start)
    with Renderer() as renderer:
        found = list(items(preview, renderer))
    judged = preview.judge(loaded.diagnostics)
    return found, [f"{d.place.line if d.place else 0} {d.code} {d.message.en}" for d in judged.kept]


def test_in_order_of_time_and_in_working_hours() -> None:
    (item,), findings = run("8h")
    assert spoken(item.timers, "en") == (
        "reminder Mon 2 Mar 16:00, reminder Mon 2 Mar 17:30, escalated to clerk Mon 2 Mar 18:30, "
        "given to lead Tue 3 Mar 09:00"
    )
    assert spoken(item.timers, "zh").endswith("转交给 lead")
    assert findings == []


def test_what_never_comes_is_said_at_its_place() -> None:
    (item,), findings = run("2026-03-03T08:00")
    assert [t.kind for t in item.timers] == ["escalate", "escalate"]
    assert findings == [
        "18 SOP-W533 step count: the reminder due - 30m never comes, nobody is at work again before its limit",
        "18 SOP-W533 step count: the reminder due - 2h never comes, nobody is at work again before its limit",
    ]
    assert item.codes == ("SOP-W533",)

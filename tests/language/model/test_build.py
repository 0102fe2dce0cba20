"""What the builder makes of the parts of a playbook."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sopengine.language.model import Exit, Playbook, Send, Step, Task
from sopengine.timing.words import After, AnchorTime, AtAnchor, Duration, OnAnchor, OnPhaseDay, OnRule, OnWeekday
from tests.language.model.support import BASE, CASES, lines, load_case, load_text


def playbook(text: str, files: dict[str, bytes] | None = None) -> Playbook:
    loaded = load_text(text, files)
    assert lines(loaded) == []
    assert loaded.playbook is not None
    return loaded.playbook


def step(text: str) -> Step:
    """A step of the base's phase, written in braces."""
    return playbook(BASE + f"      - {text}\n").phases[0].steps[-1]


def test_inputs_are_typed() -> None:
    inputs = load_case(CASES / "ok" / "whole-language.yaml").playbook.inputs  # type: ignore[union-attr]
    assert {name: i.default for name, i in inputs.items()} == {
        "opening": None,
        "live": datetime(2026, 10, 16, 20, tzinfo=ZoneInfo("Asia/Shanghai")),
        "brand": "山野果铺",
        "threshold": Decimal("49.90"),
        "saving": Decimal(8),
        "tiers": ("银卡", "金卡"),
        "style": "清淡",
        "doors": time(9, 30),
        "seats": 40,
        "share": Decimal("0.6"),
        "loud": False,
    }
    assert [name for name, i in inputs.items() if i.required] == ["opening"]
    assert inputs["style"].choices == ("清淡", "热闹")


def test_columns_of_a_sample_are_text_unless_declared() -> None:
    text = BASE.replace(
        "tier: member}}", "tier: member, size: 012, n: 12, opens: 2026-10-01}, columns: {n: integer, opens: date}}"
    )
    sample = playbook(text).audiences["groups"].sample
    assert sample == {"name": "东湖店群", "tier": "member", "size": "012", "n": 12, "opens": date(2026, 10, 1)}


def test_messages_in_all_their_forms() -> None:
    text = BASE.replace(
        "messages:\n",
        "messages:\n  clue: [一, 二]\n  card: {text: 你好, format: markdown, mention: all}\n  long: {file: long.md}\n",
    )
    text += "".join(
        f"      - {{id: {m}, on: day 1, at: 12:0{n}, to: groups, send: {m}}}\n"
        for n, m in enumerate(("clue", "card", "long"))
    )
    messages = playbook(text, {"long.md": "很长的\r\n文字".encode()}).messages
    assert messages["clue"].variants == ("一", "二")
    assert messages["clue"].paths == (("messages", "clue", 0), ("messages", "clue", 1))
    assert (messages["card"].format, messages["card"].mention) == ("markdown", ("all",))
    assert (messages["long"].file, messages["long"].variants) == ("long.md", ("很长的\n文字",))


def test_the_text_of_a_message_file_is_kept_for_excerpts() -> None:
    text = BASE.replace('teaser: "{{ target.name }}，六月见。"', "teaser: {file: texts/a.md}")
    loaded = load_text(text, {"texts/a.md": b"{{ target.nmae }}"})
    assert lines(loaded) == ["texts/a.md:1:11 SOP-R305 unknown-name"]
    assert loaded.texts["texts/a.md"] == "{{ target.nmae }}"


def test_words_of_time_have_one_form() -> None:
    for words, rule in (
        ("周二", OnWeekday("tue", 1)),
        ("每天", OnRule("daily", "daily")),
        ("day 2..3", OnPhaseDay("day 2..3", 2, 3)),
    ):
        assert step(f"{{id: x, on: {words}, at: 9:30, to: groups, send: teaser}}").when.on == (rule,)
    chosen = step("{id: x, on: opening - 2天, at: 9:30, to: groups, send: teaser}").when
    assert chosen.on == (OnAnchor("opening - 2d", AnchorTime("opening", Duration(-2))),)
    at = step("{id: x, at: live - 30m, to: groups, send: teaser}").when.at
    assert at == (AtAnchor("live - 30m", AnchorTime("live", Duration(seconds=-1800))),)


def test_modifiers_and_their_defaults() -> None:
    first = playbook(BASE).phases[0].steps[0]
    assert (first.catch_up, first.if_past, first.on_unknown, first.on_overdue, first.audience) == (
        1,
        "",
        "hold",
        "continue",
        "",
    )
    given = step(
        "{id: x, on: day 1, at: 9:30, to: groups, send: teaser, late_ok: 10m, useful_until: opening + 1d, if_past: now}"
    )
    assert (given.late_ok, given.useful_until, given.if_past) == (
        Duration(seconds=600),
        AnchorTime("opening", Duration(1)),
        "now",
    )


def test_the_time_limit_of_a_task_is_canonical() -> None:
    for written, due in (
        ("120m", "2h"),
        ("2 workdays", "2 workdays"),
        ("3 个工作日", "3 workdays"),
        ("9:30", "09:30"),
        ("opening - 1d", "opening - 1d"),
    ):
        action = step(f"{{id: x, on: day 1, at: 9:30, to: clerk, task: 备货, due: {written}}}").action
        assert isinstance(action, Task)
        assert action.due == due


FLOWS = """\
weekly:
  to: groups
  steps:
    - {id: monday, on: mon, at: 09:00, send: teaser}
    - {id: other, on: mon, at: 10:00, to: clerk, send: teaser}
welcome:
  steps:
    - {id: hello, after: 10s, send: {text: "欢迎 {{ event.name }}"}}
    - {id: next, send: teaser}
journeys:
  paid:
    on_event: order.paid
    steps:
      - {id: thanks, after: 1h, send: teaser}
      - {id: off, exit: done}
"""


def test_steps_inherit_their_receiver_from_the_flow() -> None:
    read = playbook(BASE + FLOWS)
    assert {s.id: s.to for s in read.steps()[3:]} == {
        "monday": "groups",
        "other": "clerk",
        "hello": "target",
        "next": "target",
        "thanks": "member",
        "off": "member",
    }
    assert read.welcome is not None
    assert read.welcome.on_event == "member.joined"
    assert read.welcome.steps[1].when.after == After("0s", Duration())
    assert isinstance(read.welcome.steps[0].action, Send)
    assert read.journeys[0].steps[1].action == Exit("done")


def test_the_columns_of_a_source_are_known_where_it_was_read() -> None:
    from sopengine.language.load import load

    text = BASE.replace("{{ target.name }}", "{{ target.store }}").encode()
    assert [d.code for d in load(text, "x.yaml", {}.get).diagnostics] == ["SOP-R305"]
    assert load(text, "x.yaml", {}.get, {"groups": ["id", "store"]}).diagnostics == ()


def test_an_image_is_a_field_of_a_form_and_no_input() -> None:
    assert lines(load_text(BASE.replace("{type: date,", "{type: image,"))) == ["base.yaml:5:19 SOP-S203 not-one-of"]


REMINDED = BASE.replace(
    "due: 1 workday", "due: DUE\n        remind: [BEFORE]\n        escalate: [{after: AFTER, to: clerk}]"
)


@pytest.mark.parametrize(
    ("due", "before", "after", "told"),
    [
        ("1 workday", "due - 2h", "due + 1h", []),
        ("18:00", "opening - 1d", "due", []),
        ("２ workdays", "due - 2h", "due + 1h", ["SOP-S211 `２` is full-width; its ASCII form is needed here"]),
        ("1 workday", "due － 2h", "due + 1h", ["SOP-S211 `－` is full-width; its ASCII form is needed here"]),
        ("1 workday", "due - 2h", "due ＋ 1h", ["SOP-S211 `＋` is full-width; its ASCII form is needed here"]),
        ("1 workday", "duee - 2h", "due + 1h", ["SOP-R303 There is no anchor `duee`; did you mean `due`?"]),
        ("1 workday", "due - 2h", "opning + 1h", ["SOP-R303 There is no anchor `opning`; did you mean `opening`?"]),
        ("1 workday", "2h", "due + 1h", ["SOP-S211 A time before or after `due` is expected here"]),
        ("1 workday", "due - 2x", "due + 1h", ["SOP-S210 Durations have no unit `x`"]),
    ],
)
def test_times_counted_from_due_are_read(due: str, before: str, after: str, told: list[str]) -> None:
    text = REMINDED.replace("DUE", due).replace("BEFORE", before).replace("AFTER", after)
    found = list(load_text(text).diagnostics)
    assert [f"{d.code} {d.message.en}" for d in found] == told

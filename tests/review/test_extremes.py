"""What a dry run says of texts whose values at hand are all right, and of which others would not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.channels.base import ChannelSettings
from sopengine.channels.kinds import open_channel
from sopengine.channels.secrets import Secrets
from sopengine.language.load import load
from sopengine.messages.renderer import Renderer
from sopengine.review.items import items
from sopengine.review.preview import Preview
from tests.planning.books import campaign

BOOK = """
playbook: fair
timezone: Asia/Shanghai
audiences:
  groups:
    source: groups
    columns: {size: integer}
    sample: {name: G, note: N, tier: vip, size: 3}
  vips: {of: groups, where: target.tier == 'vip'}
events: {gift.sent: {kind: {type: choice, choices: [tea, 长长长长长长长长长长]}}}
weekly:
  to: groups
  steps:
    - id: a
      on: mon
      at: 09:00
      send: {text: "TEXT"}
"""
ROWS = [
    {"id": "g1", "name": "long name indeed", "note": "n", "tier": "vip", "size": "3"},
    {"id": "g2", "name": "G", "note": "a note of some length", "tier": "plain", "size": "12"},
]


def found(book: str, limit: int = 0, rows: list[dict[str, str]] | None = ROWS) -> list[str]:
    sources = {} if rows is None else {"groups": rows, "members": rows}
    made = campaign(book, start="2026-03-01T12:00", sources=sources, default_channel="out")
    document = load(book.encode(), "b.yaml", lambda _: None).document
    assert document is not None
    settings = ChannelSettings("out", "console", limits={"max_bytes": {"text": limit}} if limit else {})
    channel = open_channel(settings, Secrets(Path("nowhere")))
    preview = Preview(made, document, {"out": channel}, made.start)
    with Renderer() as renderer:
        list(items(preview, renderer))
    return [f"{d.code} {d.message.en}" for d in preview.findings if d.code != "SOP-D603"]


def said(text: str, limit: int = 0, rows: list[dict[str, str]] | None = ROWS) -> list[str]:
    return found(BOOK.replace("TEXT", text), limit, rows)


def test_the_longest_values_of_all_columns_are_tried_together() -> None:
    text = "{{ target.name }}{{ target.note }}{{ target.size }}"
    longest = len("long name indeed" + "a note of some length" + "12")
    assert said(text, longest) == []
    assert said(text, longest - 1) == [
        f"SOP-D606 with the longest values of the list at once the text of a has {longest} bytes, "
        f"channel out takes {longest - 1}"
    ]


def test_a_row_that_is_too_long_by_itself_is_told_of_once() -> None:
    assert [line[:8] for line in said("{{ target.name }}{{ target.note }}", 20)] == ["SOP-D601"]


@pytest.mark.parametrize("rows", [ROWS, None])
def test_a_text_that_only_prints_a_column_may_be_empty(rows: list[dict[str, str]] | None) -> None:
    told = ["SOP-T408 no text for step a where columns are left blank: the text is empty"]
    assert said("{{ target.note }}", rows=rows) == told
    assert said("{% if target.tier %}hi{% endif %}", rows=rows) == told
    assert said("hi {{ target.note }}", rows=rows) == []
    assert said("{{ target.note or 'hi' }}", rows=rows) == []


def test_a_column_that_a_condition_asks_for_is_not_left_blank() -> None:
    guarded = BOOK.replace("TEXT", "{{ target.note }}").replace(
        "    - id: a", "    - id: a\n      if: target.note != ''"
    )
    assert found(guarded) == []
    in_audience = BOOK.replace("TEXT", "{{ target.tier }}").replace("to: groups", "to: vips")
    assert found(in_audience) == []


def test_texts_of_flows_are_tried_with_the_longest_names_and_choices() -> None:
    flow = BOOK.replace("TEXT", "hi").replace("source: groups", "source: members") + (
        "journeys:\n  gifts:\n    on_event: gift.sent\n    to: target\n    steps:\n"
        '      - {id: thanks, after: 0s, send: {text: "{{ event.kind }}{{ target.name }}"}}\n'
    )
    longest = 30 + len("long name indeed")
    assert found(flow, longest) == []
    assert [line[:8] for line in found(flow, longest - 1)] == ["SOP-D606"]


def test_those_who_join_may_have_the_longest_name_of_a_member() -> None:
    joining = BOOK.replace("TEXT", "hi").replace("events:", "  people: {source: members}\nevents:") + (
        "welcome:\n  on_event: member.joined\n  collect: 60s\n  steps:\n"
        '    - {id: hello, after: 0s, send: {text: "{% for m in event.members %}{{ m.name }}{% endfor %}"}}\n'
    )
    assert [line for line in found(joining, 15) if line.startswith("SOP-D606")]
    assert found(joining, 16) == []

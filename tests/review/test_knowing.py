"""A dry run of a playbook that asks of the past: everything is shown, and said to depend; samples stand in."""

from __future__ import annotations

from datetime import timedelta

from sopengine.language.load import load
from sopengine.messages.renderer import Renderer
from sopengine.planning.facts import NOTHING, Facts, FromLedger
from sopengine.planning.ledger import Happened, PlainLedger
from sopengine.review.items import items
from sopengine.review.model import Item
from sopengine.review.preview import Preview
from tests.planning.books import campaign, local

BOOK = """
playbook: fair
timezone: Asia/Shanghai
audiences:
  groups: {source: groups, sample: {name: G, store: s1}}
  busy: {of: groups, where: count('checkin.posted') > 1}
roles: {manager: {source: stores, person: manager, match: store}}
events: {checkin.posted: {photo: text}}
metrics: {gmv: {sum: report.gmv, per: store}}
weekly:
  steps:
    - {id: report, on: mon, at: 09:00, to: manager, task: T, form: {gmv: money}}
    - {id: a, on: mon, at: 10:00, to: busy, send: {text: "hi {{ target.name }}"}}
    - {id: b, on: mon, at: 11:00, to: groups, send: {text: "{{ metric.gmv.today | money }} {{ rank('gmv') }}"}}
    - {id: c, on: mon, at: 12:00, to: groups, if: "metric.gmv > 5", send: {text: "{{ last('checkin.posted').photo }}"}}
    - id: d
      on: mon
      at: 13:00
      to: groups
      send: {text: "{% for r in manager | ranking('gmv') %}{{ r.rank }}{{ r.name }}{{ r.value }};{% endfor %}"}
    - {id: f, on: mon, at: 15:00, to: groups, send: {text: "{{ step.report.gmv | money }} {{ step.report.state }}"}}
    - {id: e, on: mon, at: 14:00, to: groups, send: {text: "{{ count('checkin.posted') }}"}}
"""
SOURCES = {
    "groups": [{"id": "g1", "name": "East", "store": "s1"}],
    "stores": [{"id": "s1", "name": "First", "manager": "Ann"}, {"id": "s2", "name": "Second", "manager": "Ben"}],
}


def shown(facts: Facts) -> dict[str, Item]:
    made = campaign(BOOK, start="2026-03-01T12:00", sources=SOURCES)
    document = load(BOOK.encode(), "b.yaml", lambda _: None).document
    assert document is not None
    end = local("2026-03-03T00:00")
    preview = Preview(made, document, {}, made.start, end=end, facts=facts)
    with Renderer() as renderer:
        return {item.id: item for item in items(preview, renderer)}


def test_what_is_not_known_yet_is_shown_and_said_to_depend() -> None:
    found = shown(NOTHING)
    said = {name: (item.state, item.text, item.reason.en if item.reason else "") for name, item in found.items()}
    samples = "samples stand in for {}; without data then it cannot be sent, unless it has | default('…')"
    assert said["a"] == ("depends", "hi East", "if count('checkin.posted') > 1")
    assert said["b"] == ("depends", "1234.00 2", samples.format("metric.gmv.today, rank('gmv')"))
    assert said["c"] == ("depends", "photo-1", "if metric.gmv > 5")
    assert said["d"] == ("depends", "1First99;2Second98;", samples.format("manager | ranking('gmv')"))
    assert said["f"] == ("depends", "9.90 done", samples.format("step.report"))
    assert said["e"] == ("planned", "0", "")


def test_what_is_known_so_far_is_read() -> None:
    at = local("2026-03-01T09:00")
    events = [Happened("checkin.posted", "g1", at - timedelta(hours=n), {"photo": f"p{n}"}) for n in range(3)]
    forms = {("fair", "report"): [("s1", at, {"gmv": 8})]}
    found = shown(FromLedger(PlainLedger(events, forms)))
    assert (found["e"].state, found["e"].text) == ("planned", "3")
    assert found["c"].text == "p0"
    assert found["d"].state == "unrendered"  # the second has no value yet, and the text does not say what then

"""Template signs in data are printed as they stand, wherever the data comes from; nothing that was data is compiled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sopengine.store.rows import EventRow, TaskState
from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli
from tests.support.house import TOML, House

DATA = [
    "{{ 7 * 7 }}",
    "{{ target.phone }}",
    "{{",
    "}}",
    "{%",
    "{% if 1 %}x{% endif %}",
    "{% for c in ().__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
    "{% raw %}",
    "{% endraw %}{{ 1 }}",
    "{#",
    "{# x #}",
    "{{ '{{ 7 * 7 }}' }}",
    "{{ lipsum.__globals__ }}",
    "{% include '/etc/passwd' %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "{{ input.greeting }}",
    "%(name)s {0.__class__} %s",
    "{{{{ 1 }}}}",
]
BOOK = """\
playbook: second-order
timezone: Asia/Shanghai
inputs:
  greeting: {type: text}
audiences:
  groups: {source: groups, sample: {name: 东湖店, phone: '1'}}
roles:
  keeper: {source: stores, person: manager}
events:
  word.told: {about: text}
phases:
  days:
    from: 2026-03-02
    until: 2026-03-03
    steps:
      - {id: ask, on: day 1, at: 09:00, to: keeper, task: '问 {{ input.greeting }}', form: {said: text}, due: 1h}
      - {id: row, on: day 1, at: 10:00, to: groups, send: {text: '[{{ target.name }}][{{ target.phone }}]'}}
      - {id: input, on: day 1, at: 10:01, to: groups, send: {text: '[{{ input.greeting }}]'}}
      - {id: person, on: day 1, at: 10:02, to: keeper, send: {text: '[{{ person.name }}]'}}
      - {id: filtered, on: day 1, at: 10:03, to: groups, send: {text: "[{{ input.greeting | replace('x', 'x') }}]"}}
      - {id: set, on: day 1, at: 10:04, to: groups, send: {text: '{% set a = input.greeting %}[{{ a ~ a }}]'}}
      - {id: form, on: day 1, at: 12:00, to: groups, send: {text: '[{{ step.ask.said }}]'}}
welcome:
  on_event: member.joined
  steps:
    - {id: hello, after: 0s, send: {text: '{% for one in event.members %}[{{ one.name }}]{% endfor %}'}}
    - {id: each, after: 1m, to: member, send: {text: '[{{ member.name }}]'}}
journeys:
  told:
    on_event: word.told
    to: target
    steps:
      - {id: answer, after: 0s, send: {text: '[{{ event.about }}]'}}
scripts:
  talk:
    title: 聊
    ask: {what: {type: text, title: 说了什么}}
    start: first
    nodes:
      first: {answers: {好: {end: done}}, say: '[{{ ask.what }}][{{ input.greeting }}]'}
"""


def house(root: Path, data: str) -> House:
    quoted = data.replace('"', '""')
    made = House(root, BOOK, groups=f'id,name,phone\neast,"{quoted}","{quoted}"\n', toml=TOML)
    (root / "stores.csv").write_text(f'id,name,manager\ns1,First,"{quoted}"\n', "utf-8")
    return made


@pytest.mark.parametrize("data", DATA)
def test_every_field_is_printed_literally(tmp_path: Path, data: str) -> None:
    made = house(tmp_path / "siege", data)
    made.start("2026-03-02T08:00", greeting=data)
    made.run(until="2026-03-02T09:30")
    (task,) = made.store.tasks((TaskState.OPEN, TaskState.OVERDUE))
    assert task.title == f"问 {data}"
    made.store.complete_task(task.id, made.clock.now(), "test", {"said": data})
    made.run(until="2026-03-02T10:30")
    made.store.add_event(EventRow("member.joined", "east", {"member": "n1", "name": data}, made.at("2026-03-02T11:00")))
    made.store.add_event(EventRow("word.told", "east", {"about": data}, made.at("2026-03-02T11:00")))
    made.run(until="2026-03-03T00:00")
    texts = {message["step"]: message["text"] for message in made.outbox()}
    assert texts == {
        "row": f"[{data}][{data}]",
        "input": f"[{data}]",
        "person": f"[{data}]",
        "filtered": f"[{data}]",
        "set": f"[{data}{data}]",
        "form": f"[{data}]",
        "hello": f"[{data}]",
        "each": f"[{data}]",
        "answer": f"[{data}]",
    }


@pytest.mark.parametrize("data", DATA)
def test_a_dry_run_and_a_walk_print_them_literally(tmp_path: Path, cli: Cli, data: str) -> None:
    made = house(tmp_path / "siege", data)
    book = str(made.root / "book.yaml")
    shown = cli("dry-run", book, "--set", f"greeting={data}", "--jsonl", "--now", "2026-03-01T08:00", "--each")
    items = [json.loads(line) for line in shown.out.splitlines()]
    texts = {item["id"]: item["text"] for item in items}
    assert texts["row"] == f"[{data}][{data}]"
    assert texts["input"] == texts["filtered"] == texts["person"] == f"[{data}]"
    walked = cli("script", book, "talk", "--set", f"greeting={data}", "--answer", data, "--answer", "好")
    assert f"[{data}][{data}]" in walked.ok().out

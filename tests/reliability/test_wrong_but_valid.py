"""Texts that a template engine would print and nobody should read: an object, None, nothing, a name that is not there.
Each is flagged before the start, and a run that starts all the same delivers none of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli
from tests.reliability.house import book_of, start_anyway
from tests.support.house import House

WRONG = {
    "a mapping": "{{ target }}",
    "a list": "{{ [1, 2] }}",
    "a list in a text": "好 {{ ['a'] }} 好",
    "a tuple": "{{ (1, 2) }}",
    "a generator": "{{ [1, 2] | select }}",
    "a lazy filter": "{{ ['a'] | map('upper') }}",
    "a method": "{{ target.name.upper }}",
    "a function": "{{ range }}",
    "a range": "{{ range(3) }}",
    "a loop": "{% for x in [1] %}{{ loop }}{% endfor %}",
    "none": "{{ none }}",
    "none put together": "{{ none ~ 'x' }}",
    "none in a list": "{{ [none] | join }}",
    "none by a condition": "{{ 'x' if target.size == 'small' }}",
    "yes or no": "{{ 1 == 1 }}",
    "yes in a text": "会员：{{ true }}",
    "empty": "{{ '' }}",
    "blanks": "{{ ' ' }}\u3000",
    "empty by a condition": "{% if false %}好{% endif %}",
    "empty by a loop": "{% for x in [] %}好{% endfor %}",
    "only a comment": "{# 待写 #}",
    "an unknown column": "好 {{ target.nobody }} 好",
    "an unknown name": "好 {{ nobody }} 好",
    "an unknown input": "好 {{ input.nobody }} 好",
    "beneath an unknown name": "好 {{ target.nobody.at.all }} 好",
    "an unknown key": "好 {{ target['nobody'] }} 好",
    "an unknown index": "好 {{ [1][7] }} 好",
    "an unknown name counted": "{{ nobody | length }} 位",
    "an unknown name in a loop": "好{% for x in nobody %}{{ x }}{% endfor %}",
    "not a number": "{{ 'x' | number }}",
    "divided by nothing": "{{ 1 / 0 }}",
    "a half character": "{{ '\\ud83d' }}",
    "a control character": "{{ 'a\\x1b[2Jb' }}",
}
FROM_DATA = ["", "   ", "\u3000", "\u200b", "\ufeff \u200d"]
"""A name as a table may have it: the text that prints nothing else is empty, or as good as that."""


def ends(house: House) -> set[str]:
    return {t.after for t in house.log() if t.after in ("sent", "failed")}


@pytest.mark.parametrize("template", WRONG.values(), ids=WRONG.keys())
def test_it_is_flagged_and_not_delivered(tmp_path: Path, cli: Cli, template: str) -> None:
    house = House(tmp_path / "siege", book_of([template]))
    shown = cli("dry-run", str(house.root / "book.yaml"), "--now", "2026-03-01T08:00", "--json")
    plan = json.loads(shown.out)
    assert shown.code == 1
    assert [item["text"] for item in plan["items"]] == [""]
    assert any(found["severity"] == "error" for found in plan["diagnostics"])
    start_anyway(house)
    house.run(until="2026-03-03T00:00")
    assert ends(house) == {"failed"}
    assert house.outbox() == []


@pytest.mark.parametrize("name", FROM_DATA)
def test_an_empty_name_leaves_its_text_unsent(tmp_path: Path, name: str) -> None:
    rows = f'id,name\neast,East\nwest,"{name}"\n'
    house = House(tmp_path / "siege", book_of(["{{ target.name }}"]), groups=rows)
    start_anyway(house)
    house.run(until="2026-03-03T00:00")
    assert [(message["target"], message["text"]) for message in house.outbox()] == [("east", "East")]

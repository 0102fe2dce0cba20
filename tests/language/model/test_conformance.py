"""The short way to "nothing is wrong" and jsonschema agree on every document."""

from __future__ import annotations

import copy
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sopengine.diagnostics import Findings
from sopengine.language.conformance import CHECKS, conforms
from sopengine.language.kinds import kind_of
from sopengine.language.reading.reader import read
from sopengine.language.schema import KINDS, Kind, explained, linked_schema

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("playbooks/*.yaml"), *ROOT.glob("tests/cases/*/*.yaml")])
STRANGE = [None, True, 0, -3, Decimal("1.5"), "", "x", "day 1", [], [None], ["a"], {}, {"send": "x"}, {"x": 1}]


def agree(data: Any, kind: Kind = "playbook") -> bool:
    verdict = conforms(data, linked_schema(kind))
    assert verdict == (next(iter(explained(data, kind)), None) is None), data
    return verdict


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_playbooks_and_their_disfigured_copies(file: Path) -> None:
    document = read(file.read_bytes(), file.name, Findings())
    assert document is not None
    kind = kind_of(document.data)
    agree(document.data, kind)
    dice = random.Random(file.name)
    refused = 0
    for _ in range(40):
        data = copy.deepcopy(document.data)
        parent, key = dice.choice(list(_places(data)))
        if dice.random() < 0.3:
            del parent[key]
        else:
            parent[key] = copy.deepcopy(dice.choice(STRANGE))
        refused += not agree(data, kind)
    assert refused


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", STRANGE)
def test_anything_at_all(data: Any, kind: Kind) -> None:
    assert not agree(data, kind)


def test_every_keyword_of_the_schema_is_known() -> None:
    seen: dict[int, Any] = {}

    def visit(schema: Any) -> None:
        if id(schema) in seen or not isinstance(schema, dict):
            return
        seen[id(schema)] = schema
        assert schema.keys() <= {*CHECKS, "title", "then", "else"}, schema
        inner = [schema.get(name) for name in ("items", "propertyNames", "additionalProperties", "if", "then", "else")]
        for each in [*inner, *schema.get("properties", {}).values()]:
            visit(each)

    for kind in KINDS:
        visit(linked_schema(kind))
    assert len(seen) > 50


def _places(data: Any) -> Any:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield data, key
        yield from _places(value)

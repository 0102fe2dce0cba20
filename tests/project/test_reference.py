"""Every key of the schemas is explained in both language references, with its choices and default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sopengine.language.expressions.filters import FILTERS

ROOT = Path(__file__).parents[2]
KINDS = ("playbook", "module", "campaign", "rehearsal", "workspace")
SCHEMAS = [json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_text("utf-8")) for kind in KINDS]
REFERENCES = ["language-reference.md", "language-reference.zh-CN.md"]


class Key(NamedTuple):
    name: str
    choices: tuple[str, ...]
    default: str


def keys(node: Any) -> Iterator[Key]:
    """Every key that the schema describes; keys that only point at another object's key are that object's."""
    if isinstance(node, list):
        for item in node:
            yield from keys(item)
    if not isinstance(node, dict):
        return
    properties = node.get("properties", {})
    for name, body in properties.items():
        if isinstance(body, dict) and "description" in body:
            default = body.get("default", "")
            shown = str(default).lower() if isinstance(default, bool) else str(default)
            yield Key(name, tuple(body.get("enum", ())), shown)
    for value in (*properties.values(), *(value for name, value in node.items() if name != "properties")):
        yield from keys(value)


def rows(text: str) -> list[list[str]]:
    """The tables' rows that explain keys: key, type, default, meaning, example."""
    lines = [line for line in text.splitlines() if re.match(r"\| `\w+` \|", line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.mark.parametrize("name", REFERENCES)
def test_every_key_of_the_schema_is_explained(name: str) -> None:
    table = [row for row in rows((ROOT / "docs" / name).read_text("utf-8")) if len(row) == 5]
    wanted = list(keys(SCHEMAS))
    assert len(wanted) > 150
    for key in wanted:
        mine = [row for row in table if row[0] == f"`{key.name}`"]
        fitting = [
            row
            for row in mine
            if all(f"`{choice}`" in row[1] for choice in key.choices)
            and (not key.default or f"`{key.default}`" in row[2])
        ]
        assert fitting, f"{name}: {key}"


@pytest.mark.parametrize("name", REFERENCES)
def test_every_explained_key_is_in_the_schema_and_has_an_example(name: str) -> None:
    known = {key.name for key in keys(SCHEMAS)}
    for key, *_, meaning, example in (row for row in rows((ROOT / "docs" / name).read_text("utf-8")) if len(row) == 5):
        word = key.strip("`")
        assert word in known, f"{name}: {word}"
        assert meaning
        assert f"{word}:" in example or f"{word} =" in example


def test_as_many_rows_as_keys() -> None:
    """A key that stands in several objects is explained in each of them."""
    for name in REFERENCES:
        table = [row for row in rows((ROOT / "docs" / name).read_text("utf-8")) if len(row) == 5]
        explained = sorted(row[0].strip("`") for row in table)
        assert explained == sorted(key.name for key in keys(SCHEMAS)), name


@pytest.mark.parametrize("name", REFERENCES)
def test_every_filter_is_named(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    assert [f for f in FILTERS if f"`{f}`" not in text and f"`{f}('…')`" not in text] == []

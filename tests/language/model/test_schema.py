"""The published schema: sound, documented in both languages, wholly covered by an example, and every key counts."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sopengine.diagnostics import Findings, Path
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.part import Desk
from sopengine.language.build.playbook import build_playbook
from sopengine.language.document import Document
from sopengine.language.model import Playbook
from sopengine.language.reading.reader import read
from sopengine.language.schema import published
from tests.language.model.support import CASES

WHOLE = CASES / "ok" / "whole-language.yaml"
Node = dict[str, Any]

SAME_AS_LEFT_OUT = {
    "skip: True",
    "on_overdue: continue",
    "on_event: member.joined",
    "to: target",
    "after: 0s",
    "timezone: Asia/Shanghai",  # a playbook without a zone is refused; this one stands in for the checks
}
"""What the example says that would hold anyway."""


@cache
def example() -> Document:
    document = read(WHOLE.read_bytes(), WHOLE.name, Findings())
    assert document is not None
    return document


def resolved(node: Node) -> Node:
    """The node itself, a `$ref` or a lone `allOf` followed."""
    while "$ref" in node or "allOf" in node:
        reference = node["$ref"] if "$ref" in node else node["allOf"][0]["$ref"]
        node = published("playbook")
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]
    return node


def shared(node: Node) -> Node:
    """A property that only points at another's description is that other."""
    while "$ref" in node:
        pointed: Node = published("playbook")
        for key in node["$ref"].removeprefix("#/").split("/"):
            pointed = pointed[key]
        node = pointed
    return node


def nodes(node: Node, seen: dict[int, Node]) -> dict[int, Node]:
    """Every node of the schema that can be reached, by identity."""
    node = resolved(node)
    if id(node) in seen:
        return seen
    seen[id(node)] = node
    for child in children(node):
        nodes(child, seen)
    return seen


def children(node: Node) -> Iterator[Node]:
    yield from node.get("properties", {}).values()
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield node[key]


def properties() -> Iterator[tuple[str, Node]]:
    """Every property of every mapping, pointers to others left out."""
    for node in nodes(published("playbook"), {}).values():
        for name, child in node.get("properties", {}).items():
            if "$ref" not in child:
                yield name, child


def used(node: Node, data: Any, path: Path = ()) -> Iterator[tuple[Node, Path]]:
    """Each property the data uses, with its path."""
    node = resolved(node)
    if isinstance(data, dict):
        for key, value in data.items():
            child = node.get("properties", {}).get(key)
            if child is not None:
                yield shared(child), (*path, key)
            elif isinstance(node.get("additionalProperties"), dict):
                child = node["additionalProperties"]
            if child is not None:
                yield from used(child, value, (*path, key))
    elif isinstance(data, list) and "items" in node:
        for i, item in enumerate(data):
            yield from used(node["items"], item, (*path, i))


def built(data: Any) -> Playbook:
    document = Document(WHOLE.name, example().text, data, example().spots)
    findings = Findings()

    def opened(name: str) -> bytes | None:
        path = WHOLE.parent / name
        return path.read_bytes() if path.is_file() else None

    files = MessageFiles(WHOLE.name, opened, findings)
    return build_playbook(Desk(document, findings), files).playbook


def plain(data: Any) -> Any:
    """JSON's numbers for Decimal."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [plain(value) for value in data]
    return float(data) if isinstance(data, Decimal) else data


def test_it_is_a_draft_07_schema_that_any_validator_can_use() -> None:
    Draft7Validator.check_schema(published("playbook"))
    assert [error.message for error in Draft7Validator(published("playbook")).iter_errors(plain(example().data))] == []


def test_every_key_is_described_in_chinese_and_english() -> None:
    for name, node in properties():
        zh, sign, en = node.get("description", "").partition(" / ")
        assert sign, name
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh), name
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in en), name
        assert en.strip(), name


def test_every_title_is_in_chinese_and_english() -> None:
    for node in nodes(published("playbook"), {}).values():
        if "title" in node and node is not published("playbook"):
            assert " / " in node["title"], node["title"]


def test_one_of_means_exactly_one_of_several_keys() -> None:
    """`sopengine.language.schema` reads `oneOf` so."""

    def one_ofs(node: Any) -> Iterator[Any]:
        if isinstance(node, dict):
            yield from node.get("oneOf", [])
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from one_ofs(child)

    found = list(one_ofs(published("playbook")))
    assert found
    assert all(list(choice) == ["required"] and len(choice["required"]) == 1 for choice in found)


def test_mappings_take_no_unknown_keys() -> None:
    for node in nodes(published("playbook"), {}).values():
        if "properties" in node:
            assert node["additionalProperties"] is False


def test_the_example_uses_every_key_of_the_language() -> None:
    have = {id(node) for node, _ in used(published("playbook"), example().data)}
    assert [name for name, node in properties() if id(node) not in have] == []


@pytest.mark.parametrize("path", dict.fromkeys(p for _, p in used(published("playbook"), example().data)), ids=str)
def test_every_key_written_makes_a_difference_to_the_playbook(path: Path) -> None:
    data = copy.deepcopy(example().data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    value = inner.pop(path[-1])
    if f"{path[-1]}: {value}" not in SAME_AS_LEFT_OUT:
        assert built(data) != built(example().data)

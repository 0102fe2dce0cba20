"""A key that its mapping does not have → the mapping around or beneath that has it: a slip of the indentation."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from sopengine.diagnostics import Path, Text
from sopengine.language.conformance import conforms
from sopengine.language.document import Document, value_at
from sopengine.language.schema import Kind, linked_schema

_STEP = 2


def level_meant(document: Document, path: Path, written: Mapping[str, Any], kind: Kind) -> Text | None:
    """What to do with the key at `path`, whose mapping holds `written`; None where no neighbour takes such a key."""
    return _beneath(document, path, written, kind) or _outwards(document, path, written, kind)


def container_meant(document: Document, path: Path, written: Mapping[str, Any], kind: Kind) -> Text | None:
    """The same for a key that an author's own name could be, where it and what it holds are the language's own."""
    key, around = str(path[-1]), path[:-1]
    beside = value_at(document, around)
    if path[-1] in schema_at(around, kind).get("properties", ()) or not isinstance(beside, dict):
        return None
    before = next((one for one, other in pairwise(beside) if other == key), None)
    inner = beside.get(before)
    if isinstance(inner, dict) and key not in inner:
        meant = schema_at((*around, str(before)), kind).get("properties", {}).get(key)
        if meant is not None and conforms(written, meant):
            return _indent(document, key, _column(document, (*around, str(before))), str(before))
    while around:
        around = around[:-1]
        node = schema_at((*around, key), kind)
        if key in schema_at(around, kind).get("properties", ()) and (
            written.keys() <= node.get("properties", {}).keys()
            or (
                isinstance(own := node.get("additionalProperties"), dict)
                and all(conforms(value, own) for value in written.values())
            )
        ):
            return _indent(document, key, _column(document, around))
    return None


def _outwards(document: Document, path: Path, written: Mapping[str, Any], kind: Kind) -> Text | None:
    key, around = str(path[-1]), path[:-1]
    while around:
        around = around[:-1]
        schema, there = schema_at(around, kind), value_at(document, around)
        if isinstance(there, dict) and key in there:
            continue
        if key in schema.get("properties", ()) or (
            len(around) == len(path) - 2 and _own_name(document, key, written[key], schema)
        ):
            return _indent(document, key, _column(document, around))
    return None


def _beneath(document: Document, path: Path, written: Mapping[str, Any], kind: Kind) -> Text | None:
    key = str(path[-1])
    before = next((one for one, other in pairwise(written) if other == key), None)
    if before is None:
        return None
    inner = (*path[:-1], before)
    schema, value = schema_at(inner, kind), written[before]
    if value is not None and (not isinstance(value, dict) or key in value):
        return None
    if key in schema.get("properties", ()) or _own_name(document, key, written[key], schema, surely=value is None):
        column = _column(document, inner) if value else document.place(inner, of_key=True).col - 1 + _STEP
        return _indent(document, key, column, before)
    return None


def _own_name(document: Document, key: str, value: Any, schema: Mapping[str, Any], *, surely: bool = False) -> bool:
    """Whether a mapping of the author's own names would take the entry, and something speaks for it."""
    own = schema.get("additionalProperties")
    if not isinstance(own, dict):
        return False
    if isinstance(value, dict):
        return bool(value.keys() & own.get("properties", {}).keys())
    return conforms(value, own) and (surely or document.text.count(key) > 1)


def _indent(document: Document, key: str, column: int, beneath: str = "") -> Text:
    if column < 0:
        return Text(f"把 `{key}` 移到 `{beneath}` 的花括号里", f"Move `{key}` into the braces of `{beneath}`")
    of = Text(f"，放在 `{beneath}` 下面", f", beneath `{beneath}`") if beneath else Text("", "")
    return Text(f"`{key}` 要缩进 {column} 格{of.zh}", f"Indent `{key}` by {column} spaces{of.en}")


def _column(document: Document, path: Path) -> int:
    """At which column, from 0, the keys of the mapping at `path` stand; -1 in braces."""
    place = document.place(path)
    if document.text.split("\n")[place.line - 1][place.col - 1 :].startswith("{"):
        return -1
    return place.col - 1


def schema_at(path: Path, kind: Kind) -> Mapping[str, Any]:
    """The schema's node for the value at `path`; an empty one where it says nothing."""
    node: Any = linked_schema(kind)
    for key in path:
        if isinstance(key, int):
            node = node.get("items")
        else:
            node = node.get("properties", {}).get(key, node.get("additionalProperties"))
        if not isinstance(node, dict):
            return {}
    return node  # type: ignore[no-any-return]

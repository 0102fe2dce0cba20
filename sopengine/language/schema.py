"""The published JSON Schemas of playbooks, modules and campaigns → a validator of each, linked once and kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Literal, TypeAlias, get_args

from sopengine.language.conformance import conforms
from sopengine.resources import resource

Kind: TypeAlias = Literal["playbook", "module", "campaign", "rehearsal"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a YAML file can be; each has a schema of that name."""

_ANNOTATIONS = {"description", "default", "defaultSnippets", "$schema", "definitions", "examples"}


@cache
def published(name: str) -> dict[str, Any]:
    """The schema as published, with its descriptions."""
    file = resource("schemas") / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


@cache
def linked_schema(kind: Kind) -> dict[str, Any]:
    """The schema with every `$ref` replaced by what it means; recursive definitions become cycles of dicts.

    A reference is `#/…` in its own file, or `NAME.schema.json#/…` in the file beside it.
    """
    done: dict[tuple[str, str], dict[str, Any]] = {}

    def target(reference: str, home: str) -> dict[str, Any]:
        file, _, inside = reference.partition("#/")
        name = file.removesuffix(".schema.json") or home
        if (name, inside) not in done:
            done[name, inside] = linked = {}
            node: Any = published(name)
            for key in inside.split("/"):
                node = node[key]
            linked.update(link(node, name))
        return done[name, inside]

    def link(node: Any, home: str) -> Any:
        if isinstance(node, list):
            return [link(item, home) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return target(node["$ref"], home)
        if "allOf" in node:  # `allOf: [one $ref]` is how draft-07 puts a description beside a reference
            return target(node["allOf"][0]["$ref"], home)
        return {
            key: link_all(value, home) if key == "properties" else link(value, home)
            for key, value in node.items()
            if key not in _ANNOTATIONS
        }

    def link_all(properties: dict[str, Any], home: str) -> dict[str, Any]:
        return {name: link(value, home) for name, value in properties.items()}

    linked: dict[str, Any] = link(published(kind), kind)
    return linked


def errors(data: Any, kind: Kind) -> Iterable[Any]:
    """jsonschema's errors; none, without loading it, of data that conforms."""
    return () if conforms(data, linked_schema(kind)) else explained(data, kind)


def explained(data: Any, kind: Kind) -> Iterator[Any]:
    yield from _validator(kind).iter_errors(data)


@cache
def _validator(kind: Kind) -> Any:
    """jsonschema is imported here, when first needed: it is slow to load."""
    from jsonschema import Draft7Validator, ValidationError, validators

    def exactly_one(_: Any, choices: list[dict[str, list[str]]], instance: Any, __: Any) -> Iterator[ValidationError]:
        """`oneOf` as this schema uses it: exactly one of several keys."""
        if isinstance(instance, dict) and sum(choice["required"][0] in instance for choice in choices) != 1:
            yield ValidationError("one of")

    extend: Callable[..., Any] = validators.extend
    return extend(Draft7Validator, {"oneOf": exactly_one})(linked_schema(kind))

"""The published JSON Schema of playbooks → one validator of it, linked once and kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from sopengine.language.conformance import conforms
from sopengine.resources import resource

_ANNOTATIONS = {"description", "default", "$schema", "definitions", "examples"}


@cache
def playbook_schema() -> dict[str, Any]:
    """The schema as published, with its descriptions."""
    file = resource("schemas") / "playbook.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


@cache
def linked_schema() -> dict[str, Any]:
    """The schema with every `$ref` replaced by what it means; recursive definitions become cycles of dicts."""
    root = playbook_schema()
    done: dict[str, dict[str, Any]] = {}

    def target(reference: str) -> dict[str, Any]:
        if reference not in done:
            done[reference] = linked = {}
            node: Any = root
            for key in reference.removeprefix("#/").split("/"):
                node = node[key]
            linked.update(link(node))
        return done[reference]

    def link(node: Any) -> Any:
        if isinstance(node, list):
            return [link(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return target(node["$ref"])
        if "allOf" in node:  # `allOf: [one $ref]` is how draft-07 puts a description beside a reference
            return target(node["allOf"][0]["$ref"])
        return {
            key: link_all(value) if key == "properties" else link(value)
            for key, value in node.items()
            if key not in _ANNOTATIONS
        }

    def link_all(properties: dict[str, Any]) -> dict[str, Any]:
        return {name: link(value) for name, value in properties.items()}

    linked: dict[str, Any] = link(root)
    return linked


def errors(data: Any) -> Iterable[Any]:
    """jsonschema's errors; none, without loading it, of data that conforms."""
    return () if conforms(data, linked_schema()) else explained(data)


def explained(data: Any) -> Iterator[Any]:
    yield from _validator().iter_errors(data)


@cache
def _validator() -> Any:
    """jsonschema is imported here, when first needed: it is slow to load."""
    from jsonschema import Draft7Validator, ValidationError, validators

    def exactly_one(_: Any, choices: list[dict[str, list[str]]], instance: Any, __: Any) -> Iterator[ValidationError]:
        """`oneOf` as this schema uses it: exactly one of several keys."""
        if isinstance(instance, dict) and sum(choice["required"][0] in instance for choice in choices) != 1:
            yield ValidationError("one of")

    extend: Callable[..., Any] = validators.extend
    return extend(Draft7Validator, {"oneOf": exactly_one})(linked_schema())

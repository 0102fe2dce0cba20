"""Data and the linked schema in; yes or no out: whether the data keeps to it, without the library that says where not.

Most playbooks are right, and loading jsonschema takes longer than the whole rest of a check. The verdicts are the
same (a test holds them together); only a document that does not conform is worth the library's explanations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from numbers import Number
from typing import Any

Schema = Mapping[str, Any]


def conforms(data: Any, schema: Schema) -> bool:
    """KeyError where the schema uses a keyword that is not known here: a mistake of ours."""
    return all(CHECKS[keyword](data, value, schema) for keyword, value in schema.items() if keyword not in _PASSIVE)


def _is(kind: str, data: Any) -> bool:
    if kind in ("integer", "number") and isinstance(data, bool):
        return False
    return isinstance(data, _TYPES[kind]) or (kind == "integer" and isinstance(data, float) and data.is_integer())


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "array": list,
    "object": dict,
    "integer": int,
    "number": Number,
    "boolean": bool,
    "null": type(None),
}


def _type(data: Any, kinds: str | list[str], _: Schema) -> bool:
    return any(_is(kind, data) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _enum(data: Any, choices: list[Any], _: Schema) -> bool:
    return any(isinstance(choice, bool) == isinstance(data, bool) and choice == data for choice in choices)


def _properties(data: Any, properties: Mapping[str, Schema], _: Schema) -> bool:
    return not isinstance(data, dict) or all(
        conforms(data[key], schema) for key, schema in properties.items() if key in data
    )


def _additional(data: Any, allowed: bool | Schema, schema: Schema) -> bool:
    if allowed is True or not isinstance(data, dict):
        return True
    others = data.keys() - schema.get("properties", {}).keys()
    return not others if allowed is False else all(conforms(data[key], allowed) for key in others)


def _if(data: Any, condition: Schema, schema: Schema) -> bool:
    branch = schema.get("then" if conforms(data, condition) else "else")
    return branch is None or conforms(data, branch)


def _one_of(data: Any, choices: list[Schema], _: Schema) -> bool:
    """As this schema uses it: exactly one of several keys."""
    return not isinstance(data, dict) or sum(choice["required"][0] in data for choice in choices) == 1


def _dependencies(data: Any, needs: Mapping[str, list[str]], _: Schema) -> bool:
    return not isinstance(data, dict) or all(
        other in data for key, others in needs.items() if key in data for other in others
    )


_PASSIVE = frozenset(("title", "then", "else"))
CHECKS: Mapping[str, Callable[[Any, Any, Schema], bool]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda data, value, schema: _enum(data, [value], schema),
    "properties": _properties,
    "additionalProperties": _additional,
    "required": lambda data, keys, _: not isinstance(data, dict) or all(key in data for key in keys),
    "propertyNames": lambda data, names, _: not isinstance(data, dict) or all(conforms(key, names) for key in data),
    "minProperties": lambda data, least, _: not isinstance(data, dict) or len(data) >= least,
    "dependencies": _dependencies,
    "items": lambda data, item, _: not isinstance(data, list) or all(conforms(each, item) for each in data),
    "minItems": lambda data, least, _: not isinstance(data, list) or len(data) >= least,
    "pattern": lambda data, pattern, _: not isinstance(data, str) or bool(re.search(pattern, data)),
    "minLength": lambda data, least, _: not isinstance(data, str) or len(data) >= least,
    "maxLength": lambda data, most, _: not isinstance(data, str) or len(data) <= most,
    "minimum": lambda data, least, _: not _is("number", data) or data >= least,
    "if": _if,
    "oneOf": _one_of,
}

"""A document's data against the published schema of its kind → findings in an operator's words, one each."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from sopengine.diagnostics import Edit, Findings, Fix, Path, Place, Text
from sopengine.language.document import Document, value_at
from sopengine.language.keys import KeyMistakes
from sopengine.language.levels import container_meant, level_meant, schema_at
from sopengine.language.schema import Kind, errors
from sopengine.language.suggest import closest, is_slip
from sopengine.language.values import as_text

_MOST = 300
"""Mistakes reported of one file: past that it is no playbook, and listing more helps nobody."""

_KEYS = ("required", "additionalProperties", "oneOf", "dependencies")
_TAG = re.compile(r"(?:^|[\s,\[{])(![^\s,\[\]{}]*)\s*$")
"""A tag before a value. With a line break between, the value begins at its tag."""
_EMPTY = ("minItems", "minProperties", "minLength")
_KINDS = {
    "string": Text("文字", "a text"),
    "array": Text("列表", "a list"),
    "object": Text("“键: 值”的组合", "a mapping (key: value)"),
    "integer": Text("整数", "a whole number"),
    "number": Text("数字", "a number"),
    "boolean": Text("true 或 false", "true or false"),
}


def check_shape(document: Document, findings: Findings, kind: Kind = "playbook") -> frozenset[Path]:
    """Unknown, missing and clashing keys, wrong types, wrong choices, bad names; nothing that unreadable text explains.

    Returns the paths at which a misspelt key was meant to stand: what they hold is not missing.
    """
    keys: dict[Path, KeyMistakes] = {}
    for error in islice(errors(document.data, kind), _MOST):
        path: Path = tuple(error.absolute_path)
        if "propertyNames" in error.relative_schema_path:
            named = (*path, error.instance)
            _bad_name(document, findings, named, error, level=_level(document, named, kind), of_key=True)
        elif error.validator in _KEYS:
            partial = path in document.broken
            keys.setdefault(path, KeyMistakes(path, error.instance, partial, kind)).add(error)
        elif path in document.broken:
            continue
        elif error.instance is None:
            _nothing_written(document, findings, path, error.schema)
        elif error.validator == "type":
            if "enum" not in error.schema or isinstance(error.instance, dict | list):
                _wrong_type(document, findings, path, error, _level(document, path, kind))
        elif error.validator in ("enum", "const"):
            if not isinstance(error.instance, dict | list):
                _not_one_of(document, findings, path, error)
        elif error.validator == "pattern" and _expected(error.schema).en.startswith(("a name", "an event")):
            _bad_name(document, findings, path, error)
        else:
            _bad_value(document, findings, path, error)
    meant = ((path, mistakes.report(document, findings)) for path, mistakes in keys.items())
    return frozenset((*path, key) for path, names in meant for key in names)


def label(path: Path) -> Text:
    """A value by its key, or by its number in the list under its key."""
    if not path:
        return Text("整个文件", "the file")
    last = path[-1]
    if isinstance(last, int):
        above = label(path[:-1])
        return Text(f"{above.zh} 的第 {last + 1} 项", f"item {last + 1} of {above.en}")
    return Text(f"`{last}`", f"`{last}`")


def _expected(schema: dict[str, Any]) -> Text:
    """What a schema node wants: its title where it has one, else its types."""
    title = schema.get("title")
    if title:
        zh, _, en = title.partition(" / ")
        return Text(zh, en)
    types = schema.get("type", [])
    kinds = [_KINDS[kind] for kind in ([types] if isinstance(types, str) else types)]
    return Text("或".join(k.zh for k in kinds), " or ".join(k.en for k in kinds))


def _nothing_written(document: Document, findings: Findings, path: Path, schema: dict[str, Any]) -> None:
    name, wanted = label(path), _expected(schema)
    findings.add(
        "SOP-S202",
        Text(f"{name.zh} 后面没有写内容", f"Nothing is written after {name.en}"),
        document.place(path, of_key=True),
        help=Text(f"这里要写：{wanted.zh}", f"Write {wanted.en}"),
        path=path,
    )


def _level(document: Document, path: Path, kind: Kind) -> Text | None:
    """Where a key that stands among the author's own names belongs, if it is one of the language."""
    if not path or isinstance(path[-1], int) or path[-1] in schema_at(path[:-1], kind).get("properties", ()):
        return None
    around, value = value_at(document, path[:-1]), value_at(document, path)
    if not isinstance(around, dict):
        return None
    beneath = level_meant(document, path, around, kind)
    return beneath or (container_meant(document, path, value, kind) if isinstance(value, dict) else None)


def _wrong_type(document: Document, findings: Findings, path: Path, error: Any, level: Text | None) -> None:
    name, wanted, got = label(path), _expected(error.schema), _kind_of(error.instance)
    types = error.schema.get("type", ())
    place = document.place(path)
    help_text, fix = None, None
    plain = not isinstance(error.instance, dict | list)
    if plain and "string" in types and wanted.en.startswith(("a text", "text", "a message")):
        help_text, fix = _quoted(document, place)
    if level is not None:
        help_text, fix = level, None
    findings.add(
        "SOP-S202",
        Text(f"{name.zh} 应该是{wanted.zh}，这里写的是{got.zh}", f"{name.en} should be {wanted.en}, not {got.en}"),
        place if plain else document.place(path, of_key=True),
        help=help_text,
        path=path,
        fix=fix,
    )


def _quoted(document: Document, place: Place) -> tuple[Text, Fix | None]:
    """For a value that was meant as text; one with a tag stays what the tag says, in quotes too."""
    row = document.text.split("\n")[place.line - 1]
    written = row[place.col - 1 : place.end_col - 1 if place.end_line == place.line else None]
    tag = written if place.end_line > place.line else "".join(_TAG.findall(row[: place.col - 1]))
    if tag:
        return Text(f"要当文字用，就删掉 {tag}，再加引号", f"If it is meant as text, delete {tag} and quote it"), None
    text = Text(f'要当文字用，就加引号："{written}"', f'If it is meant as text, quote it: "{written}"')
    return text, Fix((Edit(place, f'"{written}"'),), safe=True)


def _kind_of(value: Any) -> Text:
    for kind, types in (("boolean", bool), ("string", str), ("array", list), ("object", dict)):
        if isinstance(value, types):
            return _KINDS[kind]
    return _KINDS["number"]


def _not_one_of(document: Document, findings: Findings, path: Path, error: Any) -> None:
    name, place = label(path), document.place(path)
    choices = error.validator_value if error.validator == "enum" else [error.validator_value]
    shown = [as_text(choice) for choice in choices]
    written = as_text(error.instance)
    guess = closest(written, shown)
    fix = Fix((Edit(place, guess),), safe=is_slip(written, guess, shown)) if guess else None
    findings.add(
        "SOP-S203",
        Text(
            f"{name.zh} 不能写 `{_short(written)}`" + (f"，是不是 `{guess}`？" if guess else ""),
            f"{name.en} cannot be `{_short(written)}`" + (f"; did you mean `{guess}`?" if guess else ""),
        ),
        place,
        help=Text("可以写：" + "、".join(shown), "One of: " + ", ".join(shown)),
        path=path,
        fix=fix,
    )


def _bad_name(
    document: Document,
    findings: Findings,
    path: Path,
    error: Any,
    *,
    level: Text | None = None,
    of_key: bool = False,
) -> None:
    wanted, written = _expected(error.schema), _short(str(error.instance))
    findings.add(
        "SOP-S205",
        Text(f"`{written}` 不能作名字", f"`{written}` cannot be a name"),
        document.place(path, of_key=of_key),
        help=level or Text(f"要写{wanted.zh}", f"Write {wanted.en}"),
        path=path,
    )


def _bad_value(document: Document, findings: Findings, path: Path, error: Any) -> None:
    name, limit = label(path), error.validator_value
    if error.validator in _EMPTY:
        message = Text(f"{name.zh} 至少要有 {limit} 项内容", f"{name.en} needs at least {limit}")
    elif error.validator == "minimum":
        message = Text(f"{name.zh} 不能小于 {limit}", f"{name.en} cannot be less than {limit}")
    elif error.validator == "maxLength":
        message = Text(f"{name.zh} 超过 {limit} 个字符", f"{name.en} is longer than {limit} characters")
    else:
        wanted = _expected(error.schema)
        message = Text(f"{name.zh} 应该是{wanted.zh}", f"{name.en} should be {wanted.en}")
    findings.add("SOP-S207", message, document.place(path), path=path)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"

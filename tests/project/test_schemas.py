"""The published schemas for editors: sound, explained in both languages, with snippets that hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from sopengine.cli.main import run
from sopengine.cli.schema import SCHEMAS
from sopengine.language.load import load, load_module
from sopengine.language.opening import open_document
from sopengine.resources import resource

WRITTEN = ("playbook", "module", "campaign", "rehearsal", "workspace")
"""The schemas of files that people write."""
Node = dict[str, Any]


@cache
def schema(name: str) -> Node:
    loaded: Node = json.loads((resource("schemas") / f"{name}.schema.json").read_text("utf-8"))
    return loaded


def registry() -> Registry[Any]:
    files = ((f"{name}.schema.json", Resource.from_contents(schema(name))) for name in WRITTEN)
    return Registry().with_resources(files)


def at(reference: str, home: str) -> tuple[str, Node]:
    file, _, inside = reference.partition("#/")
    name = file.removesuffix(".schema.json") or home
    node: Any = schema(name)
    for key in inside.split("/"):
        node = node[key]
    return name, node


def described(node: Node, home: str) -> str:
    """The text an editor shows: of the key, else of what it refers to."""
    if "description" in node:
        return str(node["description"])
    if "$ref" in node:
        return described(*reversed(at(node["$ref"], home)))  # type: ignore[arg-type]
    return ""


def keys(node: Any) -> Iterator[tuple[str, Node]]:
    if isinstance(node, list):
        for item in node:
            yield from keys(item)
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from properties.items()
        for key, value in node.items():
            if key not in ("defaultSnippets", "if", "allOf"):
                yield from keys(value)


def snippets(node: Any) -> Iterator[tuple[Node, Node]]:
    """Each snippet, with the part of the schema it belongs to."""
    if isinstance(node, list):
        for item in node:
            yield from snippets(item)
    if isinstance(node, dict):
        yield from ((snippet, node) for snippet in node.get("defaultSnippets", ()))
        for key, value in node.items():
            if key != "defaultSnippets":
                yield from snippets(value)


def both(text: str) -> bool:
    zh, sign, en = text.partition(" / ")
    return bool(sign and re.search("[一-鿿]", zh) and en.strip() and not re.search("[一-鿿]", en))


def accepted(body: Any) -> Any:
    """What stands there when the author only presses Enter; plain numbers as YAML reads them."""
    if isinstance(body, dict):
        return {accepted(key): accepted(value) for key, value in body.items()}
    if isinstance(body, list):
        return [accepted(item) for item in body]
    text = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", body)
    return int(text) if text.isdecimal() else text


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_draft_07_schema_and_the_command_prints_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Draft7Validator.check_schema(schema(name))
    assert run(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out) == schema(name)


def test_the_command_knows_every_file_and_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert {path.name for path in resource("schemas").iterdir()} == {f"{name}.schema.json" for name in SCHEMAS}
    assert run(["--lang", "en", "schema"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(SCHEMAS)
    assert run(["--lang", "en", "schema", "playbok"]) == 2
    assert "did you mean playbook?" in capsys.readouterr().err


@pytest.mark.parametrize("name", WRITTEN)
def test_every_key_is_explained_in_chinese_and_english(name: str) -> None:
    found = list(keys(schema(name)))
    assert len(found) >= 4
    assert [key for key, node in found if not both(described(node, name))] == []
    assert both(schema(name)["description"])


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_value_should_be_is_said_in_both_languages(name: str) -> None:
    nodes = [node for _, node in keys(schema(name)) if isinstance(node, dict)]
    parts = [*nodes, *(node["additionalProperties"] for node in nodes if "additionalProperties" in node)]
    parts += schema(name).get("definitions", {}).values()
    titles = [part["title"] for part in parts if isinstance(part, dict) and isinstance(part.get("title"), str)]
    assert titles
    assert [title for title in titles if not both(title)] == []


@pytest.mark.parametrize("name", WRITTEN[:3])
def test_snippets_are_named_in_both_languages_and_fit_their_place(name: str) -> None:
    found = list(snippets(schema(name)))
    assert found
    for snippet, node in found:
        assert both(snippet["label"])
        assert both(snippet["description"])
        part = {"$id": f"{name}.schema.json", **{k: v for k, v in schema(name).items() if k == "definitions"}, **node}
        part["definitions"] = schema(name).get("definitions", {})
        validator = Draft7Validator(part, registry=registry())
        assert [error.message for error in validator.iter_errors(accepted(snippet["body"]))] == [], snippet["label"]


def test_a_new_file_from_a_snippet_has_no_findings() -> None:
    (book,), (module,) = (schema(name)["defaultSnippets"] for name in ("playbook", "module"))
    text = json.dumps(accepted(book["body"]), ensure_ascii=False)
    assert [d.code for d in load(text.encode(), "new.yaml", lambda _: None).diagnostics] == []
    opened = open_document(json.dumps(accepted(module["body"]), ensure_ascii=False).encode(), "new.yaml")
    assert [d.code for d in load_module(opened, lambda _: None).diagnostics if d.code != "SOP-R307"] == []


def test_the_example_module_uses_every_key_of_modules() -> None:
    text = (Path(__file__).parents[1] / "cases/ok/modules/festival-rules.yaml").read_text("utf-8")
    assert [key for key, _ in keys(schema("module")) if f"{key}:" not in text] == []

"""What sopengine.toml may hold is said twice, in the schema for editors and in the code: the two say the same."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sopengine.channels.kinds import FORMATS, KINDS, OPTIONS
from sopengine.resources import resource
from sopengine.workspace import load_workspace
from sopengine.workspace.channels import COMMON, LIMITS
from sopengine.workspace.operations import OF_ALERTS, OF_METRICS
from sopengine.workspace.reading import KEYS, OF_SOURCE, OF_TASKS

WHOLE: dict[str, Any] = {
    "database": "sqlite:///a.db",
    "language": "zh",
    "default_channel": "file",
    "channels": {
        "file": {"path": "out.jsonl"},
        "console": {"kind": "console"},
        "robot": {
            "kind": "wecom-robot",
            "secret": "ROBOT",
            "redirect": "file",
            "rate": 20,
            "per": 60,
            "burst": 5,
            "timeout": 10,
            "retry_after": 30.5,
            "allow_private": False,
            "base_url": "https://example.com",
            "max_bytes": {"text": 2048, "markdown": 4096},
        },
        "hook": {"kind": "webhook", "url": "https://example.com/in", "secret": "HOOK", "idempotent": "24h"},
        "hidden": {"kind": "webhook", "url_secret": "WHERE", "secret": "HOOK"},
        "desk": {"kind": "manual"},
    },
    "sources": {"groups": {"path": "data/groups.csv", "encoding": "gb18030", "id": "no"}},
    "calendar": {"2026-12-31": "holiday", "2027-01-02": "workday"},
    "tasks": {"via": "desk"},
    "alerts": {"via": "robot", "to": "groups", "on": ["missed", "silent"], "silent": "10m"},
    "metrics": {"listen": "127.0.0.1:9464"},
}
STRANGE = [None, True, 0, -1, 3, 1.5, 10**7, "", "x", "a/b", "file", "http://", "24h", "2026-02-30", [], ["a"], {}]
KEYS_TRIED = ["x", "kind", "url", "secret", "path", "via", "rate", "2026-01-01", "encoding", "a/b"]


@cache
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((resource("schemas") / "workspace.schema.json").read_text("utf-8"))
    return loaded


def properties(*path: str) -> set[str]:
    node = schema()
    for key in path:
        node = node[key]
    return set(node["properties"])


def test_the_keys_are_the_same() -> None:
    assert properties() == set(KEYS)
    assert properties("properties", "sources", "additionalProperties") == set(OF_SOURCE)
    assert properties("properties", "tasks") == set(OF_TASKS)
    assert properties("properties", "alerts") == set(OF_ALERTS)
    assert properties("properties", "metrics") == set(OF_METRICS)
    assert properties("definitions", "channel", "properties", "max_bytes") == set(FORMATS)
    kinds = {
        rule["if"]["properties"]["kind"]["const"]: set(rule["then"]["propertyNames"]["enum"])
        for rule in schema()["definitions"]["channel"]["allOf"]
    }
    assert kinds == {kind: {*COMMON, *OPTIONS[kind], *LIMITS} for kind in KINDS}
    assert properties("definitions", "channel") == set.union(*kinds.values())
    for built_in in ("console", "file", "manual"):
        assert properties("definitions", built_in) == kinds[built_in]


def toml(value: Any) -> str:
    """Written as inline tables, which TOML takes anywhere."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def taken_by_code(data: dict[str, Any], folder: Path) -> list[str]:
    text = "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in data.items())
    (folder / "sopengine.toml").write_text(text, "utf-8")
    return [d.message.en for d in load_workspace(folder, {}).diagnostics]


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(pairs):
        yield data, key
        yield from places(value)


def beyond_a_schema(told: str, data: dict[str, Any]) -> bool:
    """What the code alone can know."""
    names = {"default_channel": data.get("default_channel")}
    alerts = data["alerts"] if isinstance(data.get("alerts"), dict) else {}
    names |= {"alerts.via": alerts.get("via"), "alerts.to": alerts.get("to")}
    names["tasks.via"] = data["tasks"].get("via") if isinstance(data.get("tasks"), dict) else None
    unknown = any(told.startswith(f"{key} must be one of") and isinstance(name, str) for key, name in names.items())
    return unknown or any(rule in told for rule in RULES)


RULES = (
    "must not be above rate",  # one number against another
    "is no date",  # 30 February
    "must be at least 2m",  # a duration against another
    "must be an address such as",  # port 0 or 99999
    "must be an https URL",  # http and addresses that are not public, by allow_private
)


@pytest.mark.parametrize("seed", range(12))
def test_both_take_and_refuse_the_same_settings(seed: int, tmp_path: Path) -> None:
    validator = Draft7Validator(schema())
    assert taken_by_code(WHOLE, tmp_path) == []
    assert [error.message for error in validator.iter_errors(WHOLE)] == []
    dice = random.Random(seed)
    refused = 0
    for _ in range(60):
        data = copy.deepcopy(WHOLE)
        parent, key = dice.choice([p for p in places(data) if isinstance(p[0], dict)])
        move = dice.random()
        if move < 0.25:
            del parent[key]
        elif move < 0.5:
            parent[dice.choice(KEYS_TRIED)] = parent.pop(key)
        else:
            parent[key] = copy.deepcopy(dice.choice(STRANGE))
        if any(value is None for at, name in places(data) if isinstance(at, dict) for value in [at[name]]):
            continue  # TOML has no null
        told = taken_by_code(data, tmp_path)
        wrong = [error.message for error in validator.iter_errors(data)]
        assert told or not wrong, (data, wrong)
        assert wrong or all(beyond_a_schema(one, data) for one in told), (data, told)
        refused += bool(wrong)
    assert refused > 10


@pytest.mark.parametrize("key", ["kind", "redirect"])
def test_nothing_is_no_choice(key: str, tmp_path: Path) -> None:
    data = copy.deepcopy(WHOLE)
    data["channels"]["robot"][key] = ""
    assert any(f"channels.robot.{key} must be one of" in told for told in taken_by_code(data, tmp_path))

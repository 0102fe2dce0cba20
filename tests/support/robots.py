"""A house whose groups are reached through robots: a loopback server that answers as the test says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House
from tests.support.robot_server import RobotServer

KEYS = {name: f"key-{name}-0123456789" for name in ("east", "west")}
TOML = """
database = "sqlite:///sop.db"
default_channel = "robot"
language = "en"
[channels.robot]
kind = "wecom-robot"
base_url = "{url}"
allow_private = true
timeout = 5
[sources.groups]
path = "groups.csv"
[sources.stores]
path = "stores.csv"
"""
GROUPS = "id,name,secret\neast,East,EAST\nwest,West,WEST\n"


def robot_house(path: Path, server: RobotServer, book: str, monkeypatch: pytest.MonkeyPatch) -> House:
    for name, key in KEYS.items():
        monkeypatch.setenv(f"SOPENGINE_SECRET_{name.upper()}", key)
    return House(path, book, toml=TOML.format(url=server.url), groups=GROUPS)


def serving() -> Iterator[RobotServer]:
    with RobotServer() as server:
        yield server


def shown(server: RobotServer, name: str) -> int:
    """How many messages the group's robot would have shown."""
    return sum(request.key == KEYS[name] for request in server.taken)

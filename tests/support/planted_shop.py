"""A shop with secrets in every place that secrets come from, and a server that gives them back."""

from __future__ import annotations

import io
import logging
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from sopengine import failpoints
from sopengine.cli import main
from tests.support.planted import CREDENTIAL, ENVIRONMENT, FILE, PASSWORD, PATH, TOKEN, encodings
from tests.support.robot_server import Reply, RobotServer, answer, cut, errcode, half, no_http

TOML = """
database = "sqlite:///sop.db"
default_channel = "robot"
[channels.robot]
kind = "wecom-robot"
base_url = "{url}"
secret = "ROBOT"
allow_private = true
timeout = 5
retry_after = 1
[channels.hook]
kind = "webhook"
url_secret = "HOOK"
secret = "SIGN"
allow_private = true
timeout = 5
retry_after = 1
[sources.groups]
path = "groups.csv"
[sources.stores]
path = "stores.csv"
[alerts]
via = "hook"
[retention]
texts = "180d"
"""
GROUPS = "id,name,secret\neast,East,EAST\nwest,West,\n"
LOGGERS = ("sopengine", "httpx2", "httpcore2")
ROBOT, HOOK = CREDENTIAL, ""
"""Under which key the server scripts each channel."""


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("SOPENGINE_DEBUG", "1")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    loggers = [logging.getLogger(name) for name in (None, *LOGGERS)]
    before = [(one, list(one.handlers), one.level) for one in loggers]
    yield
    failpoints.listen(None)
    for one, handlers, level in before:
        one.handlers[:] = handlers
        one.setLevel(level)


@pytest.fixture
def server() -> Iterator[RobotServer]:
    with RobotServer() as server:
        yield server


def plant(root: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A secret from systemd, from the environment with and without our prefix, from a file, and a URL that is one."""
    environ = {
        "CREDENTIALS_DIRECTORY": str(root / "creds"),
        "EAST": ENVIRONMENT,
        "SOPENGINE_SECRET_HOOK": f"{server.url}/{PATH}?token={TOKEN}",
        "PGPASSWORD": PASSWORD,
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for path, value in ((root / "creds" / "ROBOT", CREDENTIAL), (root / "secrets" / "SIGN", FILE)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value, "utf-8")
        path.chmod(0o600)
    return environ


def places(root: Path) -> list[Path]:
    """Where the secrets belong."""
    return [root / "creds" / "ROBOT", root / "secrets" / "SIGN"]


def echoes(*secrets: str) -> Iterator[Reply]:
    """Answers that give a secret back, each in another way."""
    statuses = (401, 403, 429, 500, 302, 200)
    forms = [form for secret in secrets for form in encodings(secret).values()]
    chosen = forms[:: max(1, len(forms) // 12)]
    for number, form in enumerate(chosen):
        status = statuses[number % len(statuses)]
        header = {"Location": f"https://example.com/?key={quote(secrets[0], safe='')}", "Retry-After": "1"}
        yield answer(status, b'{"you sent": "' + form + b'"}', header)
    yield errcode(41001, f"no such key {secrets[0]}, {quote(secrets[0])}, {secrets[0].encode().hex()}")
    yield from (cut(), half(), no_http(), answer(200, b"\xff\xfe" + secrets[0].encode("utf-16-le")))


def stored(path: Path) -> str:
    """Every value of every table as it reads; raw bytes may be torn over pages."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as ledger:
        tables = [name for (name,) in ledger.execute("select name from sqlite_master where type = 'table'")]
        return "\n".join(repr(row) for name in tables for row in ledger.execute(f"select * from {name}"))


def today(root: Path, server: RobotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign whose message is due now, by the real clock."""
    plant(root, server, monkeypatch)
    (root / "sopengine.toml").write_text(TOML.format(url=server.url), "utf-8")
    (root / "groups.csv").write_text(GROUPS, "utf-8")
    (root / "stores.csv").write_text("id,name\n", "utf-8")
    live = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    (root / "live.yaml").write_text(
        "playbook: live\ntimezone: UTC\ninputs: {live: {type: datetime}}\n"
        "audiences: {groups: {source: groups, sample: {name: A}}}\nmessages: {now: Now}\n"
        f"runs: {{from: {live.date()}, until: {live.date() + timedelta(days=3)}}}\n"
        "weekly:\n  to: groups\n  steps:\n"
        "    - {id: r, at: live, send: now, late_ok: 6h}\n"
        "    - {id: h, at: live + 1m, send: now, via: hook, late_ok: 6h}\n",
        "utf-8",
    )
    before = (live - timedelta(hours=1)).isoformat()
    assert main.run(["start", "live.yaml", "--set", f"live={live.isoformat()}", "--yes", "--now", before]) == 0

"""`start` and `run` as real processes against a loopback server that answers as WeCom's robot does."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.support.daemon import DaemonProcess
from tests.support.robot_server import RobotServer, cut, errcode, silent

SECRETS = {f"SOPENGINE_SECRET_{name}": f"key-{name.lower()}-0123456789" for name in ("FINE", "BUSY", "GONE", "CUT")}
TOML = """
language = "en"
default_channel = "robot"
[channels.robot]
kind = "wecom-robot"
base_url = "{url}"
allow_private = true
retry_after = 1
timeout = 15
[sources.groups]
path = "groups.csv"
"""
GROUPS = "id,name,secret\n" + "".join(f"{n.lower()},{n} group,{n}\n" for n in ("FINE", "BUSY", "GONE", "CUT"))
PLAYBOOK = """
playbook: live
title: Live
timezone: UTC
inputs: {{live: {{type: datetime}}}}
audiences: {{groups: {{source: groups, sample: {{name: A group}}}}}}
runs: {{from: {day}, until: {end}}}
messages: {{now: 'We are live, {{{{ target.name }}}}'}}
weekly: {{to: groups, steps: [{{id: now, at: live, send: now}}]}}
"""


def key_of(name: str) -> str:
    return SECRETS[f"SOPENGINE_SECRET_{name}"]


@pytest.fixture
def robots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "groups.csv").write_text(GROUPS)
    day = datetime.now(UTC).date()
    text = PLAYBOOK.format(day=day, end=day + timedelta(days=3))
    (tmp_path / "live.yaml").write_text(text)
    return tmp_path


def begin(cli: Cli, root: Path, server: RobotServer) -> None:
    (root / "sopengine.toml").write_text(TOML.format(url=server.url))
    soon = datetime.now(UTC) + timedelta(seconds=3)
    cli("start", "live.yaml", "--set", f"live={soon.isoformat(timespec='seconds')}", "--yes").ok()


def entries(cli: Cli) -> list[dict[str, str]]:
    return [json.loads(line) for line in cli("log", "--jsonl").ok().out.splitlines()]


def last_states(cli: Cli) -> dict[str, tuple[str, str]]:
    return {e["target"]: (e["to"], e["reason"]) for e in entries(cli) if e["entity"] == "delivery"}


def test_each_answer_of_the_platform_ends_as_it_should(cli: Cli, robots: Path) -> None:
    with RobotServer() as server:
        server.script(key_of("BUSY"), [errcode(45009)])
        server.script(key_of("GONE"), [errcode(93000)])
        server.script(key_of("CUT"), [cut()])
        begin(cli, robots, server)
        with DaemonProcess(robots, SECRETS) as daemon:
            daemon.wait_for("READY=1")
            server.wait_for(5)  # four first tries and the busy one's second
            daemon.wait_for("WATCHDOG=1")
            printed = daemon.stop()
        assert Counter(r.key for r in server.received) == {
            key_of("FINE"): 1,
            key_of("BUSY"): 2,
            key_of("GONE"): 1,
            key_of("CUT"): 1,
        }
        assert Counter(r.key for r in server.taken)[key_of("BUSY")] == 1
        assert all(r.content == f"We are live, {r.key.split('-')[1].upper()} group" for r in server.received)
    states = last_states(cli)
    assert states["fine"][0] == "sent"
    assert states["busy"][0] == "sent"
    assert states["gone"][0] == "failed"
    assert "93000" in states["gone"][1]
    assert states["cut"][0] == "unknown"
    table = cli("log", "--all").ok().out
    assert "45009" in table
    assert cli("status").code == 5
    database = b"".join(path.read_bytes() for path in robots.glob("sopengine.db*"))
    for secret in SECRETS.values():
        assert secret not in table + printed
        assert secret.encode() not in database


def test_a_kill_between_intent_and_outcome_is_never_repeated_by_itself(cli: Cli, robots: Path) -> None:
    with RobotServer() as server:
        for name in ("FINE", "BUSY", "GONE", "CUT"):
            server.script(key_of(name), [silent()])
        begin(cli, robots, server)
        with DaemonProcess(robots, SECRETS) as daemon:
            server.wait_for(4)  # the bytes are out, no answer has come
            daemon.kill()
        assert {state for state, _ in last_states(cli).values()} == {"sending"}
        with DaemonProcess(robots, SECRETS) as daemon:  # the lease still runs: nobody touches them
            daemon.wait_for("READY=1")
            daemon.stop()
        assert {state for state, _ in last_states(cli).values()} == {"sending"}
        later = datetime.now(UTC) + timedelta(minutes=5)
        redirected = TOML.replace('kind = "wecom-robot"', 'kind = "wecom-robot"\nredirect = "file"')
        (robots / "sopengine.toml").write_text(redirected.format(url=server.url))
        cli("tick", "--now", later.isoformat()).ok()
        cli("tick", "--now", (later + timedelta(minutes=5)).isoformat()).ok()
        assert len(server.received) == 4
        assert not (robots / "outbox.jsonl").exists()
    assert {state for state, _ in last_states(cli).values()} == {"unknown"}


def test_two_daemons_on_one_file_are_refused(cli: Cli, robots: Path) -> None:
    with RobotServer() as server:
        begin(cli, robots, server)
        with DaemonProcess(robots, SECRETS) as daemon:
            daemon.wait_for("READY=1")
            second = cli("tick")
            assert second.code == 75
            assert len(second.err.splitlines()) <= 2
            server.wait_for(4)
            daemon.stop()


def test_new_work_wakes_the_daemon(cli: Cli, robots: Path) -> None:
    """Started long after the daemon fell asleep, and due at once: it is not left to the slow fallback."""
    with RobotServer() as server:
        (robots / "sopengine.toml").write_text(TOML.format(url=server.url))
        with DaemonProcess(robots, SECRETS, watchdog_seconds=600) as daemon:
            daemon.wait_for("STATUS=nothing is due")
            begin(cli, robots, server)
            reached = server.wait_for(4, seconds=15)  # well before the slow fallback
            assert {request.key for request in reached} == set(SECRETS.values())
            daemon.stop()

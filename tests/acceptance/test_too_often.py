"""No playbook makes a command burn memory or minutes by coming too often: it is refused where it is written."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from tests.acceptance.conftest import Cli

BOOK = """
playbook: dense
title: Dense
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: A group}}}
messages: {hello: 'Hello {{ target.name }}'}
runs: {from: 2026-06-01, until: 2036-06-01}
weekly: {to: groups, steps: [{id: hello, on: 'cron "* * * * *"', send: hello}]}
"""


@pytest.mark.parametrize("command", ["dry-run", "start"])
def test_five_million_minutes_are_refused_in_a_moment(cli: Cli, workspace: Path, command: str) -> None:
    (workspace / "playbooks/dense.yaml").write_text(BOOK)
    begin = monotonic()
    done = cli(command, "playbooks/dense.yaml", "--now", "2026-05-30T09:00")
    assert monotonic() - begin < 10
    assert done.code == 1
    told = done.out + done.err
    assert "SOP-W531" in told
    assert "dense.yaml:8:46" in told
    assert "help:" in told


def test_once_a_day_is_planned(cli: Cli, workspace: Path) -> None:
    (workspace / "playbooks/dense.yaml").write_text(BOOK.replace("* * * * *", "0 9 * * *").replace("2036", "2027"))
    cli("dry-run", "playbooks/dense.yaml", "--now", "2026-05-30T09:00").ok()

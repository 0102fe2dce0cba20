"""The dry run says beforehand how late the last message of a crowded robot will leave, in every form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli

BOOK = """
playbook: crowd
title: Crowd
timezone: Asia/Shanghai
audiences: {groups: {source: groups, via: robot, sample: {name: A group}}}
messages: {hello: 'Hello {{ target.name }}'}
runs: {from: 2026-06-01, until: 2026-06-02}
weekly: {to: groups, steps: [{id: hello, on: mon, at: 09:00, send: hello}]}
"""


@pytest.mark.parametrize("form", [(), ("--each",), ("--each", "--jsonl")])
@pytest.mark.parametrize(("groups", "warned"), [(50, True), (5, False)])
def test_fifty_groups_on_one_robot(cli: Cli, workspace: Path, form: tuple[str, ...], groups: int, warned: bool) -> None:
    (workspace / "playbooks/crowd.yaml").write_text(BOOK)
    (workspace / "data/groups.csv").write_text("id,name\n" + "".join(f"g{n},Group {n}\n" for n in range(groups)))
    done = cli("dry-run", "playbooks/crowd.yaml", "--now", "2026-05-30T09:00", *form).ok()
    told = done.out + done.err
    assert ("D605" in told) == warned
    if warned:
        # burst 5, then 15 a minute: the fiftieth leaves three minutes after the first
        assert "50 messages" in told
        assert "3 min" in told


@pytest.mark.parametrize("form", [(), ("--each",)])
@pytest.mark.parametrize(("spread", "late"), [("10m", ""), ("1m", "2 min"), ("30s", "3 min")])
def test_a_spread_is_taken_into_account(
    cli: Cli, workspace: Path, form: tuple[str, ...], spread: str, late: str
) -> None:
    """Fifty in ten minutes are five a minute, which the robot takes; in one minute its fifteen a minute are too few."""
    text = BOOK.replace("at: 09:00", f"at: 09:00, spread: {spread}")
    (workspace / "playbooks/crowd.yaml").write_text(text)
    (workspace / "data/groups.csv").write_text("id,name\n" + "".join(f"g{n},Group {n}\n" for n in range(50)))
    done = cli("dry-run", "playbooks/crowd.yaml", "--now", "2026-05-30T09:00", *form).ok()
    told = done.out + done.err
    assert ("D605" in told) == bool(late)
    if late:
        assert f"50 messages to robot/ spread out: the last leaves about {late} late" in " ".join(told.split())

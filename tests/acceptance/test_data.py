"""The tables beside a playbook: their columns are known to the check, and nothing about them ends in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance.conftest import Cli

BOOK = """
playbook: columns
title: Columns
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: A group}}}
messages: {hello: 'Hello {{ target.name }}, {{ target.city }}'}
runs: {from: 2026-06-01, until: 2026-06-08}
weekly: {to: groups, steps: [{id: hello, on: mon, at: 09:00, send: hello}]}
"""


def test_a_column_of_the_table_needs_no_sample(cli: Cli, workspace: Path) -> None:
    (workspace / "playbooks/columns.yaml").write_text(BOOK)
    wrong = cli("check", "playbooks/columns.yaml")
    assert wrong.code == 1
    assert "target.city" in wrong.out
    (workspace / "data/groups.csv").write_text("id,name,city\ng1,First,Hangzhou\n")
    cli("check", "playbooks/columns.yaml").ok()
    page = cli("dry-run", "playbooks/columns.yaml", "--now", "2026-05-30T09:00", "--all").ok()
    assert "Hello First, Hangzhou" in page.out
    cli("start", "playbooks/columns.yaml", "--now", "2026-05-30T09:00", "--yes").ok()
    (workspace / "data/groups.csv").unlink()  # the campaign keeps its own copy
    cli("run", "--now", "2026-05-30T09:00").ok()
    assert "Hello First, Hangzhou" in (workspace / "outbox.jsonl").read_text()


def test_gb18030_is_taken_where_it_is_named_and_refused_with_a_way_out_elsewhere(cli: Cli, workspace: Path) -> None:
    (workspace / "playbooks/columns.yaml").write_text(BOOK)
    (workspace / "data/groups.csv").write_bytes("id,name,city\ng1,一群,杭州\n".encode("gb18030"))
    refused = cli("dry-run", "playbooks/columns.yaml", "--now", "2026-05-30T09:00")
    assert refused.code == 1
    assert "gb18030" in (refused.out + refused.err)
    toml = (workspace / "sopengine.toml").read_text("utf-8")
    settings_ = toml.replace('path = "data/groups.csv"', 'path = "data/groups.csv"\nencoding = "gb18030"')
    (workspace / "sopengine.toml").write_text(settings_, "utf-8")
    page = cli("dry-run", "playbooks/columns.yaml", "--now", "2026-05-30T09:00", "--all").ok()
    assert "Hello 一群, 杭州" in page.out


FILES = ["playbooks/summer-festival.yaml", "data/groups.csv", "sopengine.toml"]


@pytest.mark.parametrize("file", FILES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_any_bytes_end_in_findings_or_one_line(cli: Cli, workspace: Path, file: str, data: bytes) -> None:
    path = workspace / file
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        for command in (
            ("check", "playbooks/summer-festival.yaml"),
            ("dry-run", "playbooks/summer-festival.yaml", "--set", "opening=2026-06-18", "--now", "2026-06-01T09:00"),
            ("start", "playbooks/summer-festival.yaml", "--set", "opening=2026-06-18", "--now", "2026-06-01T09:00"),
        ):
            done = cli(*command)
            assert done.code in (0, 1, 2, 3), done
            assert "Traceback" not in done.err
            assert "itself went wrong" not in done.err
            assert done.code == 0 or done.out or done.err
    finally:
        path.write_bytes(before)
        for database in workspace.glob("sopengine.db*"):
            database.unlink()

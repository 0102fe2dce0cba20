"""`check --fix` makes safe edits only, keeps everything else byte for byte, and shows what it did."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.conftest import Cli

BROKEN = """\ufeff# 我的注释
playbook: fixme   # 一个名字\r
title: 修一修\r
timezone: Asia/Shanghai\r
audiences: {groups: {source: groups, sample: {name: 一群}}}\r
messages:\r
  hello: {{ target.name }} 你好   # 问候\r
weekly:\r
  to: groups\r
  steps:\r
    - id: hello\r
      on：mon\r
      at: 09:00\r
      sned: hello\r
"""


def test_safe_edits_are_made_and_the_rest_is_untouched(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes(BROKEN.encode())
    path.chmod(0o640)
    done = cli("check", "--fix", "--format", "concise", str(path))
    assert done.code == 0, done.out
    expected = (
        BROKEN.replace("{{ target.name }} 你好", '"{{ target.name }} 你好"')
        .replace("on：mon", "on: mon")
        .replace("sned: hello", "send: hello")
    )
    assert path.read_bytes().decode() == expected
    assert path.stat().st_mode & 0o777 == 0o640
    for line in ("-  hello: {{ target.name }} 你好   # 问候", "+      send: hello", "+      on: mon"):
        assert line in done.out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book.yaml"]
    assert "+++" not in cli("check", "--fix", str(path)).out


def test_without_the_flag_nothing_is_written(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes(BROKEN.encode())
    assert cli("check", str(path)).code == 1
    assert path.read_bytes() == BROKEN.encode()

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


CHINESE = """\
playbook: x
标题: 店
时区: Asia/Shanghai
日历: 中国
输入:
  opening: {类型: date, 默认: 2026-06-18}
  p: {类型: 金额, 默认值: 3, 标题: 价}
人群：
  groups: {来源: groups, 样例: {name: 东}, 筛选: target.name == '东', 渠道: manual}
角色:
  clerk: {负责人: 周敏}
消息：
  hello: {正文: "你好 {{ input.p }}"}
阶段:
  warm:
    标题: 预热
    开始: opening
    结束: opening + 3d
    步骤：
      - {编号: a, 哪天: day 1, 几点: 10:00, 发给: groups, 发送: hello}
      - 编号: b
        哪天：day 1
        几点: 11:00
        发给: clerk
        任务: 打扫
        期限: 2h
        逾期: 继续
每周:
  发给: groups
  步骤:
    - {编号: c, 星期: 周一, 时刻: 11:00, 发消息: hello}
"""
ENGLISH = """\
playbook: x
title: 店
timezone: Asia/Shanghai
calendar: CN
inputs:
  opening: {type: date, default: 2026-06-18}
  p: {type: money, default: 3, title: 价}
audiences:
  groups: {source: groups, sample: {name: 东}, where: target.name == '东', via: manual}
roles:
  clerk: {person: 周敏}
messages:
  hello: {text: "你好 {{ input.p }}"}
phases:
  warm:
    title: 预热
    from: opening
    until: opening + 3d
    steps:
      - {id: a, on: day 1, at: 10:00, to: groups, send: hello}
      - id: b
        on: day 1
        at: 11:00
        to: clerk
        task: 打扫
        due: 2h
        on_overdue: continue
weekly:
  to: groups
  steps:
    - {id: c, on: 周一, at: 11:00, send: hello}
"""


def test_a_playbook_with_chinese_keys_is_put_into_the_language(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "zh.yaml"
    path.write_text(CHINESE, encoding="utf-8")
    assert "errors 0  warnings 0" in cli("check", "--fix", str(path)).ok().out
    assert path.read_text("utf-8") == ENGLISH

"""One group's text burns: the 49 other groups get theirs on time, in every slot."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.engine.channels import Memory
from tests.support.house import House

GROUPS, CULPRIT = 50, 7
BOOK = """\
playbook: fifty
timezone: Asia/Shanghai
audiences:
  groups: {source: groups, sample: {name: 东湖店, diary: 好}}
messages:
  own: {table: texts.csv, where: {group: target.id}}
  shared: "BURNS"
  plain: "{{ target.name }}，晚上见"
phases:
  days:
    from: 2026-03-02
    until: 2026-03-03
    steps:
      - {id: bomb, on: day 1, at: [10:00, 10:05], to: groups, send: MESSAGE}
      - {id: plain, on: day 1, at: [10:00, 10:06], to: groups, send: plain}
"""
BURNS = (
    "{% for a in target.diary %}{% for b in target.diary %}{% set c = a ~ b %}{% endfor %}{% endfor %}{{ target.name }}"
)


def house(root: Path, message: str, diary: str) -> House:
    root.mkdir()
    texts = [f"g{n},{BURNS if n == CULPRIT else '{{ target.name }}，早'}" for n in range(GROUPS)]
    (root / "texts.csv").write_text("\n".join(["group,text", *texts]) + "\n", "utf-8")
    rows = [f"g{n},群{n},{diary if n == CULPRIT else '好'}" for n in range(GROUPS)]
    made = House(
        root,
        BOOK.replace("MESSAGE", message).replace("BURNS", BURNS),
        groups="\n".join(["id,name,diary", *rows]) + "\n",
    )
    made.channels["file"] = Memory(made.clock)
    return made


@pytest.mark.parametrize("message", ["own", "shared"])  # a template of its own, and its own data in a shared template
def test_the_others_are_on_time(tmp_path: Path, message: str) -> None:
    made = house(tmp_path / "siege", message, "长" * 6_000)
    made.start("2026-03-02T09:00")
    began = time.monotonic()
    made.run(until="2026-03-03T00:00")
    took = time.monotonic() - began
    channel = made.channels["file"]
    assert isinstance(channel, Memory)
    zone = ZoneInfo("Asia/Shanghai")
    late = [(one.target, one.slot) for at, one in channel.arrived if at != datetime.fromisoformat(one.slot)]
    assert late == []
    sent = {(one.step, one.target, f"{at.astimezone(zone):%H:%M}") for at, one in channel.arrived}
    slots = [("bomb", "10:00"), ("bomb", "10:05"), ("plain", "10:00"), ("plain", "10:06")]
    others = {(step, f"g{n}", at) for step, at in slots for n in range(GROUPS) if n != CULPRIT}
    mine = {("plain", f"g{CULPRIT}", at) for at in ("10:00", "10:06")}
    assert sent == others | mine
    failed = [(t.step, t.target, t.reason) for t in made.log() if t.after == "failed"]
    assert failed == [("bomb", f"g{CULPRIT}", "template: takes too long or too much memory")] * 2
    assert took < 60

"""Templates that `check` refuses, made into a playbook all the same, and a campaign of it that runs all the same: what
the later lines of defence do on their own."""

from __future__ import annotations

from collections.abc import Sequence

from sopengine.cli.campaign import read_campaign
from sopengine.engine.start import start
from tests.support.house import House

START, FIRST = "2026-03-02T08:00", "2026-03-02T10:00"
_HEAD = """\
playbook: siege
timezone: Asia/Shanghai
inputs:
  greeting: {type: text, default: 你好}
audiences:
  groups: {source: groups, sample: {name: 东湖店, tags: vip}}
messages:
"""
_STEPS = """\
phases:
  days:
    from: 2026-03-02
    until: 2026-03-03
    steps:
"""


def book_of(templates: Sequence[str]) -> str:
    """One message and one step, `s0`, `s1` and so on, for each template."""
    messages = "".join(f"  m{n}: |\n" + _indented(template) for n, template in enumerate(templates))
    steps = "".join(
        f"      - {{id: s{n}, on: day 1, at: 10:00, to: groups, send: m{n}}}\n" for n in range(len(templates))
    )
    return _HEAD + messages + _STEPS + steps


def _indented(template: str) -> str:
    return "".join(f"    {row}\n" for row in template.split("\n"))


def start_anyway(house: House, now: str = START) -> None:
    """As `sopengine start` does, without its refusal of a playbook that has errors."""
    house.at(now)
    read = read_campaign(str(house.root / "book.yaml"), house.workspace, {}, {}, now)
    assert read.bundle is not None
    start(house.store, read.named("siege"), read.bundle, house.clock.now(), "test")

"""Playbooks and data of any size, made up: what the benchmarks work on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sopengine.engine.bundle import Bundle
from sopengine.language.document import Document
from sopengine.language.load import load
from sopengine.planning.assembly import assemble
from sopengine.planning.model import Campaign

START = datetime(2026, 6, 17, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
OPENING = "2026-06-18"
CHANNEL = "null"

_HEAD = """\
playbook: bench
title: 测量用的剧本
timezone: Asia/Shanghai
calendar: CN

inputs:
  opening: {type: date, title: 开售日}
  brand: {type: text, default: 小茶铺}
  threshold: {type: money, default: 30}

audiences:
  groups:
    source: groups
    sample: {name: 东湖店会员群, tier: member}

"""
_MESSAGE = """\
  text-%d: |
    {{ target.name }}的朋友们%s，{{ input.opening | date('M月D日') }}{{ input.brand }}有件大事。
    满 {{ input.threshold | money }} 元可以多带一包，今天 {{ slot.time | date('HH:mm') }} 开始。
"""
_STEP = """\
      - id: step-%d
        on: day %d
        at: %02d:%02d
        to: groups
        send: text-%d
"""
_LINES_OF_A_STEP = 8


def playbook(steps: int, edition: int = 0) -> str:
    """A message and a step each, ten steps a day; no two texts are the same, nor those of two editions."""
    messages = "".join(_MESSAGE % (n, f"（{edition}.{n}）") for n in range(steps))
    rows = "".join(_STEP % (n, 1 + n // 10, 9 + n % 10, n % 60, n) for n in range(steps))
    days = steps // 10 + 1
    phase = f"phases:\n  only:\n    title: 预热期\n    from: opening\n    until: opening + {days}d\n    steps:\n"
    return f"{_HEAD}messages:\n{messages}\n{phase}{rows}"


def playbook_of_lines(lines: int, edition: int = 0) -> str:
    """About as many lines, never more."""
    fixed = playbook(0).count("\n")
    return playbook((lines - fixed) // _LINES_OF_A_STEP, edition)


def rows(targets: int, addresses: int = 1) -> list[dict[str, str]]:
    """One address is that of the channel itself."""
    at = ["", *(f"a{n}" for n in range(1, addresses))]
    return [{"id": f"g{n}", "name": f"第{n}群", "tier": "member", "address": at[n % len(at)]} for n in range(targets)]


def campaign(
    steps: int, targets: int, opening: datetime | None = None, addresses: int = 1
) -> tuple[Campaign, Document, Bundle]:
    """Ready to preview or to start at START, or two days before another opening."""
    data = playbook(steps).encode()
    loaded = load(data, "bench.yaml", lambda _: None)
    if loaded.diagnostics or loaded.playbook is None or loaded.document is None:
        raise RuntimeError(f"the made-up playbook is wrong: {loaded.diagnostics}")
    sources: dict[str, Sequence[dict[str, str]]] = {"groups": rows(targets, addresses)}
    inputs = {"opening": f"{opening:%Y-%m-%d}" if opening else OPENING}
    begin = opening - timedelta(days=2) if opening else START
    made = assemble(loaded.playbook, inputs, sources, begin, default_channel=CHANNEL)
    if made.campaign is None:
        raise RuntimeError(f"the made-up data is wrong: {made.diagnostics}")
    bundle = Bundle("bench.yaml", data, {}, inputs, sources, {}, CHANNEL, "")
    return made.campaign, loaded.document, bundle


def bare_texts(steps: int, targets: int) -> Iterator[str]:
    """The same texts from a bare Jinja loop: no plan, no sandbox, no process, no findings. The peer of the dry run."""
    import jinja2

    environment = jinja2.Environment(autoescape=False)
    environment.filters["date"] = lambda value, form: f"{value}"
    environment.filters["money"] = lambda value: f"{value:.2f}"
    source = (_MESSAGE % (0, "")).split("|\n", 1)[1]
    people = rows(targets)
    for _ in range(steps):
        template = environment.from_string(source)
        for row in people:
            yield template.render(
                target=row,
                input={"opening": OPENING, "brand": "小茶铺", "threshold": 30},
                slot={"time": "09:00"},
            )

"""Names of every script and sign, at every channel, with texts that end just below, at and above its limit: what fits
goes out whole, what does not is refused by us, and the platform never has to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sopengine.channels.kinds import KINDS
from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli
from tests.channels.contract import open_case
from tests.support.house import House
from tests.support.robot_server import RobotServer

NAMES = [
    *("A", "Zoë", "e\u0301", "东湖店", "𠮷野家", "ＡＢＣ", "ไทย", "עברית", "नमस्ते", "ﷺ", "①②"),
    *("👍", "👍🏽", "👨\u200d👩\u200d👧\u200d👦", "🇨🇳", "🏴\u200d☠️", "❤️", "1️⃣", "🧑🏿\u200d🦱", "😀" * 12),
]
AROUND = range(-5, 6)
LIMITS = {"text": 2048, "markdown": 4096}
BOOK = """\
playbook: sizes
timezone: Asia/Shanghai
audiences:
  groups: {source: groups, sample: {name: 东湖店, pad: 好}}
messages:
  sized:
    text: "{{ target.pad }}{{ target.name }}"
    format: FORMAT
phases:
  days:
    from: 2026-03-02
    until: 2026-03-03
    steps:
      - {id: a, on: day 1, at: 10:00, to: groups, send: sized}
"""


def sized(limit: int) -> dict[str, str]:
    """Target → its text, of `limit` bytes and a few more or less; names stand at the end, where one would cut."""
    found = {}
    for number, name in enumerate(NAMES):
        for more in AROUND:
            left = limit + more - len(name.encode())
            found[f"n{number}{more:+d}"] = "好" * (left // 3) + "a" * (left % 3) + name
    return found


def rows(texts: dict[str, str]) -> str:
    names = {target: NAMES[int(target[1:].replace("-", "+").split("+")[0])] for target in texts}
    lines = [f"{target},{names[target]},{text.removesuffix(names[target])}" for target, text in texts.items()]
    return "\n".join(["id,name,pad", *lines]) + "\n"


@pytest.mark.parametrize("format", LIMITS)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_fits_goes_out_whole_and_nothing_is_refused_by_the_platform(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, format: str
) -> None:
    limit = LIMITS[format]
    texts = sized(limit)
    house = House(tmp_path / "siege", BOOK.replace("FORMAT", format), groups=rows(texts))
    with RobotServer() as server:
        case = open_case(kind, tmp_path, server, lambda: capsys.readouterr().out, max_bytes=LIMITS, rate=0, burst=1000)
        house.channels["file"] = case.channel
        fits = format in case.channel.formats
        house.start("2026-03-02T09:00")
        house.run(until="2026-03-03T00:00")
        good = sorted(text for text in texts.values() if len(text.encode()) <= limit) if fits else []
        if kind != "manual":
            assert sorted(case.texts()) == good
        assert [r for r in server.received if len(r.content.encode()) > limit] == []
    states = {t.target: t for t in house.log() if t.after in ("sent", "awaiting_confirm", "failed")}
    for target, text in texts.items():
        if fits and len(text.encode()) <= limit:
            assert states[target].after == ("awaiting_confirm" if kind == "manual" else "sent"), target
        else:
            assert states[target].after == "failed"
            reason = "bytes, the limit is" if fits else f"format {format} is not taken"
            assert reason in states[target].reason


def test_a_dry_run_finds_each_that_is_too_long(tmp_path: Path, cli: Cli) -> None:
    texts = sized(2048)
    house = House(tmp_path / "siege", BOOK.replace("FORMAT", "text"), groups=rows(texts))
    toml = house.toml + '[channels.file]\nkind = "file"\npath = "out.jsonl"\nmax_bytes = {text = 2048}\n'
    (house.root / "sopengine.toml").write_text(toml)
    shown = cli("dry-run", str(house.root / "book.yaml"), "--now", "2026-03-01T08:00", "--jsonl", "--each")
    items = [json.loads(line) for line in shown.out.splitlines()]
    found = {item["target"]: item["bytes"] for item in items}
    assert found == {target: len(text.encode()) for target, text in texts.items()}
    assert shown.code == 1
    assert "SOP-D601" in shown.err

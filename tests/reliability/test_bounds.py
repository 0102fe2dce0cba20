"""Templates and documents that burn time or memory: each stays within its bounds at check, dry run and run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.language.model.support import BASE, load_text
from tests.language.reader.test_reading import BOMBS
from tests.language.templates.payloads import BURNS
from tests.reliability.house import book_of

ROOT = Path(__file__).parents[2]
SECONDS = 2.0
MEBIBYTES = 300
STARTING = 0.5
"""Seconds of processor time to start rendering processes and to plan; the rest is the template's."""
DEPTHS = (50, 51, 1_000, 20_000, 50_000, 100_000)
NESTS = ["[", "{a: ", "- ", "? ", "a: [", "[{a: ", "&a [", "!!seq [", "- - ", "-\n ", "'", "{{ ", "｛", "(", "<<: {"]
SIGNS = 40_000
PIECES = [
    *"x1满减元第名月日是的,.。:：-—~ ｛｝{}[]()（）【<%#@*&|!\"'`$\\/_=+^;?《…\u3000×",
    *("{{", "}}", "{%", "{#", "{{ ", "}} ", "{{ a }}", "{{ input.price }}", "{{ input.price", "{{}", "{{ 'a' }}", "a'"),
    *("满30", "满 30 减 5 ", "6月18日", "第1名", "1-3名", "2026-", "input.", "某某", "TODO ", "[x]", "【活动】", "${"),
    *(
        "{{ input.price | money }}元",
        "今天(6月18日)",
        "{{-",
        "{% raw %}",
        "{％",
        "｛{",
        "{｛",
        "元 元",
        "  元",
        "a b",
        "a.b",
    ),
]
REPEATED = """\
playbook: siege
timezone: Asia/Shanghai
inputs:
  price: {type: money, default: 9.9, title: 清凉卡价格}
  opening: {type: date, default: 2026-03-02, title: 开售日}
audiences:
  groups: {source: groups, sample: {name: 东湖店}}
messages:
  m: |
    清凉卡 {{ input.price }} 元 TEXT
phases:
  days:
    from: opening
    until: opening + 1d
    steps:
      - {id: s, on: day 1, at: 10:00, to: groups, send: m}
"""
_CHECK = """
import json, sys, time
from sopengine.language.load import load
from tests.reliability.memory import own_peak
took = []
for text in json.load(sys.stdin):
    began = time.process_time()
    loaded = load(text.encode("utf-8", "surrogatepass"), "any.yaml", {}.get)
    took.append([time.process_time() - began, len(loaded.diagnostics)])
json.dump([took, own_peak()], sys.stdout)
"""
_DRY_RUN = """
import contextlib, io, json, resource, sys
from sopengine.cli.main import main
from tests.reliability.memory import childrens_peak, own_peak
def used():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)
took = []
for file in sys.argv[1:]:
    began = used()
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        sys.argv = ["sopengine", "dry-run", file, "--jsonl", "--now", "2026-03-01T08:00"]
        main()
    out.seek(0)
    took.append([used() - began, json.loads(out.readline())["text"]])
json.dump([took, [own_peak(), childrens_peak()]], sys.stdout)
"""
_RUN = """
import json, sys
from pathlib import Path
from tests.reliability.house import book_of, start_anyway
from tests.reliability.memory import childrens_peak, own_peak
from tests.support.house import House
house = House(Path(sys.argv[1]), book_of(json.load(sys.stdin)))
start_anyway(house)
before = own_peak()
house.run(until="2026-03-03T00:00")
slow = [t.step for t in house.log() if "takes too long" in t.reason]
json.dump([house.ends(), slow, own_peak() - before, childrens_peak()], sys.stdout)
"""


def measured(script: str, given: Sequence[str] = (), arguments: Sequence[str] = ()) -> Any:
    """What a process of its own prints, so that its memory is nobody else's; it must not die."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def within(took: Sequence[tuple[float, Any]], names: Sequence[str]) -> None:
    late = [(name[:60], seconds) for name, (seconds, _) in zip(names, took, strict=True) if seconds > SECONDS]
    assert late == []


def test_check_of_every_burning_template() -> None:
    texts = [book_of([template]) for template in BURNS]
    took, peak = measured(_CHECK, texts)
    within(took, BURNS)
    assert peak < MEBIBYTES


def test_a_dry_run_of_every_burning_template(tmp_path: Path) -> None:
    files = []
    for number, template in enumerate(BURNS):
        file = tmp_path / f"{number}.yaml"
        file.write_text(book_of([template]), "utf-8")
        files.append(str(file))
    took, peaks = measured(_DRY_RUN, arguments=files)
    late = [(BURNS[n][:60], seconds) for n, (seconds, _) in enumerate(took) if seconds > SECONDS + STARTING]
    assert late == []
    assert max(len(text) for _, text in took) < 1024 * 1024
    assert max(peaks) < MEBIBYTES


def test_a_run_of_every_burning_template(tmp_path: Path) -> None:
    """All in one pass: what burns is failed, the others go out, and the pass takes no longer than what may burn."""
    began = time.monotonic()
    texts = ["{{ target.name }}", *BURNS, "{{ target.name }}"]
    ends, slow, grown, of_workers = measured(_RUN, texts, [str(tmp_path / "siege")])
    assert {(step, after) for step, _, _, after in ends if step in ("s0", f"s{len(BURNS) + 1}")} == {
        ("s0", "sent"),
        (f"s{len(BURNS) + 1}", "sent"),
    }
    assert {after for *_, after in ends} == {"sent", "failed"}
    assert len(ends) == 2 * (len(BURNS) + 2)
    assert of_workers < MEBIBYTES
    assert grown < MEBIBYTES / 3
    assert f"s{1 + next(n for n, template in enumerate(BURNS) if 'a == a' in template)}" in slow
    assert time.monotonic() - began < 15 * len(slow) * SECONDS  # the machine may be under load


def test_check_of_one_sign_or_word_repeated() -> None:
    texts = [REPEATED.replace("TEXT", (piece * SIGNS)[:SIGNS]) for piece in PIECES]
    took, peak = measured(_CHECK, texts)
    within(took, PIECES)
    assert peak < MEBIBYTES


@pytest.mark.parametrize("kind", ["bombs", "depths"])
def test_check_of_documents_that_grow(kind: str) -> None:
    named = BOMBS if kind == "bombs" else {f"{nest!r} {depth}": nest * depth for nest in NESTS for depth in DEPTHS}
    took, peak = measured(_CHECK, list(named.values()))
    within(took, list(named))
    assert all(found for _, found in took)
    assert peak < MEBIBYTES


@pytest.mark.parametrize(
    "piece", ["{{ a }}", "{{ target.nmae }}", "{{ target.name.__class__ }}", "{{ target.name == 1 }}"]
)
def test_a_text_with_thousands_of_mistakes_has_the_first_twenty(piece: str) -> None:
    began = time.process_time()
    found = load_text(BASE.replace("{{ target.name }}，六月见。", piece * 2_000)).diagnostics
    assert len([d for d in found if d.code != "SOP-R307"]) == 20
    assert time.process_time() - began < SECONDS

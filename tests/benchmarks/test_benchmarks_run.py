"""Each benchmark runs at a tiny size and gives figures; how large they are is no matter of a test."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import completions, dry_run, help_and_check, ledger, page, postgres, year
from benchmarks.__main__ import main, table
from benchmarks.material import playbook_of_lines
from benchmarks.measure import Measure, Section, in_turn, ratio
from sopengine.language.load import load


def figures(section: Section) -> dict[str, Sequence[float]]:
    assert all(len(m.values) > 0 and (min(m.values) >= 0 or m.unit == "exponent") for m in section.measures)
    assert table(section).count("\n| ") == len(section.measures) + 1
    return {m.name: m.values for m in section.measures}


def test_help_and_check() -> None:
    found = figures(help_and_check.run(turns=1, lines=60, more_lines=90))
    assert {"sopengine --help", "sopengine check, 60 lines", "load, 90 lines"} <= found.keys()


@pytest.mark.skipif(not Path("/proc").exists(), reason="memory is read from /proc")
def test_dry_run() -> None:
    found = figures(dry_run.run(turns=1, steps=2, targets=30))
    assert min(found["one item per target"]) > 0
    assert min(found["one item per step: peak memory, parent + worker"]) > 10


def test_completions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completions.shutil, "which", lambda name: None)
    found = figures(completions.run(turns=1, count=20, folders=[tmp_path]))
    assert all(min(values) > 0 for values in found.values())


@pytest.mark.skipif(not Path("/proc").exists(), reason="memory is read from /proc")
def test_ledger() -> None:
    found = figures(ledger.run(turns=1, sizes=(200, 400), pending=300, lagged=20, before=40))
    assert min(found["400 stored"]) > 0
    assert 0 < min(found["300 pending: lag, p50"]) <= min(found["300 pending: lag, p99"])


@pytest.mark.skipif(not Path("/proc").exists(), reason="memory is read from /proc")
def test_year() -> None:
    section = year.run(days=2, groups=4, steps=3, whole=10)
    found = figures(section)
    assert found["deliveries in all"] == [0.024]
    assert "2 days" in section.method
    assert {"day 2: memory of the engine", "restart after a kill, with the rest of its slot"} <= found.keys()
    assert "Then it holds: 4 sending, 24 sent." in section.method
    assert "to 124 deliveries, a year's or more" in section.method


def test_postgres_without_the_peers_it_has_not_got(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    monkeypatch.setattr(postgres, "FLUSHED", 0)
    section = postgres.run(turns=1, count=20, many=5, workers=(1,), warm_ups=0)
    found = figures(section)
    assert min(found["sopengine, 1 worker"]) > 0
    assert min(found["5 addresses: sopengine, 1 worker"]) > 0
    assert min(found["syncs 1 ms slower: sopengine, 1 worker"]) > 0
    assert section.method.endswith("Not installed, left out: Huey, DBOS, Procrastinate.")


def test_page() -> None:
    found = figures(page.run(turns=1, steps=3, groups=2))
    assert 0 < min(found["size"]) < 0.1


def test_the_made_up_playbook_has_the_size_asked_for_and_no_mistake() -> None:
    text = playbook_of_lines(300)
    assert 290 <= text.count("\n") <= 300
    loaded = load(text.encode(), "bench.yaml", lambda _: None)
    assert not loaded.diagnostics
    assert loaded.playbook is not None


def test_contenders_take_turns_and_warm_ups_do_not_count() -> None:
    seen: list[str] = []
    numbers = iter(range(100))

    def once(name: str) -> float:
        seen.append(name)
        return float(next(numbers))

    found = in_turn({"a": lambda: once("a"), "b": lambda: once("b")}, turns=2)
    assert seen == ["a", "b"] * 3
    assert found == {"a": [2.0, 4.0], "b": [3.0, 5.0]}
    assert ratio([4.0, 2.0, 9.0], [2.0, 1.0, 3.0]) == 2.0


def test_the_table_tells_least_median_greatest() -> None:
    section = Section("T", "how", [Measure("m", "ms", [3.0, 1.0, 2000.0], ratio=1.5, target="≤ 2")])
    assert table(section).splitlines()[-1] == "| m | ms | 1 | 3 | 2,000 | 1.50 × | ≤ 2 |"


def test_an_unknown_benchmark_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "everything"])
    with pytest.raises(SystemExit):
        main()

"""The dry run of many steps × many targets, planned and rendered, beside a bare Jinja loop: texts a second, memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable

from benchmarks.material import START, bare_texts, campaign
from benchmarks.measure import ROOT, Measure, Section, in_turn, peak_rss_mb, ratio

WAYS = ("bare Jinja loop", "one item per step", "one item per target")


def run(turns: int = 5, steps: int = 60, targets: int = 10_000) -> Section:
    memory: dict[str, list[float]] = {way: [] for way in WAYS}

    def rate(way: str) -> float:
        found = _in_own_process(way, steps, targets)
        memory[way].append(found["rss_mb"])
        return steps * targets / float(found["seconds"])

    rates = in_turn({way: (lambda way=way: rate(way)) for way in WAYS}, turns)
    bare = rates[WAYS[0]]
    measures = [Measure(WAYS[0], "messages/s", bare)]
    measures += [
        Measure(way, "messages/s", rates[way], ratio(rates[way], bare), "≥ 40,000, ≥ 0.5 ×") for way in WAYS[1:]
    ]
    measures += [Measure(f"{way}: peak memory, parent + worker", "MB", memory[way], target="≤ 100") for way in WAYS[1:]]
    return Section(
        "Dry run",
        f"{steps} steps × {targets:,} targets, {turns} turns after one warm-up, each in a process of its own; timed "
        "from the assembled campaign to the last item, the start of the rendering process included; memory = VmHWM.",
        measures,
    )


def _in_own_process(way: str, steps: int, targets: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.dry_run", way, str(steps), str(targets)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _once(way: str, steps: int, targets: int) -> dict[str, float]:
    if way == WAYS[0]:
        begin = time.perf_counter()
        _exhaust(bare_texts(steps, targets), steps * targets)
        return {"seconds": time.perf_counter() - begin, "rss_mb": peak_rss_mb()}
    from sopengine.messages.renderer import Renderer
    from sopengine.review.items import items
    from sopengine.review.preview import Preview

    made, document, _ = campaign(steps, targets)
    preview = Preview(made, document, {}, START, each=way == WAYS[2])
    with Renderer() as renderer:
        begin = time.perf_counter()
        _exhaust(items(preview, renderer), steps * targets if preview.each else steps)
        took = time.perf_counter() - begin
        worker = renderer.pid
        return {"seconds": took, "rss_mb": peak_rss_mb() + (peak_rss_mb(worker) if worker else 0)}


def _exhaust(found: Iterable[object], expected: int) -> None:
    count = sum(1 for _ in found)
    if count != expected:
        raise RuntimeError(f"{count} instead of {expected}")


if __name__ == "__main__":
    print(json.dumps(_once(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))

"""`python -m tests.fuzz`: documents, templates and conditions by the hundred thousand, with figures."""

from __future__ import annotations

import argparse
import platform
import resource
import sys
import time

from tests.fuzz.run import KEPT, Result, keep, run

P99 = 0.2
"""Seconds of processor time that 99 of 100 documents stay below."""


def told(what: str, result: Result, took: float) -> str:
    ms = [f"{result.at(share) * 1000:.1f}" for share in (0.5, 0.99, 0.999)]
    seconds, kind, number = result.slowest
    lines = [f"## {what.capitalize()}", ""]
    lines.append(f"{len(result.seconds):,} in {took:.0f} s, {len(result.failures)} failures.")
    lines.append(f"Processor time of one: median {ms[0]} ms, p99 {ms[1]} ms, p99.9 {ms[2]} ms, ")
    lines[-1] += f"greatest {seconds * 1000:.0f} ms ({kind}, number {number})."
    if len(result.kinds) > 1:
        lines.append("Kinds: " + ", ".join(f"{kind} {count:,}" for kind, count in result.kinds.most_common()) + ".")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    for what in ("documents", "templates", "conditions"):
        parser.add_argument(f"--{what}", type=int, default=0, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    given = parser.parse_args()
    print(f"$ python -m tests.fuzz {' '.join(sys.argv[1:])}\n\nPython {platform.python_version()}.\n", flush=True)
    bad = False
    for what in ("documents", "templates", "conditions"):
        if not (count := getattr(given, what)):
            continue
        began = time.monotonic()
        result = run(what, given.seed, count, given.jobs)
        print(told(what, result, time.monotonic() - began), flush=True)
        for failure, file in zip(result.failures, keep(result.failures, given.seed), strict=False):
            print(f"\n{file.relative_to(KEPT.parent)}: {failure.fault}\n{failure.data[:400]!r}")
        print(flush=True)
        bad |= bool(result.failures) or (what == "documents" and result.at(0.99) >= P99)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"Greatest memory of a process: {peak / 1024:.0f} MB.")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())

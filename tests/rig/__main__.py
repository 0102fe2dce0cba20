"""`python -m tests.rig COMMAND`: the big runs; each prints its seed, and ends with 1 where an invariant broke."""

from __future__ import annotations

import argparse
import random
import sys
import time


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rig")
    commands = parser.add_subparsers(dest="command", required=True)
    kill = commands.add_parser("kill", help="the daemon under random SIGKILL and SIGSTOP")
    kill.add_argument("--kills", type=int, default=100)
    kill.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked = parser.parse_args()
    begin = time.monotonic()
    code = {"kill": _kill}[asked.command](asked)
    print(f"{time.monotonic() - begin:.0f} s")
    return code


def _kill(asked: argparse.Namespace) -> int:
    from tests.rig.kill import run

    print(f"seed {asked.seed}", flush=True)
    done = run(asked.kills, asked.seed, lambda line: print(line, flush=True))
    print(f"{done.stops} of them after a SIGSTOP past the lease, {done.splits} with a second daemon beside it")
    print(f"{done.requests} requests, {done.acted} acted on; deliveries: {dict(done.states)}")
    return _told(done.breaches)


def _told(breaches: list[str]) -> int:
    for breach in breaches:
        print(f"BROKEN {breach}")
    print("broken" if breaches else "every invariant held")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())

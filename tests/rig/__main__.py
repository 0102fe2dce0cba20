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
    kill.add_argument("--at-once", type=int, default=2, help="campaigns of 50 kills at the same time")
    kill.add_argument("--seed", type=int, default=random.randrange(10**6))
    crew = commands.add_parser("crew", help="the same on PostgreSQL: four daemons, and a server that crashes")
    crew.add_argument("--kills", type=int, default=300)
    crew.add_argument("--at-once", type=int, default=2)
    crew.add_argument("--seed", type=int, default=random.randrange(10**6))
    crew.add_argument("--crash", type=float, nargs=2, default=(5, 40), metavar="SECONDS", help="between crashes")
    points = commands.add_parser("failpoints", help="the end of the process at every named place")
    points.add_argument("--every", action="store_true", help="at every commit of a pass, not only the first and last")
    histories = commands.add_parser("histories", help="simulated histories of jumps, stops and pauses")
    histories.add_argument("--count", type=int, default=300)
    histories.add_argument("--seed", type=int, default=random.randrange(10**6))
    commands.add_parser("planted", help="known faults, planted one by one: each has to be found")
    faketime = commands.add_parser("faketime", help="jumps of the system's own clock, under Debian's libfaketime")
    faketime.add_argument("--count", type=int, default=20)
    faketime.add_argument("--seed", type=int, default=random.randrange(10**6))
    share = commands.add_parser("share", help="several workers on PostgreSQL, all due at once")
    share.add_argument("--deliveries", type=int, default=100_000)
    share.add_argument("--workers", type=int, default=4)
    share.add_argument("--null", action="store_true", help="a channel that takes everything at once; fsync on")
    crowd = commands.add_parser("robots", help="four workers, robots of 20 a minute; one is killed, one stopped")
    crowd.add_argument("--robots", type=int, default=100)
    crowd.add_argument("--each", type=int, default=60)
    asked = parser.parse_args()
    begin = time.monotonic()
    code = {
        "kill": _kill,
        "crew": _crew,
        "failpoints": _failpoints,
        "histories": _histories,
        "planted": _planted,
        "faketime": _faketime,
        "share": _share,
        "robots": _robots,
    }[asked.command](asked)
    print(f"{time.monotonic() - begin:.0f} s")
    return code


def _kill(asked: argparse.Namespace) -> int:
    from tests.rig.kill import run

    print(f"seed {asked.seed}", flush=True)
    done = run(asked.kills, asked.seed, asked.at_once, lambda line: print(line, flush=True))
    print(f"{done.stops} of them after a SIGSTOP past the lease, {done.splits} with a second daemon beside it")
    print(f"{done.requests} requests, {done.acted} acted on; deliveries: {dict(done.states)}")
    return _told(done.breaches)


def _crew(asked: argparse.Namespace) -> int:
    from tests.rig.crew import run

    print(f"seed {asked.seed}", flush=True)
    crashes = (asked.crash[0], asked.crash[1])
    done = run(asked.kills, asked.seed, asked.at_once, crashes, lambda line: print(line, flush=True))
    print(f"{done.stops} stopped past the lease; four daemons at once")
    print(f"{done.requests} requests, {done.acted} acted on; deliveries: {dict(done.states)}")
    return _told(done.breaches)


def _failpoints(asked: argparse.Namespace) -> int:
    from tests.rig.failpoints import run, table

    seen = []
    for one in run(every=asked.every):
        seen.append(one)
        if one.breaches:
            print(f"{one.case}: broken", flush=True)
    print(f"{len(seen)} cases")
    for line in table(seen):
        print(line)
    return _told([f"{one.case}: {breach}" for one in seen for breach in one.breaches])


def _histories(asked: argparse.Namespace) -> int:
    from tests.rig.histories import run

    print(f"seed {asked.seed}", flush=True)
    done = run(asked.count, asked.seed, lambda line: print(line, flush=True))
    print(f"{done.histories} histories, {done.passes} passes, {done.deaths} ends of the process, ", end="")
    print(f"{done.jumps_forward} jumps forward, {done.jumps_back} back, {done.pauses} pauses")
    print(f"{done.received} requests; deliveries: {dict(done.states)}")
    return _told(done.breaches)


def _planted(asked: argparse.Namespace) -> int:
    from tests.rig.planted import PLANTS, run

    caught = 0
    for found in run():
        caught += bool(found.breaches) and not found.control
        print(f"planted: {found.fault}")
        for breach in found.control:
            print(f"  BROKEN without the fault too: {breach}")
        print(f"  {len(found.breaches)} breaches, the first: {found.breaches[0]}" if found.breaches else "  not found")
        sys.stdout.flush()
    print(f"{caught} of {len(PLANTS)} found, and each scene holds without its fault")
    return 0 if caught == len(PLANTS) else 1


def _faketime(asked: argparse.Namespace) -> int:
    from tests.rig.faketime import library, run

    preload = library()
    if preload is None:
        print("libfaketime is not installed (Debian: apt install libfaketime)")
        return 2
    histories = list(run(asked.count, asked.seed, preload))
    found = [breach for _, history in histories for breach in history]
    requests = sum(number for number, _ in histories)
    print(f"seed {asked.seed}: {asked.count} histories on the system's own clock, {requests} requests")
    return _told(found)


def _share(asked: argparse.Namespace) -> int:
    from tests.rig.share import everything

    settings = {"fsync": "on"} if asked.null else {}
    done = everything(asked.deliveries, asked.workers, null=asked.null, **settings)
    print(f"{asked.deliveries} deliveries, {asked.workers} workers, {done.received} requests")
    print(f"claimed by each: {sorted(done.claims.values())}; deliveries: {dict(done.states)}")
    print(f"{done.seconds:.1f} s from the first claim, {asked.deliveries / done.seconds:.0f} a second")
    return _told(done.breaches)


def _robots(asked: argparse.Namespace) -> int:
    from tests.rig.share import robots

    done = robots(asked.robots, asked.each)
    print(f"{asked.robots * asked.each} deliveries on {asked.robots} robots, {done.received} requests")
    print(f"claimed by each: {sorted(done.claims.values())}; deliveries: {dict(done.states)}")
    print(f"at most {done.most_in_window} of one robot in any 60 s")
    print(f"the killed worker held {done.killed}; {done.refused} of the stopped one's were sent by others, by it none")
    return _told(done.breaches)


def _told(breaches: list[str]) -> int:
    for breach in breaches:
        print(f"BROKEN {breach}")
    print("broken" if breaches else "every invariant held")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())

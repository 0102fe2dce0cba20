"""The rig's commands at a size for every change; docs/reliability.md has the figures of the big runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.planted import PLANTS, played

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the rig forks")


def rig(*arguments: str) -> str:
    """What the command printed; it has to end well."""
    command = [sys.executable, "-m", "tests.rig", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def kills(printed: str) -> int:
    """How many there were: of a round with two daemons both are killed, so there may be some more than asked for."""
    return max(int(number) for number in re.findall(r"(\d+) kills", printed))


def test_a_hundred_kills() -> None:
    printed = rig("kill", "--kills", "100", "--seed", "4")
    assert kills(printed) >= 100
    assert "every invariant held" in printed


def test_the_end_of_the_process_at_every_place() -> None:
    printed = rig("failpoints")
    for place in ("before_claim", "after_claim", "before_send", "after_send", "before_commit", "after_commit"):
        for kind in ("robot", "keyed", "plain", "outbox", "people"):
            assert f"{place:14} {kind:7}" in printed
    assert "every invariant held" in printed


def test_histories() -> None:
    printed = rig("histories", "--count", "20", "--seed", "20261")
    assert "20 histories" in printed
    assert "'sent'" in printed
    assert "every invariant held" in printed


@pytest.mark.parametrize(
    "number", range(len(PLANTS)), ids=[f"{plant.fault.__name__}-{plant.scene.__name__}" for plant in PLANTS]
)
def test_a_planted_fault_is_found(number: int) -> None:
    """`python -m tests.rig planted` also shows that each scene holds without its fault."""
    assert played(number, planted=True)


def test_four_workers_share_what_is_due() -> None:
    printed = rig("share", "--deliveries", "600")
    assert "600 deliveries, 4 workers, 600 requests" in printed
    assert "every invariant held" in printed


def test_a_worker_that_was_stopped_past_its_lease_sends_nothing_that_others_took() -> None:
    printed = rig("robots", "--robots", "5", "--each", "25")
    assert "by it none" in printed
    assert "every invariant held" in printed


def test_kills_among_four_daemons_on_a_server_that_crashes() -> None:
    printed = rig("crew", "--kills", "8", "--seed", "3", "--crash", "2", "5")
    assert kills(printed) >= 8
    assert "every invariant held" in printed

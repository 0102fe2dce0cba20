"""The domain's rows as playbooks (tests/cases/ok/domain-*): each is planned and rendered whole by the dry run."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.language.load import load
from sopengine.language.model import Send, Task
from tests.acceptance.conftest import Cli

WINDOW = ("--now", "2026-05-20T09:00", "--from", "2026-05-20", "--until", "2026-10-20")
EXPECTED = {"SOP-D603", "SOP-R323"}
"""Samples in place of data, and another playbook that does not lie beside the case."""
CASES = sorted((Path(__file__).resolve().parents[1] / "cases/ok").glob("domain-*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_every_step_is_shown_with_its_text(cli: Cli, path: Path) -> None:
    shown = cli("dry-run", str(path), *WINDOW, "--json").ok().json()
    found = {d["code"] for d in shown["diagnostics"]} - EXPECTED
    assert found == set()
    playbook = load(path.read_bytes(), str(path), lambda _: None).playbook
    assert playbook is not None
    says = {
        step.id for step in playbook.steps() if any(isinstance(arm.action, Send | Task) for _, arm in step.all_arms())
    }
    assert says
    texts: dict[str, list[str]] = {step: [] for step in says}
    for item in shown["items"]:
        texts.setdefault(item["id"], []).append(item["text"])
    assert {step for step, said in texts.items() if not said or not all(said)} == set()

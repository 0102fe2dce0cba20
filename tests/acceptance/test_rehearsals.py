"""Every rehearsal of the sample workspace ends as it says, and one that expects something else tells what there was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sopengine.resources import resource
from tests.acceptance.conftest import Cli

REHEARSALS = sorted(path.name for path in resource("rehearsals").iterdir())
PLAYBOOKS = sorted(path.name for path in resource("playbooks").glob("*.yaml"))


@pytest.mark.parametrize("name", REHEARSALS)
def test_it_ends_as_expected(cli: Cli, workspace: Path, name: str) -> None:
    cli("check", f"rehearsals/{name}").ok()
    done = cli("rehearse", f"rehearsals/{name}", "--json").ok().json()["rehearsals"]
    assert [one["met"] for one in done] == [True]
    assert not (workspace / "sopengine.db").exists(), "nothing of the workspace is touched"
    assert not (workspace / "outbox.jsonl").exists()


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_playbook_is_rehearsed(playbook: str) -> None:
    texts = [(resource("rehearsals") / name).read_text("utf-8") for name in REHEARSALS]
    assert any(f"playbook: ../playbooks/{playbook}" in text for text in texts)


def test_what_is_not_as_expected_is_shown_with_its_place(cli: Cli, workspace: Path) -> None:
    name = "rehearsals/tea-week-first.yaml"
    text = (workspace / name).read_text("utf-8")
    changed = text.replace("at: 2026-06-02 15:00", "at: 2026-06-02 15:30")
    line = changed[: changed.index("15:30")].count("\n") + 1
    (workspace / name).write_text(changed, "utf-8")
    done = cli("rehearse", name)
    assert done.code == 1
    assert f"× {line}: coupon-preview" in done.out
    assert "sent 2026-06-02 15:00" in done.out
    told = json.loads(cli("rehearse", name, "--json").out)["rehearsals"][0]["expectations"]
    assert [(one["step"], one["line"]) for one in told if not one["met"]] == [("coupon-preview", line)]


@pytest.mark.parametrize(
    ("was", "instead", "code"),
    [
        ("step: coupon-preview", "step: coupon-preveiw", "SOP-R304"),
        ("playbook: ../playbooks/tea-week.yaml", "playbook: ../playbooks/tea-weak.yaml", "SOP-R308"),
        ("until: 2026-06-07 23:00", "until: 2026-06-04 23:00", "SOP-S251"),
        ("start: 2026-06-01 08:00", "start: 2026-06-31 08:00", "SOP-S212"),
        ("expect:", "happens:\n  - {at: 2026-06-02 10:00, event: order.paid, down: 2h}\nexpect:", "SOP-S201"),
        ("expect:", "happens:\n  - {at: 2026-06-02 10:00, event: order.payd, subject: a}\nexpect:", "SOP-R312"),
        ("expect:", "happens:\n  - {at: 2026-06-02 10:00, down: 2 hrs}\nexpect:", "SOP-S210"),
        ("title:", "titel:", "SOP-S204"),
    ],
)
def test_mistakes_are_found_by_check(cli: Cli, workspace: Path, was: str, instead: str, code: str) -> None:
    path = workspace / "rehearsals/tea-week-first.yaml"
    text = path.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, instead, 1), "utf-8")
    done = cli("check", "rehearsals/tea-week-first.yaml", "--json")
    assert done.code == 1
    assert code in {found["code"] for found in done.json()["diagnostics"]}


def test_a_deed_that_cannot_be_done_is_told(cli: Cli, workspace: Path) -> None:
    path = workspace / "rehearsals/scripts-tasks.yaml"
    path.write_text(path.read_text("utf-8").replace("2026-06-13 15:00, done", "2026-06-12 15:00, done"), "utf-8")
    done = cli("rehearse", "rehearsals/scripts-tasks.yaml")
    assert done.code == 1
    assert "train" in done.err


def test_only_rehearsals_are_rehearsed(cli: Cli, workspace: Path) -> None:
    assert cli("rehearse", "playbooks/tea-week.yaml").code == 2

"""Every rehearsal of the sample workspace ends as it says, and one that expects something else tells what there was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sopengine.resources import resource
from tests.acceptance.conftest import Cli
from tests.support.crowd import smaller_crowd

REHEARSALS = sorted(path.name for path in resource("rehearsals").glob("*.yaml"))
PLAYBOOKS = sorted(path.name for path in resource("playbooks").glob("*.yaml"))


@pytest.fixture
def small(workspace: Path) -> None:
    smaller_crowd(workspace / "rehearsals/welcome-crowd.yaml")


@pytest.mark.parametrize("name", REHEARSALS)
def test_it_ends_as_expected(cli: Cli, workspace: Path, small: None, name: str) -> None:
    cli("check", f"rehearsals/{name}").ok()
    done = cli("rehearse", f"rehearsals/{name}", "--json").ok().json()["rehearsals"]
    assert [one["met"] for one in done] == [True]
    assert not (workspace / "sopengine.db").exists(), "nothing of the workspace is touched"
    assert not (workspace / "outbox.jsonl").exists()


def test_the_playbooks_written_for_rehearsals_have_no_findings(cli: Cli, workspace: Path) -> None:
    assert cli("check", "rehearsals/playbooks", "--json").ok().json()["diagnostics"] == []


@pytest.mark.parametrize(
    ("name", "was", "instead"),
    [
        ("welcome-crowd", "times: 1000}", "times: 999}"),
        ("welcome-crowd", "给 a-1；06-12 10:01:00 已发", "给 a-1；06-12 10:02:00 已发"),
        ("coupon-used", "06-04 12:00:00 撤回", "06-04 12:01:00 撤回"),
        ("stock-count-late", "why: 周敏 → 小杜", "why: 周敏 → 何川"),
        ("price-words-edited", "text: 8.9 元", "text: 9.9 元"),
        ("gap-and-cap", "at: 2026-06-10 09:15, times", "at: 2026-06-10 09:10, times"),
    ],
)
def test_a_wrong_expectation_is_found_and_what_there_was_is_told(
    cli: Cli, workspace: Path, small: None, name: str, was: str, instead: str
) -> None:
    path = workspace / f"rehearsals/{name}.yaml"
    text = path.read_text("utf-8")
    assert text.count(was) == 1
    path.write_text(text.replace(was, instead), "utf-8")
    line = text[: text.index(was)].count("\n") + 1
    done = cli("rehearse", f"rehearsals/{name}.yaml")
    assert done.code == 1
    assert f"× {line}: " in done.out
    assert "there was:" in done.out or "why:" in done.out


def test_a_kept_ledger_answers_why(cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("rehearse", "rehearsals/gap-and-cap.yaml", "--keep", "kept.db").ok()
    monkeypatch.setenv("SOPENGINE_DATABASE", "sqlite:///kept.db")
    said = cli("why", "last-call", "--target", "g-core-east", "--lang", "zh").ok().out
    assert "每个对象每天最多 3 条（名额用在 meet-sale/sale, meet-morning/good-morning, meet-morning/noon）" in said
    again = cli("rehearse", "rehearsals/gap-and-cap.yaml", "--keep", "kept.db")
    assert again.code == 2
    assert "exists" in again.err


REST = """
rehearsal: rest
playbook: ../playbooks/summer-festival.yaml
inputs: {opening: 2026-06-18}
start: 2026-06-01 09:00
until: 2026-06-20 12:00
happens:
"""


def test_what_people_do_to_a_running_campaign(cli: Cli, workspace: Path) -> None:
    """A slip, a step left out, what is in doubt settled, a new version; each as the command of that name does it."""
    book = (workspace / "playbooks/summer-festival.yaml").read_text("utf-8")
    (workspace / "playbooks/edited.yaml").write_text(book.replace("title: ", "title: 新版", 1), "utf-8")
    (workspace / "rehearsals/rest.yaml").write_text(
        REST
        + """\
  - {at: 2026-06-03 09:00, slip: opening, to: +1d, reason: 场地晚一天}
  - {at: 2026-06-03 10:00, skip: clue, target: g-donghu-1, reason: 这个群问过了}
  - {at: 2026-06-05 18:00, channel: file, answers: unknown, for: 3h}
  - {at: 2026-06-06 08:00, resolve: teaser, target: g-donghu-1, as: sent, reason: 群里看到了}
  - {at: 2026-06-06 08:30, upgrade: ../playbooks/edited.yaml, reason: 换标题}
  - {at: 2026-06-12 09:00, stop: 不办了}
expect:
  - {step: teaser, target: g-donghu-1, state: sent, why: 群里看到了}
  - {step: teaser, target: g-donghu-2, state: unknown}
  - {step: clue, target: g-donghu-1, state: skipped, reason: 这个群问过了}
  - {step: clue, target: g-donghu-2, state: sent, times: 2}
""",
        "utf-8",
    )
    cli("check", "rehearsals/rest.yaml").ok()
    done = cli("rehearse", "rehearsals/rest.yaml")
    assert done.code == 0, done.out + done.err


@pytest.mark.parametrize(
    ("deed", "says"),
    [
        ("slip: opening, to: 9 days", "9 days"),
        ("resolve: teaser, as: sent, reason: a", "nothing that is unknown"),
        ("ack: train", "no task"),
        ("hand_over: 谁, to: 小杜", "no tasks"),
        ("approve: all, by: 林岚", "no words that wait"),
        ("upgrade: ../playbooks/tea-week.yaml", "another playbook"),
        ("patch_copy: ../playbooks/tea-week.yaml", "more than words"),
    ],
)
def test_deeds_that_cannot_be_done(cli: Cli, workspace: Path, deed: str, says: str) -> None:
    text = REST + f"  - {{at: 2026-06-03 09:00, {deed}}}\nexpect: [{{step: teaser, state: sent}}]\n"
    (workspace / "rehearsals/rest.yaml").write_text(text, "utf-8")
    done = cli("rehearse", "rehearsals/rest.yaml")
    assert done.code != 0
    assert says in done.err


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
        ("expect:", "happens:\n  - {at: 2026-06-02 10:00, slip: openning, to: +1d}\nexpect:", "SOP-R304"),
        ("expect:", "happens:\n  - {at: 2026-06-02 10:00, upgrade: gone.yaml}\nexpect:", "SOP-R308"),
        ("expect:", "happens:\n  - {at: 2026-06-02 10:00, approve: hello}\nexpect:", "SOP-S201"),
        ("expect:", "happens:\n  - {at: 2026-06-02 10:00, ack: helo}\nexpect:", "SOP-R304"),
        (
            "expect:",
            "happens:\n  - {at: 2026-06-02 10:00, event: order.paid, subject: a, times: 3}\nexpect:",
            "SOP-S201",
        ),
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

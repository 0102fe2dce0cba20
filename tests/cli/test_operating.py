"""The commands of daily work with wrong and odd arguments: one line that helps, an exit code, never a traceback."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sopengine.cli.main import run
from sopengine.store.rows import EventRow
from sopengine.store.store import open_store
from tests.support.house import TOML

BOOK = """
playbook: p
title: P
timezone: Asia/Shanghai
inputs: {opening: {type: date}}
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {a: 'A {{ target.name }}'}
phases:
  only:
    title: Only
    from: opening
    until: opening + 2d
    steps:
      - {id: a, on: day 1, at: 10:00, to: groups, send: a%s}
"""
START = ["start", "book.yaml", "--set", "opening=2026-03-02", "--now", "2026-03-01T08:00"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SOPENGINE_DEBUG", "SOPENGINE_LANG", "SOPENGINE_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sopengine.toml").write_text(TOML, "utf-8")
    (tmp_path / "groups.csv").write_text("id,name\neast,East\n", "utf-8")
    (tmp_path / "stores.csv").write_text("id,name,manager\n", "utf-8")
    (tmp_path / "book.yaml").write_text(BOOK % "", "utf-8")
    return tmp_path


WRONG = [
    ["start", "nosuch.yaml"],
    ["start", "book.yaml"],
    ["start", "book.yaml", "--set", "opening=2026-02-30"],
    ["start", "book.yaml", "--set", "opening"],
    [*START, "--key", "a\x1b[31m\nb"],
    [*START, "--key", "two words"],
    ["start", "book.yaml", "--set", "opening=2026-03-02", "--now", "0001-01-01T00:00"],
    ["start", "book.yaml", "--set", "opening=2026-03-02", "--now", "2026-03-02T12:00"],
    [*START, "--audience", "groups=nosuch.csv"],
    ["status", "nosuch"],
    ["status", "\x1b[31m"],
    ["status", "--now", "9999-12-31T23:59"],
    ["status", "--now", "0001-01-01T00:00:00+14:00"],
    ["log", "--since", "0001-01-01"],
    ["log", "--state", "nosuch"],
    ["pause"],
    ["pause", "p", "--all"],
    ["pause", "nosuch"],
    ["pause", "--channel", "nosuch"],
    ["resume"],
    ["resume", "nosuch"],
    ["task", "done", "99999999999999999999999"],
    ["task", "done", "0"],
    ["task", "done", "one"],
    ["task", "list", "--campaign", "nosuch"],
    ["event", "member.joined"],
    ["event", "member.joined", "--subject", " "],
    ["event", "member.joind", "--subject", "east"],
    ["event", "member.joined", "--subject", "east", "--data", "nothing"],
    ["event", "member.joined", "--subject", "east", "--data", "name=1", "--data", "name=2"],
    ["event", "member.joined", "--subject", "east", "--data", "nam=Lin"],
    ["event", "member.joined", "--subject", "east", "--data", "members=m1"],
    ["tick", "--now", "tomorrow"],
    ["run", "--until", "2026-03-02"],
    ["run", "--now", "2026-03-02", "--until", "2026-03-01"],
    ["status", "--workspace", "nosuch"],
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("words", WRONG, ids=lambda words: " ".join(words).encode("unicode_escape").decode())
def test_a_wrong_command_ends_in_one_plain_line_in_the_users_language(
    words: list[str], lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(START) == 0
    capsys.readouterr()
    code = run([*words, "--lang", lang])
    shown = capsys.readouterr()
    assert code in (1, 2), shown
    assert shown.out == ""
    label = {"zh": "错误：", "en": "error: "}[lang]
    assert len([line for line in shown.err.splitlines() if line.startswith(label)]) == 1
    assert "Traceback" not in shown.err
    assert "Error" not in shown.err, "no name of a Python exception"
    assert "\x1b" not in shown.err


@pytest.mark.parametrize("words", [w for w in WRONG if w[0] in ("start", "status", "event", "tick")], ids=" ".join)
def test_with_json_a_failure_is_exactly_one_document(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(START) == 0
    capsys.readouterr()
    code = run([*words, "--json"])
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert document["error"]["exit_code"] == code != 0
    assert document["error"]["message"]


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    code = run([*words, "--lang", "en"])
    shown = capsys.readouterr()
    assert code == 0, shown
    return shown.out + shown.err


def test_pause_and_resume_say_when_there_was_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    told(START, capsys)
    now = ["--now", "2026-03-01T09:00"]
    assert "not paused" in told(["resume", "p", *now], capsys)
    assert "paused p" in told(["pause", "p", *now], capsys)
    assert "before" in told(["pause", "p", *now], capsys)
    told(["pause", "--channel", "file", *now], capsys)
    preview = told(["resume", "p", "--preview", "--now", "2026-03-02T10:10"], capsys)
    assert "1 will run at once; 0 will be skipped; 0 are too late" in preview
    assert "0 will run at once; 0 will be skipped; 1 are too late" in told(
        ["resume", "p", "--preview", "--now", "2026-03-02T11:00"], capsys
    )
    resumed = told(["resume", "p", *now], capsys)
    assert "resumed p" in resumed
    assert "still paused: file" in resumed


def test_resuming_a_campaign_lets_the_messages_go_that_one_of_its_steps_held_back(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_stop = (BOOK % "").replace(
        "    steps:\n", "    steps:\n      - {id: stop, on: day 1, at: 09:00, pause: sends}\n"
    )
    (place / "book.yaml").write_text(with_stop, "utf-8")
    told(START, capsys)
    told(["tick", "--now", "2026-03-02T09:00"], capsys)
    told(["tick", "--now", "2026-03-02T10:00"], capsys)
    assert not (place / "outbox.jsonl").exists()
    resumed = told(["resume", "p", "--now", "2026-03-02T10:05"], capsys)
    assert "1 will run at once; 0 will be skipped; 0 are too late" in resumed
    assert "still paused" not in resumed
    told(["tick", "--now", "2026-03-02T10:05"], capsys)
    assert "A East" in (place / "outbox.jsonl").read_text("utf-8")


def test_an_ended_campaign_cannot_be_paused(capsys: pytest.CaptureFixture[str]) -> None:
    told(START, capsys)
    told(["run", "--now", "2026-03-01T08:00"], capsys)
    assert run(["pause", "p", "--lang", "en"]) == 2
    assert "has ended" in capsys.readouterr().err


def test_what_strangers_wrote_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    told(START, capsys)
    wrong = run(["event", "member.joined", "--subject", "x\x1b[2J\ny", "--data", "name=\x07", "--lang", "en"])
    assert wrong == 2
    assert "control character" in capsys.readouterr().err
    with open_store("sqlite:///sop.db") as store:  # as an earlier version took it
        store.add_event(EventRow("member.joined", "x\x1b[2J\ny", {"name": "\x07"}, datetime(2026, 3, 1, tzinfo=UTC)))
    shown = told(["log", "--all"], capsys)
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == len(set(shown.splitlines())) == 2
    assert "nothing in the log matches" in told(["log", "--step", "nosuch"], capsys)


def test_the_same_playbook_runs_again_only_under_another_key(capsys: pytest.CaptureFixture[str]) -> None:
    told(START, capsys)
    assert run([*START, "--lang", "en"]) == 1
    assert "--key" in capsys.readouterr().err
    assert "Started p-二场" in told([*START, "--key", "二场"], capsys)


REFUSED = {
    "unbuilt": (BOOK % ", approve: true", TOML, "approve"),
    "no data": (BOOK % "", TOML.replace("[sources.groups]", "[sources.others]"), "no data for source groups"),
    "no channel": (BOOK % ", via: nosuch", TOML, "nosuch"),
    "bad zone": (
        (BOOK % "").replace("source: groups,", "source: groups, zone: target.name,"),
        TOML,
        "There is no time zone `East`",
    ),
    "no secret": (
        BOOK % ", via: robot",
        TOML + '[channels.robot]\nkind = "wecom-robot"\nsecret = "NOWHERE"\n',
        "NOWHERE",
    ),
    "not asked": (
        BOOK % ", via: hook",
        TOML + '[channels.hook]\nkind = "webhook"\nurl = "https://example.com/in"\nsecret = "HOOK"\n',
        "1 messages to 1 targets",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_carried_out_is_not_started(
    case: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    book, toml, reason = REFUSED[case]
    (place / "book.yaml").write_text(book, "utf-8")
    (place / "sopengine.toml").write_text(toml, "utf-8")
    monkeypatch.setenv("SOPENGINE_SECRET_HOOK", "0123456789abcdef0123456789abcdef")
    code = run([*START, "--lang", "en"])
    shown = capsys.readouterr()
    assert code in (1, 2), shown
    assert reason in shown.err
    run(["status", "--json"])
    listed = json.loads(capsys.readouterr().out)
    assert listed.get("campaigns", []) == []

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from sopengine.cli.files import Files, playbook_files, read_playbook
from sopengine.cli.main import run
from sopengine.errors import UsageError
from sopengine.resources import resource

GOOD = """\
playbook: small
title: 小活动
timezone: Asia/Shanghai
audiences:
  groups:
    source: groups
    sample: {name: 东湖店会员群}
phases:
  only:
    title: 唯一阶段
    from: 2126-06-01
    until: 2126-06-05
    steps:
      - id: hello
        on: day 1
        at: 10:00
        to: groups
        send: {text: "大家好，{{ target.name }}。"}
"""
WORKSPACE = 'default_channel = "console"\nlanguage = "zh"\n[sources.groups]\npath = "groups.csv"\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("SOPENGINE_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    (tmp_path / "small.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_a_good_playbook_passes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "small.yaml"]) == 0
    assert capsys.readouterr().out.startswith("Checked 1 file: errors 0  warnings 0  in ")


def test_a_mistake_is_shown_with_its_place_and_exits_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "small.yaml").write_text(
        GOOD.replace("        to: groups", "        colour: red\n        to: groups"), encoding="utf-8"
    )
    assert run(["--lang", "zh", "check", "small.yaml"]) == 1
    shown = capsys.readouterr().out
    assert "  --> small.yaml:17:9" in shown
    assert "  17 |         colour: red\n     |         ^^^^^^\n" in shown
    assert run(["check", "small.yaml", "--format", "concise"]) == 1
    assert capsys.readouterr().out.startswith("small.yaml:17:9: error[SOP-S204] ")


@pytest.mark.parametrize("flags", [["--json"], ["--format", "json"]])
def test_json_is_one_document_of_its_schema(here: Path, flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bad.yaml").write_text("playbook: bad\ntitle: {{ x }}\n", encoding="utf-8")
    assert run(["check", ".", *flags]) == 1
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((resource("schemas") / "check.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft7Validator)
    assert {d["file"] for d in document["diagnostics"]} == {"bad.yaml"}


def test_the_workspace_is_checked_with_it_and_sets_the_language(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "sopengine.toml").write_text(WORKSPACE, encoding="utf-8")
    (here / "groups.csv").write_text("id,name\ng1,东湖\ng1,西湖\n", encoding="utf-8")
    assert run(["check", "small.yaml", "--format", "concise"]) == 1
    shown = capsys.readouterr().out
    assert "groups.csv:3:" in shown
    assert "SOP-S214" in shown
    assert "检查了 1 个文件" in shown


def test_sources_and_channels_the_workspace_does_not_have(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "sopengine.toml").write_text(WORKSPACE.replace("sources.groups", "sources.group"), encoding="utf-8")
    (here / "groups.csv").write_text("id,name\ng1,东湖\n", encoding="utf-8")
    (here / "small.yaml").write_text(GOOD.replace("to: groups", "to: groups\n        via: consle"), encoding="utf-8")
    assert run(["check", "small.yaml", "--format", "concise", "--lang", "en"]) == 1
    shown = capsys.readouterr().out
    assert "small.yaml:6:13: warning[SOP-R306] the workspace has no source groups, did you mean group?" in shown
    assert "small.yaml:18:14: error[SOP-D604] the workspace has no channel consle, did you mean console?" in shown


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\xff\xfe", "剧本".encode("gb18030"), b"[" * 100_000, b"a: &a [*a]"]
)
def test_any_bytes_end_in_findings(here: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "small.yaml").write_bytes(content)
    assert run(["check", "small.yaml"]) == 1
    out, err = capsys.readouterr()
    assert "error[SOP-" in out
    assert not err


def test_paths_that_are_not_there_are_usage_errors(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "empty").mkdir()
    for path in ("nope.yaml", "empty", "\x00"):
        assert run(["check", path]) == 2, path
        assert capsys.readouterr().err.count("Traceback") == 0
    if hasattr(os, "mkfifo"):
        os.mkfifo(here / "pipe.yaml")
        with pytest.raises(UsageError):
            read_playbook(here / "pipe.yaml")


def test_folders_give_their_playbooks_once_in_order(here: Path) -> None:
    for name in ("b.yml", "a.yaml", ".hidden.yaml", "deep/c.yaml", ".git/d.yaml", "notes.txt"):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text("")
    found = playbook_files([Path("small.yaml"), Path()])
    assert [path.as_posix() for path in found] == ["small.yaml", "a.yaml", "b.yml", "deep/c.yaml"]


def test_a_playbook_reads_only_beneath_its_own_folder(here: Path) -> None:
    (here / "books").mkdir()
    (here / "secret.txt").write_text("secret")
    (here / "books" / "text.md").write_text("好", encoding="utf-8")
    (here / "books" / "link.md").symlink_to(here / "secret.txt")
    files = Files(here / "books")
    assert files("text.md") == "好".encode()
    outside = ("../secret.txt", "link.md", str(here / "secret.txt"), "nope.md", "a\x00b", "../books/../secret.txt")
    assert [files(name) for name in outside] == [None] * len(outside)
    assert files.read == {"text.md": "好".encode()}


BOARDS = """
playbook: p
title: P
timezone: Asia/Shanghai
metrics:
  churn: {source: boards}
  stock: {source: bord}
  by_hand: {source: manual}
  share: {source: boards}
"""


def test_the_boards_of_metrics_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sopengine.toml").write_text('[sources.boards]\npath = "boards.csv"\n', "utf-8")
    (tmp_path / "boards.csv").write_text("id,date,churn\n1,2026-03-01,0.05\n2,last week,0.06\n", "utf-8")
    (tmp_path / "p.yaml").write_text(BOARDS, "utf-8")
    run(["check", "p.yaml", "--format", "concise", "--lang", "en"])
    shown = capsys.readouterr().out
    assert "p.yaml:7:19: warning[SOP-R306] the workspace has no source bord, did you mean boards?" in shown
    assert "p.yaml:9:19: error[SOP-R314] source boards has no column share, nor `value`" in shown
    assert "error[SOP-S213] source boards, 2: last week is not a date; the row is passed over" in shown
    assert "manual" not in shown


NARROW = 'default_channel = "out"\n[channels.out]\nkind = "console"\nmax_bytes = {{text = {}}}\n'
LISTED = '[sources.groups]\npath = "groups.csv"\n'


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("大家好，明天见。", 24),
        ("大家好，{{ target.name }}。", 15 + 18),  # the longest row of the list
        ("大家好，{{ target.name | upper }}。", 15),
        ("大家好{% if target.name == '东湖' %}，请坐{% endif %}。", 12),
        ("{# 给店长看的 #}大家好", 9),
    ],
)
def test_bytes_that_every_reader_gets_are_counted_without_rendering(
    text: str, least: int, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "groups.csv").write_text("id,name\ng1,东湖\ng2,西湖店会员群\n", encoding="utf-8")
    (here / "small.yaml").write_text(GOOD.replace("大家好，{{ target.name }}。", text), encoding="utf-8")
    (here / "sopengine.toml").write_text(NARROW.format(least) + LISTED, encoding="utf-8")
    assert run(["check", "small.yaml"]) == 0
    (here / "sopengine.toml").write_text(NARROW.format(least - 1) + LISTED, encoding="utf-8")
    capsys.readouterr()
    assert run(["check", "small.yaml", "--format", "concise"]) == 1
    assert f"SOP-D601] the text of step hello has at least {least} bytes, channel out takes" in capsys.readouterr().out


WELCOME = """\
welcome:
  on_event: member.joined
  collect: 60s
  steps:
    - {id: coupon, after: 1d, at: 10:00, to: member, send: {text: 你的新人券到了}}
"""
ROBOT = 'default_channel = "robot"\n[channels.robot]\nkind = "wecom-robot"\nsecret = "R"\n' + LISTED
PEOPLE = "  people:\n    source: members\n    via: by-hand\nphases:"


@pytest.mark.parametrize(
    ("book", "workspace", "refused"),
    [
        (GOOD + WELCOME, ROBOT, True),
        (GOOD + WELCOME.replace("send:", "via: manual, send:"), ROBOT, False),
        (GOOD + WELCOME, ROBOT.replace('default_channel = "robot"', 'default_channel = "console"'), False),
        (GOOD + WELCOME.replace("to: member", "to: target"), ROBOT, False),
        (GOOD.replace("phases:", PEOPLE) + WELCOME, ROBOT + '[channels.by-hand]\nkind = "manual"\n', False),
        (GOOD.replace("phases:", PEOPLE.replace("by-hand", "robot")) + WELCOME, ROBOT, True),
    ],
)
def test_what_is_for_one_member_does_not_go_through_the_robot_of_a_group(
    book: str,
    workspace: str,
    refused: bool,
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOPENGINE_SECRET_R", "no-such-robot")
    (here / "groups.csv").write_text("id,name\ng1,东湖\n", encoding="utf-8")
    (here / "members.csv").write_text("id,name\nm1,小林\n", encoding="utf-8")
    (here / "small.yaml").write_text(book, encoding="utf-8")
    lists = '[sources.members]\npath = "members.csv"\n' if "members" in book.split("welcome")[0] else ""
    (here / "sopengine.toml").write_text(workspace + lists, encoding="utf-8")
    for command in (["check", "small.yaml"], ["dry-run", "small.yaml", "--now", "2026-05-01T09:00"]):
        code = run([*command, "--json"])
        found = {d["code"] for d in json.loads(capsys.readouterr().out)["diagnostics"]}
        assert ("SOP-D614" in found, code) == (refused, int(refused)), (command, found)
    assert (run(["start", "small.yaml", "--now", "2026-05-01T09:00", "--yes"]) == 1) == refused
    assert ("SOP-D614" in capsys.readouterr().err) == refused


@pytest.mark.parametrize(
    ("now", "codes"),
    [("2026-06-05T00:00", ["SOP-W501"]), ("2026-06-04T23:59", []), ("2026-06-04T12:00-04:00", ["SOP-W501"])],
)
def test_a_playbook_of_written_dates_that_are_all_over_is_told_of(
    now: str, codes: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "small.yaml").write_text(GOOD.replace("2126-", "2026-"), encoding="utf-8")
    assert run(["check", "small.yaml", "--now", now, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    assert [(d["code"], d["line"]) for d in found] == [(code, 12) for code in codes]


OPEN = GOOD.replace("audiences:", "inputs:\n  opening: {type: date, default: 2026-06-18}\naudiences:").replace(
    "from: 2126-06-01\n    until: 2126-06-05", "from: opening\n    until: opening + 4d"
)


def test_the_default_of_an_input_is_no_date_of_a_campaign(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "small.yaml").write_text(OPEN, encoding="utf-8")
    (here / "now.yaml").write_text("campaign: now\nplaybook: small.yaml\ninputs:\n  opening: 2026-06-01\n", "utf-8")
    for file, codes in (("small.yaml", []), ("now.yaml", [("now.yaml", 3, "SOP-W501")])):
        assert run(["check", file, "--now", "2026-06-05T00:00", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["diagnostics"]
        assert [(d["file"], d["line"], d["code"]) for d in found] == codes
    assert run(["check", "now.yaml", "--now", "2026-06-04T23:00", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["diagnostics"] == []


def test_texts_are_held_against_the_inputs_that_a_campaign_gives(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    priced = OPEN.replace("inputs:\n", "inputs:\n  price: {type: money, default: 20, title: 清凉卡价格}\n").replace(
        "大家好，{{ target.name }}。", "清凉卡 20 元"
    )
    (here / "small.yaml").write_text(priced, encoding="utf-8")
    campaign = "campaign: now\nplaybook: small.yaml\ninputs:\n  opening: 2126-06-01\n"
    for price, codes in (("20", []), ("25", ["SOP-W524"])):
        (here / "now.yaml").write_text(f"{campaign}  price: {price}\n", encoding="utf-8")
        run(["check", "now.yaml", "--json"])
        found = json.loads(capsys.readouterr().out)["diagnostics"]
        assert [d["code"] for d in found if d["code"] != "SOP-R307"] == codes
        run(["dry-run", "small.yaml", "--set", f"price={price}", "--now", "2026-05-01T09:00", "--json"])
        found = json.loads(capsys.readouterr().out)["diagnostics"]
        assert [d["code"] for d in found if d["code"] == "SOP-W524"] == codes

"""What comes with data reaches nobody it should not: mentions, paths, lines of the log; seen at the loopback robot and
in the files, after a real run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sopengine.channels.base import ChannelSettings, Outcome, Outgoing
from sopengine.channels.file import File
from sopengine.channels.secrets import Secrets
from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli
from tests.support.house import TOML, House
from tests.support.robot_server import RobotServer

MENTIONS = [
    *(
        "<@all>",
        "<@zhangsan>",
        "< @all>",
        "<<@all>>",
        "<@",
        "@all",
        "@所有人",
        "<@all",
        '<at user_id="all">所有人</at>',
    ),
    *(
        "<at id=all></at>",
        "&lt;@all&gt;",
        "<\u200b@all>",
        "<@@all>",
        "[@all](x)",
        '"],"mentioned_list":["@all"],"x":["',
    ),
]
BOOK = """
playbook: shop
title: Shop
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages:
  plain: 'Hello {{ target.name }}'
  rich: {text: '**Hello** {{ target.name }}', format: markdown}
phases:
  only:
    from: 2026-03-02
    until: 2026-03-03
    steps:
      - {id: plain, on: day 1, at: 10:00, to: groups, send: plain, via: robot}
      - {id: rich, on: day 1, at: 11:00, to: groups, send: rich, via: robot}
"""


def cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def test_no_name_in_data_mentions_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "robot-key")
    rows = "".join(f"g{number},{cell(name)}\n" for number, name in enumerate(MENTIONS))
    with RobotServer() as server:
        toml = f'{TOML}[channels.robot]\nkind = "wecom-robot"\nsecret = "KEY"\nbase_url = "{server.url}"\n'
        toml += "allow_private = true\nrate = 0\n"
        house = House(tmp_path, BOOK, toml, groups="id,name\n" + rows)
        house.start("2026-03-01T08:00")
        house.tick("2026-03-02T10:00")
        house.tick("2026-03-02T11:00")
        assert len(server.received) == 2 * len(MENTIONS)
        for request in server.received:
            kind = request.body["msgtype"]
            assert request.body.keys() == {"msgtype", kind}
            assert request.body[kind].keys() == {"content"}, "nobody is mentioned beside the text"
            assert "<@" not in request.content


PATHS = ["../x", "/etc/passwd", "..\\x", "a/../../x", "x\x00y", "~", "$HOME", "CON", "." * 300, "x/" * 50]


def test_no_id_or_name_becomes_a_path(tmp_path: Path) -> None:
    """Targets, campaigns, steps: they stand in rows and lines, never in the name of a file."""
    folder = tmp_path / "shop"
    folder.mkdir()
    channel = File(ChannelSettings("file", "file", {"path": folder / "out.jsonl"}), Secrets(folder, {}))
    for path in PATHS:
        message = Outgoing(path, "x", path, target=path, campaign=path, step=path, slot=path, person=path)
        assert channel.send(message).outcome is Outcome.SENT
    assert [found.name for found in tmp_path.rglob("*")] == ["shop", "out.jsonl"]
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["target"] for line in lines] == PATHS


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "dangling"])
def test_a_way_out_laid_for_us_is_not_taken(tmp_path: Path, kind: str) -> None:
    out, elsewhere = tmp_path / "out.jsonl", tmp_path / "elsewhere"
    {
        "link": lambda: (elsewhere.write_text("theirs"), out.symlink_to(elsewhere)),
        "dangling": lambda: out.symlink_to(elsewhere),
        "folder": out.mkdir,
        "pipe": lambda: os.mkfifo(out),
    }[kind]()
    receipt = File(ChannelSettings("file", "file", {"path": out}), Secrets(tmp_path, {})).send(Outgoing("k", "x"))
    assert receipt.outcome in (Outcome.REFUSED, Outcome.NOT_NOW)
    assert not elsewhere.exists() or elsewhere.read_text() == "theirs"


def test_a_backup_follows_no_link(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path / "shop", BOOK.replace(", via: robot", ""))
    monkeypatch.chdir(house.root)
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "copy.db").symlink_to(tmp_path / "theirs")
    (tmp_path / "dangling.db").symlink_to(tmp_path / "none")
    assert cli("backup", "../copy.db").code == 2
    assert cli("backup", "../dangling.db").code == 2
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert not (tmp_path / "none").exists()
    os.symlink(tmp_path / "theirs", "sop.db.reached.x")
    Path("sop.db.reached").unlink(missing_ok=True)
    Path("sop.db.reached").symlink_to(tmp_path / "theirs")
    house.start("2026-03-01T08:00")
    house.tick("2026-03-02T10:00")
    assert (tmp_path / "theirs").read_text() == "theirs"


EVIL = ["a\nb", "a\r\nforged line", "x\x1b[2Jy", "l\u2028m", "n\x85o", "\x9b31mred", "\u202egnol", "t\tab", "z\x00"]


def test_one_event_is_one_line_of_the_log(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path, BOOK.replace(", via: robot", ""))
    monkeypatch.chdir(tmp_path)
    house.start("2026-03-01T08:00")
    for number, text in enumerate(EVIL):
        now = house.at(f"2026-03-01T09:{number:02}")
        house.store.pause("channel", "file", now, text, text)
        house.store.resume("channel", "file", now, text, text)
    lines = house.log("channel")
    assert len(lines) == 2 * len(EVIL)
    for words in (["log"], ["log", "--json"], ["log", "--jsonl"], ["status"], ["doctor"], ["status", "--health"]):
        told = cli(*words)
        assert not any(sign in told.out for sign in "\x1b\x9b\u202e\x85\u2028\x00\r"), words
    shown = cli("log").ok().out.splitlines()
    assert len([line for line in shown if "forged line" in line]) == 2
    assert not any(line.startswith(("forged", "b")) for line in shown)


TURNING = ["a\nb", "a\r\nforged line", "l\u2028forged", "\u202egnol", "\u200fr", "\u2066i", "t\tab"]
"""What a list may hold; other control characters are refused where it is read."""
SHOWN = (
    "dry-run book.yaml --all --now 2026-03-01T08:00",
    "dry-run book.yaml --each --show plain --now 2026-03-01T08:00",
    "dry-run book.yaml --as g3 --now 2026-03-01T08:00",
    "status --now 2026-03-02T10:30",
    "log",
    "why plain --target g3 --now 2026-03-02T10:30",
    "task list --all",
    "resolve",
    "metrics",
    "doctor",
)


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
def test_no_name_in_data_steers_a_terminal_or_forges_a_line(
    tmp_path: Path, form: tuple[str, ...], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = "".join(f"g{number},{cell(name)}\n" for number, name in enumerate(TURNING))
    people = "".join(f"s{number},{cell(name)},{cell(name)}\n" for number, name in enumerate(TURNING))
    book = BOOK.replace(", via: robot", "") + (
        "      - {id: count, on: day 1, at: '10:00', to: managers, task: Count, due: '20:00'}\n"
    )
    book = book.replace("messages:", "roles: {managers: {source: stores, person: manager, via: file}}\nmessages:", 1)
    house = House(tmp_path, book, groups="id,name\n" + names)
    (tmp_path / "stores.csv").write_text("id,name,manager\n" + people, "utf-8")
    house.start("2026-03-01T08:00")
    house.tick("2026-03-02T10:00")
    assert len(house.outbox()) == 2 * len(TURNING), "messages, and notices of tasks"
    for words in SHOWN:
        if form and words == "metrics":
            continue
        told = cli(*words.split(), *form)
        assert told.code in (0, 5) or words == "doctor", told
        assert not any(sign in told.out + told.err for sign in "\x1b\r\x85\u2028\u202e\u200f\u2066"), words
        assert not any(line.startswith("forged") for line in told.out.splitlines()), words
    assert "\u202e" not in (tmp_path / "outbox.jsonl").read_text("utf-8")


@pytest.mark.parametrize("sign", ["\x1b[2J", "\x9b31m", "\x85", "\x00", "\x07"])
def test_control_characters_are_refused_where_a_list_is_read(
    tmp_path: Path, sign: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    house = House(tmp_path, BOOK.replace(", via: robot", ""), groups=f"id,name\ng1,x{sign}y\n")
    told = cli("start", "book.yaml", "--yes", "--now", "2026-03-01T08:00")
    assert told.code == 1, told
    assert sign not in told.out + told.err
    assert house.store.campaigns() == []

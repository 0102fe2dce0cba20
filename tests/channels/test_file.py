"""The file channel and the redirect: one message, one durable line."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from sopengine.channels.base import ChannelSettings, LooksUp, Outcome, Outgoing
from sopengine.channels.kinds import missing_secrets, open_channel
from sopengine.channels.secrets import Secrets

NO_SECRETS: dict[str, str] = {}


def write(path: Path, message: Outgoing) -> Outcome:
    settings = ChannelSettings("file", "file", {"path": path})
    return open_channel(settings, Secrets(path.parent, NO_SECRETS)).send(message).outcome


def test_one_line_with_every_field(tmp_path: Path) -> None:
    path = tmp_path / "out" / "log.jsonl"
    message = Outgoing(
        "k1", "第一行\n第二行", "a1", "markdown", ("all",), "t1", "c1", "s1", "2026-06-18T10:00Z", "王芳"
    )
    assert write(path, message) is Outcome.SENT
    assert path.read_text(encoding="utf-8") == (
        '{"key": "k1", "channel": "file", "campaign": "c1", "step": "s1", "slot": "2026-06-18T10:00Z", "target": "t1", '
        '"address": "a1", "person": "王芳", "format": "markdown", "mention": ["all"], "text": "第一行\\n第二行"}\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_in_a_text_breaks_the_line(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    text = "a\r\n\x1b[2J\x7f\x85\u2028\u2029\u202e\x00b"
    assert write(path, Outgoing("k", text)) is Outcome.SENT
    content = path.read_text(encoding="utf-8")
    assert len(content.splitlines()) == 1
    assert content.rstrip("\n").isprintable()
    assert json.loads(content)["text"] == text


def test_a_line_left_unfinished_is_closed_first(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b'{"key": "k0"}\n{"key": "torn')
    assert write(path, Outgoing("k1", "x")) is Outcome.SENT
    lines = path.read_bytes().splitlines()
    assert lines[:2] == [b'{"key": "k0"}', b'{"key": "torn']
    assert json.loads(lines[2])["key"] == "k1"


def test_what_is_no_plain_file_is_not_written(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    (tmp_path / "link").symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    outcomes = {name: write(tmp_path / name, Outgoing("k", "x")) for name in ("link", "pipe", "folder")}
    assert outcomes == {"link": Outcome.NOT_NOW, "pipe": Outcome.REFUSED, "folder": Outcome.NOT_NOW}
    assert target.read_text() == ""


@pytest.mark.parametrize(("written", "outcome"), [(0, Outcome.NOT_NOW), (5, Outcome.NOT_NOW)])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int, outcome: Outcome) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:written]))
    assert write(tmp_path / "out.jsonl", Outgoing("k", "x")) is outcome
    monkeypatch.undo()
    assert write(tmp_path / "out.jsonl", Outgoing("k2", "x")) is Outcome.SENT
    assert json.loads((tmp_path / "out.jsonl").read_bytes().splitlines()[-1])["key"] == "k2"


def test_a_disk_that_cannot_promise_leaves_it_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    assert write(tmp_path / "out.jsonl", Outgoing("k", "x")) is Outcome.UNKNOWN


def test_a_redirected_robot_needs_no_secret_and_names_itself(tmp_path: Path) -> None:
    settings = ChannelSettings("robot", "wecom-robot", {"secret": "ROBOT"}, redirect="file")
    secrets = Secrets(tmp_path, NO_SECRETS)
    channel = open_channel(settings, secrets, redirect_to=tmp_path / "outbox.jsonl")
    assert missing_secrets(settings, ["", "EAST"], secrets) == ()
    assert channel.send(Outgoing("k", "x")).outcome is Outcome.SENT
    assert channel.send(Outgoing("k", "x" * 2049)).outcome is Outcome.REFUSED
    (line,) = (tmp_path / "outbox.jsonl").read_bytes().splitlines()
    assert json.loads(line)["instead_of"] == "robot"
    assert "channel" not in json.loads(line)
    assert (channel.limits.rate, channel.limits.max_bytes["text"]) == (20, 2048)


def test_a_redirect_without_a_file_never_sends(tmp_path: Path) -> None:
    settings = ChannelSettings("robot", "wecom-robot", {"secret": "ROBOT"}, redirect="file")
    with pytest.raises(ValueError, match="redirected"):
        open_channel(settings, Secrets(tmp_path, NO_SECRETS))


def test_a_lookup_finds_whole_lines_by_their_key_and_never_says_absent(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    channel = open_channel(ChannelSettings("file", "file", {"path": path}), Secrets(tmp_path, NO_SECRETS))
    assert isinstance(channel, LooksUp)
    assert channel.lookup("k1", "").outcome is Outcome.UNKNOWN, "there is no file yet"
    channel.send(Outgoing("k1", 'says "k2"'))
    path.write_bytes(path.read_bytes() + b'{"key": "k3", "text": "torn')
    assert channel.lookup("k1", "").outcome is Outcome.SENT
    assert {channel.lookup(key, "").outcome for key in ("k2", "k3", "k")} == {Outcome.UNKNOWN}
    settings = ChannelSettings("robot", "wecom-robot", {"secret": "ROBOT"}, redirect="file")
    redirected = open_channel(settings, Secrets(tmp_path, NO_SECRETS), redirect_to=path)
    assert isinstance(redirected, LooksUp)
    assert redirected.lookup("k1", "").outcome is Outcome.SENT
    assert redirected.lookup("k9", "").outcome is Outcome.UNKNOWN

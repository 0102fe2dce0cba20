"""Files from other systems and paths that lead elsewhere: by the command, as people meet them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli

BOOK = """\
playbook: files
title: 夏日会员节，欢迎光临东湖店
timezone: Asia/Shanghai
audiences:
  groups: {source: groups, sample: {name: 东湖店}}
messages:
  hello: MESSAGE
phases:
  days:
    from: 2099-03-02
    until: 2099-03-03
    steps:
      - {id: a, on: day 1, at: 10:00, to: groups, send: hello}
"""
PLAIN = BOOK.replace("MESSAGE", "你好，会员节见")
ENCODINGS = {
    "gb18030": ("SOP-Y101", "GB18030"),
    "gbk": ("SOP-Y101", "GB18030"),
    "big5": ("SOP-Y101", "Big5"),
    "utf-16": ("SOP-Y101", "UTF-16"),
    "utf-16-le": ("SOP-Y101", "UTF-16"),
    "utf-16-be": ("SOP-Y101", "UTF-16"),
    "utf-32": ("SOP-Y101", "UTF-"),
    "latin-1": ("SOP-Y101", ""),
}
TRADITIONAL = str.maketrans({"员": "員", "节": "節", "欢": "歡", "临": "臨", "东": "東", "会": "會", "见": "見"})


def encoded(text: str, encoding: str) -> bytes:
    return text.translate(TRADITIONAL).encode(encoding, "replace") if encoding == "big5" else text.encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_playbook_in_another_encoding_is_refused_by_name(tmp_path: Path, cli: Cli, encoding: str) -> None:
    text = "title: Café\n" if encoding == "latin-1" else PLAIN
    (tmp_path / "a.yaml").write_bytes(encoded(text, encoding))
    shown = cli("check", str(tmp_path / "a.yaml"))
    code, name = ENCODINGS[encoding]
    assert shown.code == 1
    assert shown.out.count(f"[{code}]") == 1
    assert name in shown.out
    assert "Traceback" not in shown.out + shown.err


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_marks_and_line_ends_change_nothing(tmp_path: Path, cli: Cli, mark: str, line_end: str) -> None:
    (tmp_path / "a.yaml").write_bytes((mark + PLAIN).replace("\n", line_end).encode())
    assert "errors 0  warnings 0" in cli("check", str(tmp_path / "a.yaml")).ok().out


@pytest.mark.parametrize("where", ["a.yaml", "m.md", "t.csv"])
@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x9b", "\u2028"])
def test_control_signs_are_found_in_every_kind_of_file(tmp_path: Path, cli: Cli, where: str, sign: str) -> None:
    (tmp_path / "a.yaml").write_bytes(PLAIN.replace("会员节见", f"会{sign}员").encode())
    if where == "m.md":
        (tmp_path / "a.yaml").write_bytes(BOOK.replace("MESSAGE", "{file: m.md}").encode())
        (tmp_path / "m.md").write_bytes(f"你{sign}好".encode())
    if where == "t.csv":
        (tmp_path / "a.yaml").write_bytes(BOOK.replace("MESSAGE", "{table: t.csv, where: {day: slot.day}}").encode())
        (tmp_path / "t.csv").write_bytes(f"day,text\n1,你{sign}好\n".encode())
    shown = cli("check", str(tmp_path / "a.yaml"), "--format", "concise")
    assert shown.code == 1
    assert sign not in shown.out
    assert f"{where}:" in shown.out


PATHS = [
    *("../secret.md", "../../etc/passwd", "/etc/passwd", "..\\secret.md", "C:\\secret.md", "\\\\host\\share\\x"),
    *("./../secret.md", "a/../../secret.md", "file:///etc/passwd", "http://127.0.0.1/x", "~/secret.md", "$HOME/x"),
    *("/proc/self/environ", "link.md", "folder", "", ".", "..", "a\\0.md", "CON", "secret.md/../../secret.md"),
]


@pytest.mark.parametrize("kind", ["{file: PATH}", "{table: PATH, where: {day: slot.day}}", "{text: 好, image: PATH}"])
@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_workspace(tmp_path: Path, cli: Cli, path: str, kind: str) -> None:
    root = tmp_path / "shop"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "secret.md").write_text("canary-51c0\n")
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    written = "'" + path + "'" if "\\0" not in path else '"a\\x00.md"'
    (root / "a.yaml").write_text(BOOK.replace("MESSAGE", kind.replace("PATH", written)), "utf-8")
    for command in ("check", "dry-run"):
        shown = cli(command, str(root / "a.yaml"))
        assert shown.code == 1, shown.out
        assert "canary" not in shown.out + shown.err
        assert "root:" not in shown.out

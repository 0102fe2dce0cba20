"""The preview over real HTTP: who may read it, what it shows after a save, how it ends."""

from __future__ import annotations

import html
import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sopengine.cli.main import run
from tests.support.previewing import Previewed, previewed

PLAYBOOK = """\
playbook: small
title: 小活动
timezone: Asia/Shanghai
inputs:
  opening: {type: date}
audiences:
  groups: {source: groups, sample: {name: 样例群}}
phases:
  only:
    title: 唯一阶段
    from: opening
    until: opening + 4d
    steps:
      - {id: hello, on: day 1, at: 10:00, to: groups, send: {text: "大家好，{{ target.name }}。"}}
      - {id: later, use: later.yaml, with: {groups: groups}}
"""
MODULE = """\
module: later
audiences:
  groups: {title: 群}
steps:
  - {id: bye, on: day 3, at: 20:30, to: groups, send: {text: 明天见。}}
"""
ASKED = ("small.yaml", "--set", "opening=2026-06-18", "--now", "2026-06-01T09:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(
        PLAYBOOK.replace("      - {id: later, use: later.yaml, with: {groups: groups}}\n", ""), encoding="utf-8"
    )
    (tmp_path / "groups.csv").write_text("id,name\ng1,东湖店\n", encoding="utf-8")
    (tmp_path / "sopengine.toml").write_text('[sources.groups]\npath = "groups.csv"\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def shown(folder: Path) -> Iterator[Previewed]:
    with previewed(folder, *ASKED) as one:
        yield one


class Reader:
    """Reads the page, and waits for news as the page does."""

    def __init__(self, address: str) -> None:
        self._parts = urlsplit(address)
        self._news = self._open(self._parts.path + "changes")
        self.next()

    def _open(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        line = http.client.HTTPConnection(self._parts.netloc, timeout=30)
        line.request(method, path, headers=headers)
        return line.getresponse()

    def ask(self, path: str | None = None, method: str = "GET", **headers: str) -> tuple[int, str]:
        answer = self._open(self._parts.path if path is None else path, method, **headers)
        return answer.status, answer.read().decode()

    def page(self) -> str:
        return self.ask()[1]

    def next(self) -> int:
        """The next version, when there is one; an error after two signs of life without."""
        for _ in range(6):
            line = self._news.readline()
            assert line, "the preview has ended"
            if line.startswith(b"data: "):
                return int(line[6:])
        raise AssertionError(f"nothing new: {top(self.page())}")

    def after(self, words: str) -> str:
        """The first page that has these words."""
        while words not in (page := self.page()):
            self.next()
        return page


def top(page: str) -> str:
    found = re.search("<aside.*?</aside>", page, re.DOTALL)
    return found[0] if found else ""


def test_a_save_of_any_file_it_reads_shows(shown: Previewed, folder: Path) -> None:
    reader = Reader(shown.address)
    assert "大家好，东湖店。" in reader.page()
    assert "和文件一致" in top(reader.page())
    (folder / "small.yaml").write_text(
        PLAYBOOK.replace("大家好", "早上好").replace(
            "      - {id: later, use: later.yaml, with: {groups: groups}}\n", ""
        ),
        "utf-8",
    )
    reader.after("早上好，东湖店。")
    (folder / "groups.csv").write_text("id,name\ng1,南湖店\n", encoding="utf-8")
    reader.after("早上好，南湖店。")
    (folder / "sopengine.toml").write_text(
        '[sources.groups]\npath = "groups.csv"\n[guards]\nquiet = {from = "09:00", until = "11:00"}\n', encoding="utf-8"
    )
    assert "SOP-W541" in reader.after("SOP-W541")


def test_a_broken_file_shows_where_and_keeps_the_last_plan(shown: Previewed, folder: Path) -> None:
    reader = Reader(shown.address)
    (folder / "small.yaml").write_text(PLAYBOOK, encoding="utf-8")  # the module is not there yet
    page = reader.after("SOP-R3")
    assert "这样启动不了" in top(page)
    assert "{id: later, use: later.yaml, with: {groups: groups}}" in top(page)  # the excerpt
    assert "small.yaml:15:" in top(page)
    assert "大家好，东湖店。" in page  # the rest is planned all the same
    (folder / "later.yaml").write_text(MODULE, encoding="utf-8")
    assert "bad" not in top(reader.after("明天见。"))
    (folder / "small.yaml").write_text("playbook: [small", encoding="utf-8")
    page = reader.after("现在的文件排不出来")
    assert "^^^" in top(page)
    assert "下面还是上一次排出来的" in top(page)
    assert "大家好，东湖店。" in page
    (folder / "small.yaml").unlink()
    assert "大家好，东湖店。" in reader.after("找不到剧本 small.yaml")


def test_it_begins_with_a_broken_file_too(folder: Path) -> None:
    (folder / "small.yaml").write_text("playbook: [", encoding="utf-8")
    with previewed(folder, *ASKED) as shown:
        reader = Reader(shown.address)
        assert "SOP-Y1" in top(reader.page())
        (folder / "small.yaml").write_text(
            PLAYBOOK.replace("      - {id: later, use: later.yaml, with: {groups: groups}}\n", ""), encoding="utf-8"
        )
        reader.after("大家好，东湖店。")


def test_only_this_machine_reads_and_nobody_writes(shown: Previewed) -> None:
    reader = Reader(shown.address)
    port, path = urlsplit(shown.address).port, urlsplit(shown.address).path
    assert reader.ask(Host=f"localhost:{port}")[0] == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1:1", "127.0.0.1", f"127.0.0.1.evil.example:{port}"):
        assert reader.ask(Host=host)[0] == 403
    assert [reader.ask(method=method)[0] for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD")] == [405] * 5
    assert [reader.ask(other)[0] for other in ("/", path[:-1], path + "..", "/changes", "/sopengine.toml")] == [404] * 5
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', reader.page())
    assert re.fullmatch(
        r"default-src 'none'; style-src \S+; script-src \S+; connect-src 'self'; base-uri 'none'; "
        r"form-action 'none'",
        html.unescape(policy),
    )


def test_a_port_that_is_taken_is_told_and_it_ends_quietly(
    shown: Previewed, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    port = str(urlsplit(shown.address).port)
    assert run(["preview", *ASKED, "--port", port, "--no-open", "--lang", "zh"]) == 3
    assert f"端口 {port} 用不了" in capsys.readouterr().err
    reader = Reader(shown.address)
    shown.interrupt()
    assert (shown.code, shown.said.splitlines()[-1]) == (0, "预览结束")
    with pytest.raises(AssertionError, match="has ended"):
        reader.next()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("none.yaml",), "找不到剧本 none.yaml"), (("small.yaml", "--set", "opening"), "缺少等号")],
)
def test_a_slip_of_the_command_line_is_told_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str], said: str
) -> None:
    monkeypatch.chdir(folder)
    assert run(["preview", *arguments, "--no-open", "--lang", "zh"]) == 2
    assert said in capsys.readouterr().err

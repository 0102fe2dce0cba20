"""`[copy]` of the workspace: in the check at the word, in the dry run also where the lists bring it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli

BOOK = """playbook: p
timezone: Asia/Shanghai
audiences:
  shops: {source: shops}
runs: {from: 2026-12-07, until: 2026-12-14}
weekly:
  to: shops
  steps:
    - {id: plain, on: mon, at: 09:00, send: {text: "好茶，最佳的茶"}}
    # sopengine: ignore SOP-W551 -- the name of the tea
    - {id: meant, on: tue, at: 09:00, send: {text: "新到：最佳"}}
    - {id: listed, on: wed, at: 09:00, send: {text: "{{ target.name }}见"}}
    - {id: link, on: thu, at: 09:00, send: {text: "领券 {{ target.link }}"}}
"""
TOML = """language = "en"
[sources.shops]
path = "shops.csv"
[copy]
forbidden = ["最佳"]
hosts = ["example.com"]
"""
SHOPS = """id,name,link
s1,东湖店,https://example.com/1
s2,最佳店,https://example.com.evil.cn/2
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sopengine.toml").write_text(TOML, "utf-8")
    (tmp_path / "shops.csv").write_text(SHOPS, "utf-8")
    (tmp_path / "p.yaml").write_text(BOOK, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(cli: Cli, *words: str) -> list[tuple[str, int, str]]:
    told = cli(*words, "--json").json()["diagnostics"]
    return [(one["code"], one["line"], one["message"]) for one in told]


def test_the_check_tells_what_is_written(cli: Cli, shop: Path) -> None:
    assert found(cli, "check", "p.yaml") == [("SOP-W551", 9, "`最佳` must not be used")]


def test_the_dry_run_tells_also_what_lists_bring_in(cli: Cli, shop: Path) -> None:
    assert found(cli, "dry-run", "p.yaml", "--now", "2026-12-01T09:00") == [
        ("SOP-W551", 9, "`最佳` must not be used"),
        ("SOP-W551", 12, "`最佳` must not be used"),
        ("SOP-W552", 13, "the link leads to example.com.evil.cn, which is not listed"),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("forbidden = 3", "must be a list"),
        ("forbidden = [3]", "each item must be a text in quotes"),
        ("forbidden = [{instead = 'x'}]", "the word itself"),
        ("forbidden = [{word = 'x', insted = 'y'}]", "did you mean 'instead'"),
        ("hosts = ['https://example.com']", "is no host name"),
        ("hosts = ['com']", "is no host name"),
        ("words = ['x']", "there is no setting 'words'"),
    ],
)
def test_wrong_rules_are_told_at_their_line(cli: Cli, shop: Path, line: str, why: str) -> None:
    (shop / "sopengine.toml").write_text(f'[sources.shops]\npath = "shops.csv"\n[copy]\n{line}\n', "utf-8")
    told = cli("check", "p.yaml")
    assert told.code == 1
    assert why in told.out + told.err
    assert "sopengine.toml:4" in told.out + told.err

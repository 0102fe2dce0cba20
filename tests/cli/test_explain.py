from __future__ import annotations

import json

import pytest

from sopengine.cli.main import run
from sopengine.diagnostics import CODES


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(["--lang", "zh", "explain", *words]) == 0
    out, err = capsys.readouterr()
    assert not err
    return out


@pytest.mark.parametrize("word", ["SOP-R307", "sop-r307", "R307", "r307", "unused"])
def test_a_code_is_found_by_any_of_its_names(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, word)
    assert shown.startswith("SOP-R307  unused  警告\n定义了但没有用到\n")
    for heading in ("什么意思", "为什么要紧", "错误的写法", "正确的写法"):
        assert f"\n{heading}\n  " in shown
    assert "# sopengine: ignore SOP-R307 原因" in shown


def test_an_error_offers_no_way_to_ignore_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert "ignore" not in told(capsys, "R301")
    assert "ignore SOP-S222" not in told(capsys, "S222")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_fits_a_terminal_and_gbk(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    for code in CODES:
        assert run(["--lang", lang, "explain", code]) == 0
        shown = capsys.readouterr().out
        assert all(len(line.encode("gbk")) <= 104 for line in shown.split("\n")), code


def test_without_a_code_the_families_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys)
    assert [line[:4] for line in shown.split("\n")[:7]] == ["Y1xx", "S2xx", "R3xx", "T4xx", "W5xx", "D6xx", "C7xx"]


@pytest.mark.parametrize("word", ["R3", "r3xx", "SOP-R3"])
def test_a_family_lists_its_codes(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, word).rstrip("\n").split("\n")
    assert lines[0].startswith("R3xx  引用")
    assert [line.split()[0] for line in lines[1:]] == [code for code in CODES if code.startswith("SOP-R3")]


@pytest.mark.parametrize(
    ("word", "meant"),
    [("SOP-R370", "SOP-R307"), ("unsued", "SOP-R307"), ("missing-kye", "SOP-S201"), ("S2O4", "SOP-S2")],
)
def test_an_unknown_code_is_answered_with_the_one_that_was_meant(
    word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--lang", "zh", "explain", word]) == 2
    assert f"是不是 {meant}" in capsys.readouterr().err


def test_what_means_nothing_is_led_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "explain", "天气"]) == 2
    assert "sopengine explain 列出各类代码" in capsys.readouterr().err


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    one = json.loads(told(capsys, "R307", "--json"))
    assert one.keys() == {
        "schema_version", "code", "name", "severity", "title", "stage", "means", "matters", "wrong", "right"
    }  # fmt: skip
    families = json.loads(told(capsys, "--json"))["families"]
    assert [line["code"] for family in families for line in family["codes"]] == list(CODES)

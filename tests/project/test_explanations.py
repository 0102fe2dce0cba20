"""`explain` has something to say about every code, in both languages, and its examples are what they claim to be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sopengine.diagnostics import CODES
from sopengine.review.explanations import FAMILIES, explanation
from tests.support.examples import NOISE, codes_of

FOLDER = Path(__file__).parents[2] / "sopengine" / "review" / "explanations"


def test_every_code_is_explained_in_its_family_and_none_that_does_not_exist() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(FAMILIES)
    for path in FOLDER.glob("*.toml"):
        told = list(tomllib.loads(path.read_text("utf-8")))
        assert told == sorted(code for code in CODES if code.startswith(f"SOP-{path.stem}")), path.stem


@pytest.mark.parametrize("code", CODES)
def test_what_it_says_can_be_read_in_either_language(code: str) -> None:
    told = explanation(code)
    for text in (told.means, told.matters):
        assert len(text.zh) >= 10
        assert len(text.en) >= 20
        assert re.search(r"[\u4e00-\u9fff]", text.zh)
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"`[^`]*`", "", text.en)), text.en
        assert text.zh.endswith("。")
        assert text.en.endswith(".")
    assert told.wrong != told.right
    assert told.matters != told.means
    for example in (told.wrong, told.right):
        assert len(example.rstrip("\n").split("\n")) <= 16, "an example is short"


@pytest.mark.parametrize("code", CODES)
def test_the_wrong_example_has_this_finding_and_no_other(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = explanation(code)
    assert codes_of(told.wrong, told, code, tmp_path) - (NOISE - {code}) == {code}


@pytest.mark.parametrize("code", CODES)
def test_the_right_example_has_no_finding(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = explanation(code)
    assert codes_of(told.right, told, code, tmp_path) - (NOISE - {code}) == set()

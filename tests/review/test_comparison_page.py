"""The page of a comparison: its bytes, what it may ask of a browser, and that no text in it is anything but text."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from sopengine.review.columns import harmless
from sopengine.review.html.comparison import page
from tests.review.differences import differences, hostile
from tests.review.golden_file import page_matches
from tests.review.hostile import TEXTS
from tests.review.test_html import Read


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden(lang: str) -> None:
    assert page_matches(f"differences-{lang}.html", page(differences(), lang=lang))


def test_it_asks_for_nothing_and_runs_nothing() -> None:
    read = Read(page(differences(), lang="zh"))
    assert {tag for tag, _ in read.elements}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "base", "form", "a"}
    )
    assert not re.search(r"@import|url\(|image-set", read.raw["style"])
    (policy,) = (str(a["content"]) for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    digest = b64encode(sha256(read.raw["style"].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_hostile_texts_stay_text() -> None:
    """The page with them has no element and no attribute that the harmless one lacks, and says them to the letter."""
    safe, read = Read(page(differences(), lang="zh")), Read(page(hostile(), lang="zh"))
    assert {tag for tag, _ in read.elements} <= {tag for tag, _ in safe.elements}
    names = {name for _, attributes in read.elements for name in attributes}
    assert names <= {name for _, attributes in safe.elements for name in attributes}
    for text in TEXTS:
        assert read.text.count(harmless(text)) >= 10, text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", read.text)


def test_it_says_what_the_terminal_says_and_the_whole_text() -> None:
    text = Read(page(differences(), lang="zh")).text
    for said in ("summer（正在执行的）", "满 30 元可用", "满 40 元可用", "3. 每天 10:00 还有一份限量小食。",
                 "6月21日 周日 19:00 → 6月22日 周一 19:00", "改了，有的正等着", "已发 12，不动", "3 项进行中",
                 "输入 opening：6-18 → 6-19", "下回见。"):  # fmt: skip
        assert said in text, said

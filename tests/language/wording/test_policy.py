"""A workspace's rules for copy: forbidden words as readers see them, links by where a browser would go."""

from __future__ import annotations

import pytest

from sopengine.language.checks.wording.policy import breaches, host_of
from sopengine.language.copy_rules import CopyRules, Forbidden

WORDS = CopyRules(
    (Forbidden("最佳"), Forbidden("第一", "", "广告法第九条"), Forbidden("best"), Forbidden("国家级", "全国都有"))
)
HOSTS = CopyRules(hosts=("example.com", "xn--fiqs8s.cn"))


def found(text: str, rules: CopyRules) -> list[str]:
    return [text[one.start : one.end] for one in breaches(text, rules)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("本店最佳", ["最佳"]),
        ("最 佳、最\u200b佳、最\u3000佳", ["最 佳", "最\u200b佳", "最\u3000佳"]),
        ("ＢＥＳＴ tea, Best, best.", ["ＢＥＳＴ", "Best", "best"]),
        ("bested, the best2", []),
        ("最\n佳", []),
        ("最 a 佳", []),
        ("国家级国 家 级", ["国家级", "国 家 级"]),
        ("", []),
        ("x" * 10_000, []),
    ],
)
def test_words_are_found_as_they_are_read(text: str, words: list[str]) -> None:
    assert found(text, WORDS) == words


def test_what_is_allowed_may_hold_a_forbidden_word() -> None:
    rules = CopyRules((Forbidden("第一"), Forbidden("最佳")), allowed=("第一天", "最佳拍档"))
    assert found("第一天来，第一名，最佳 拍档和最佳", rules) == ["第一", "最佳"]


def test_the_longest_of_words_that_begin_alike_is_told() -> None:
    rules = CopyRules((Forbidden("最好"), Forbidden("最好喝", "好喝")))
    [one] = breaches("最好喝的茶", rules)
    assert (one.message.zh, one.help.zh) == ("“最好喝”不能用", "改成“好喝”")


def test_the_reason_is_said() -> None:
    [one] = breaches("第一", WORDS)
    assert one.message.en == "`第一` must not be used (广告法第九条)"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("领券 https://example.com/a?b=1，谢谢", []),
        ("https://a.b.example.com", []),
        ("http://EXAMPLE.com./x", []),
        ("https://中国.cn/", []),
        ("https://notexample.com/a", ["https://notexample.com/a"]),
        ("https://example.com.evil.cn/", ["https://example.com.evil.cn/"]),
        ("https://example.com@evil.cn/", ["https://example.com@evil.cn/"]),
        ("https://evil.cn\\@example.com", ["https://evil.cn\\@example.com"]),
        ("https:\\\\evil.cn", ["https:\\\\evil.cn"]),
        ("https://ехаmple.com/ （е 是西里尔字母）", ["https://ехаmple.com/"]),
        ("点 t.cn/AbC 或 www.evil.cn", ["t.cn/AbC", "www.evil.cn"]),
        ("[官网](https://evil.cn/a)", ["https://evil.cn/a"]),
        ("满 3.5/5 分，20.00/份，a.b 见", []),
        ("写信给 a@evil.cn", []),
        ("https://[::1]/x https://127.0.0.1/", ["https://[::1]/x", "https://127.0.0.1/"]),
        ("https://", []),
    ],
)
def test_links_go_where_a_browser_would(text: str, links: list[str]) -> None:
    assert [link.rstrip(")") for link in found(text, HOSTS)] == links


def test_a_host_that_cannot_be_one_is_still_named() -> None:
    assert host_of("https://" + "a" * 300 + ".cn/") == "a" * 300 + ".cn"


def test_without_rules_nothing_is_looked_at() -> None:
    assert found("最佳 https://evil.cn", CopyRules()) == []

"""A text as people read it → what in it goes against the workspace's rules for copy, and where.

Signs are compared as readers see them: full-width as half-width, capitals as small letters, past signs without width
and past blanks between Chinese characters, so that `最 佳` is found like `最佳`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from sopengine.diagnostics import Findings, Text
from sopengine.language.checks.wording.prose import Prose
from sopengine.language.copy_rules import CopyRules, Forbidden
from sopengine.language.document import Document

FORBIDDEN, ELSEWHERE = "SOP-W551", "SOP-W552"
_WIDTHLESS = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_LINK = re.compile(
    r"(?i:https?:[/\\]{1,9}(?![/\\])|www\.)[^\s\x00<>\"'（）【】「」，。；！？、]+"
    r"|(?<![\w@./-])(?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s\x00<>\"'（）【】「」，。；！？、]*"  # t.cn/AbC
)


class Breach(NamedTuple):
    """`start` and `end` in the text as it was given."""

    code: str
    start: int
    end: int
    message: Text
    help: Text


def breaches(text: str, rules: CopyRules, *, closely: bool = True) -> Iterator[Breach]:
    """Not `closely`: words that are written as they are listed, for many texts that hardly differ."""
    if rules.forbidden and (closely or _compiled(rules)[0].search(text.casefold())):
        yield from _words(text, rules)
    if rules.hosts:
        yield from _links(text, rules.hosts)


def check_policy(document: Document, texts: Iterable[Prose], rules: CopyRules, findings: Findings) -> None:
    """Adds SOP-W551 and W552 for what is written in texts to customers, whatever is filled in."""
    for text in texts:
        for found in breaches(text.literal, rules) if text.to_customers else ():
            place = text.place(document, found.start, found.end)
            findings.add(found.code, found.message, place, help=found.help, path=text.path)


def _words(text: str, rules: CopyRules) -> Iterator[Breach]:
    pattern, known = _compiled(rules)
    plain, places = _as_read(text)
    for match in pattern.finditer(plain):
        item = known.get(match[0])
        if item is None:
            continue  # one of those that are allowed
        start, end = places[match.start()], places[match.end() - 1] + 1
        why = Text(f"（{item.why}）", f" ({item.why})") if item.why else Text("", "")
        yield Breach(
            FORBIDDEN,
            start,
            end,
            Text(f"“{item.word}”不能用{why.zh}", f"`{item.word}` must not be used{why.en}"),
            Text(f"改成“{item.instead}”", f"Say `{item.instead}`") if item.instead else _REPHRASE,
        )


@lru_cache(maxsize=8)
def _compiled(rules: CopyRules) -> tuple[re.Pattern[str], dict[str, Forbidden]]:
    """Of words that begin alike the longest is found."""
    known = {_as_read(item.word)[0]: item for item in rules.forbidden}
    words = sorted({*known, *(_as_read(word)[0] for word in rules.allowed)}, key=len, reverse=True)
    return re.compile("|".join(_whole(word) for word in words)), known


def _whole(word: str) -> str:
    """A word of letters stands by itself; Chinese has no such edges."""
    before = r"(?<![a-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = r"(?![a-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return f"{before}{re.escape(word)}{after}"


def _as_read(text: str) -> tuple[str, list[int]]:
    """And for each of its signs where it comes from."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if _WIDTHLESS.match(sign):
            continue
        for one in unicodedata.normalize("NFKC", sign).casefold():
            signs.append(one)
            places.append(place)
    kept = [
        number
        for number, sign in enumerate(signs)
        if not (sign in " \t" and _chinese(signs, number, -1) and _chinese(signs, number, 1))
    ]
    return "".join(signs[number] for number in kept), [places[number] for number in kept]


def _chinese(signs: list[str], number: int, step: int) -> bool:
    """Whether the next sign that is no blank, that way, is a Chinese character."""
    while 0 <= (number := number + step) < len(signs):
        if signs[number] not in " \t":
            return "\u3400" <= signs[number] <= "\u9fff"
    return False


def _links(text: str, hosts: tuple[str, ...]) -> Iterator[Breach]:
    for match in _LINK.finditer(text):
        host = host_of(match[0])
        if any(host == one or host.endswith(f".{one}") for one in hosts):
            continue
        yield Breach(
            ELSEWHERE,
            match.start(),
            match.end(),
            Text(f"链接通向 {host}，不在名单里", f"the link leads to {host}, which is not listed"),
            Text(
                f"允许的是 {'、'.join(hosts)}；要加就写进 sopengine.toml 的 [copy] hosts",
                f"Listed are {', '.join(hosts)}; add to `hosts` of [copy] in sopengine.toml where it is meant",
            ),
        )


def host_of(link: str) -> str:
    """Where a browser would go: past a name before `@`, with backslashes as slashes, in its ASCII form."""
    rest = re.sub(r"(?i)^https?:[/\\]{1,9}", "", link).replace("\\", "/")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    name = host.partition(":")[0].rstrip(".").lower() if not host.startswith("[") else host.lower()
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name


_REPHRASE = Text("换一种说法", "Say it in another way")

"""A message in the platform's own Markdown → what its reader sees; all else stays literal.

WeCom robots know headings, bold, links, inline code, quotes and three colours of `<font>`
(developer.work.weixin.qq.com/document/path/99110). Each element is taken whole or not at all, on one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup

from sopengine.review.html.markup import NOTHING, literal, tag

_HEADING = re.compile(r"(#{1,6}) +(\S.*)")
_QUOTE = re.compile(r"> ?(.*)")
_START = re.compile(r"`|\*\*|\[|<font color=\"(info|comment|warning)\">")
_LINK = re.compile(r"\[([^\[\]]{1,500})\]\((https?://([A-Za-z0-9.-]+)(?::[0-9]{1,5})?(?:[/?#][^\s()<>\"'\\]*)?)\)")
"""Only with a plain host: a name before `@`, a backslash or another script could pass for a host that it is not."""


def shown(text: str) -> Markup:
    """Blocks for each line: headings as bold lines, since a message has no place in the page's outline."""
    return Markup("").join(_line(line) for line in text.split("\n"))


def _line(line: str) -> Markup:
    if heading := _HEADING.fullmatch(line):
        return tag("p", _inline(heading[2]), class_=f"h h{len(heading[1])}")
    if quote := _QUOTE.fullmatch(line):
        return tag("blockquote", _inline(quote[1]) or tag("br"))
    return tag("p", _inline(line)) if line.strip() else tag("p", tag("br"))


def _inline(text: str) -> Markup:
    return NOTHING.join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    """From left to right. An end is looked for only once for each kind, so that no text takes more than linear time."""
    done, missing = 0, set[str]()
    while start := _START.search(text, done):
        opened = start[0]
        yield literal(text[done : start.start()])
        if opened == "[":
            link = _LINK.match(text, start.start())
            yield _link(link) if link else literal(opened)
            done = link.end() if link else start.end()
            continue
        closing = "</font>" if start[1] else opened
        end = -1 if closing in missing else text.find(closing, start.end())
        inside = text[start.end() : end] if end >= 0 else ""
        if not inside.strip():
            missing |= {closing} if end < 0 else set()
            yield literal(opened)
            done = start.end()
            continue
        done = end + len(closing)
        yield tag("code", inside) if opened == "`" else _styled(start[1], inside)
    yield literal(text[done:])


def _styled(colour: str | None, inside: str) -> Markup:
    return tag("span", _inline(inside), class_=f"font-{colour}") if colour else tag("strong", _inline(inside))


def _link(link: re.Match[str]) -> Markup:
    words, address, host = link[1], link[2], link[3].lower()
    away = tag("a", words, href=address, rel="noreferrer noopener nofollow", target="_blank")
    return NOTHING.join((away, tag("span", f" {host}", class_="host")))

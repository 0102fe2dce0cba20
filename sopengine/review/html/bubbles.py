"""An item in, what its reader gets to see out: chat bubbles, a task's card, or the words of an action."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.html import markdown
from sopengine.review.html.markup import NOTHING, joined, tag
from sopengine.review.model import Item
from sopengine.review.notes import about_message, beside_text
from sopengine.review.words import MODES

_FACES = {
    "auto": Text("机", "bot"),
    "confirm": Text("人", "me"),
    "manual": Text("人", "me"),
    "task": Text("办", "to do"),
}
_NO_TEXT = Text("没有文字", "no text")


def said(item: Item, lang: str) -> Markup:
    """The whole message, as a figure with what is to be known about it beneath; nothing where nobody gets anything."""
    if item.kind == "act":
        return tag("figure", tag("code", item.text), class_="act")
    if item.state == "skipped" and not item.text:
        return NOTHING
    kind = "card" if item.kind == "task" else item.mode
    face = tag("span", _FACES[item.mode].get(lang), class_=f"face {item.mode}", aria_hidden="true")
    sender = item.channel or MODES[item.mode].get(lang)
    extras = (tag("span", tag("bdi", extra), class_="extra") for extra in beside_text(item, lang))
    body = tag("div", tag("p", tag("bdi", sender), class_="from"), *_bubbles(item, lang), *extras)
    foot = tag("figcaption", _room(item), joined(" · ", *about_message(item, lang)))
    return tag("figure", face, body, foot, class_=f"chat {kind}")


def _bubbles(item: Item, lang: str) -> Iterable[Markup]:
    if not item.text.strip():
        yield tag("div", tag("em", _NO_TEXT.get(lang)), class_="bubble none")
        return
    for part in item.parts or (item.text,):
        text = part.rstrip("\n")
        if item.format == "markdown" and item.mode != "manual":
            yield tag("div", markdown.shown(text), class_="bubble md", dir="auto")
        else:
            yield tag("div", text, class_="bubble", dir="auto")


def _room(item: Item) -> Markup:
    """How much of the channel's limit the longest of them takes."""
    if not item.max_bytes or item.kind != "send":
        return NOTHING
    used = min(1.0, item.bytes / item.max_bytes)
    kind = "over" if item.bytes > item.max_bytes else "near" if used > 0.9 else "used"
    bar = tag("rect", class_=kind, width=f"{100 * used:.1f}%", height=4, rx=2)
    return tag(
        "svg", tag("rect", width="100%", height=4, rx=2), bar, class_="room", width=56, height=4, aria_hidden="true"
    )

"""Words in, markup out. Only `tag` makes markup; every other text that reaches it is shown literally."""

from __future__ import annotations

from html import escape
from itertools import chain

from markupsafe import Markup

from sopengine.review.columns import harmless

NOTHING = Markup("")
_VOID = ("br", "input", "meta")
_OWN_LINE = ("details", "fieldset", "figure", "h2", "h3", "header", "li", "main", "section", "summary", "tr")
"""They begin a line in the file, so that two pages can be compared by eye; none stands where spaces count."""


def literal(text: str) -> Markup:
    """A text as it reads: markup and signs that turn the writing direction are spelled out. Markup stays as it is."""
    return text if isinstance(text, Markup) else Markup(escape(harmless(text)))


def tag(name: str, /, *inside: str, **attributes: str | int | bool | None) -> Markup:
    """An element. Attributes are named as in HTML, `class_` and `data_day` for what Python cannot spell; True stands
    alone, None and False are left out."""
    given = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    opened = ("\n" if name in _OWN_LINE else "") + f"<{name}{given}>"
    return Markup(opened if name in _VOID else f"{opened}{''.join(map(literal, inside))}</{name}>")


def joined(gap: str, *parts: str) -> Markup:
    """Parts with `gap` between them, all literal unless they are markup; empty ones are left out."""
    shown = [literal(part) for part in parts if part]
    between = chain.from_iterable((literal(gap), part) for part in shown)
    return Markup("".join(list(between)[1:]))


def _attribute(key: str, value: str | int | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{literal(str(value))}"'

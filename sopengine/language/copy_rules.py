"""What a workspace asks of every text: words that must not be used, hosts that links may lead to."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct


class Forbidden(NamedTuple):
    word: str
    instead: str = ""
    why: str = ""


class CopyRules(Struct, frozen=True):
    """`allowed` are longer words that may be said although a forbidden one stands in them. `hosts` and what is under
    them are where links may lead; none given: anywhere."""

    forbidden: tuple[Forbidden, ...] = ()
    allowed: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


ANYTHING = CopyRules()

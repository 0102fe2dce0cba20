"""A day that is not the day any more → the texts that still name it, each with its place."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from msgspec.structs import replace

from sopengine.diagnostics import Place
from sopengine.language.checks.wording.prose import prose
from sopengine.language.document import Document
from sopengine.language.model import Playbook, Send, Step

_DAYS = ("一", "二", "三", "四", "五", "六", "日天")
_NAMES = ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


class OldDate(NamedTuple):
    """Where a text names the day, and in which words."""

    place: Place
    word: str


def naming(document: Document, playbook: Playbook, steps: Collection[Step], day: date) -> Iterator[OldDate]:
    """In the texts of these steps: the date in the ways in which people write it, and its weekday."""

    def shown(file: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(document.file), file))

    sends = [arm.action.message for step in steps for _, arm in step.all_arms() if isinstance(arm.action, Send)]
    theirs = {message.name: message for message in sends if message.name}
    pattern = written(day)
    for text in prose(replace(playbook, messages=theirs), steps, shown):
        for found in pattern.finditer(text.literal):
            yield OldDate(text.place(document, found.start(), found.end()), found.group())


def written(day: date) -> re.Pattern[str]:
    """`6月18日`, `2026-06-18`, `6/18`, `6.18`, `June 18`, `18 June`, `周四`, `Thursday`."""
    month, number = rf"0?{day.month}", rf"0?{day.day}"
    name = _MONTHS[day.month - 1]
    ways = (
        rf"(?<!\d){month}\s*月\s*{number}\s*[日号]",
        rf"(?<!\d){day.year}-{day.month:02}-{day.day:02}(?!\d)",
        rf"(?<![\d./]){month}[./]{number}(?![\d./])",
        rf"\b(?:{name}|{name[:3]})\.?\s+{number}(?:st|nd|rd|th)?\b",
        rf"(?<!\d){number}(?:st|nd|rd|th)?\s+(?:{name}|{name[:3]})\b",
        rf"(?:周|星期|礼拜)[{_DAYS[day.weekday()]}]",
        rf"\b{_NAMES[day.weekday()]}day\b",
    )
    return re.compile("|".join(ways), re.IGNORECASE)

"""One item of a dry run → its entry in a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from icalendar import Event

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless, one_line
from sopengine.review.model import GOES_OUT, Item
from sopengine.review.words import MODES, moment_name, reach

LENGTH = timedelta(minutes=15)
"""Calendars hide what has no length. An item that is spread lasts until its last target has its turn."""
SUMMARY = 60


def dated(items: Iterable[Item], as_of: datetime) -> Iterator[Item]:
    """What a calendar holds: what is to go out at a time that is known."""
    for item in items:
        if item.at is not None and item.at >= as_of and item.state in GOES_OUT:
            yield item


def events(items: Iterable[Item], campaign: str, lang: str) -> dict[str, Event]:
    """By UID, without what tells versions apart. Turns of one slot are numbered in order of time."""
    found: dict[str, Event] = {}
    for item in items:
        name = "-".join(part for part in (item.key, item.arm) if part)
        uid, number = f"{name}@{campaign}.sopengine", 1
        while uid in found:
            number += 1
            uid = f"{name}-{number}@{campaign}.sopengine"
        found[uid] = _event(uid, item, lang)
    return found


def _event(uid: str, item: Item, lang: str) -> Event:
    assert item.at is not None
    event = Event()
    event.add("uid", uid)
    event.add("dtstart", item.at.astimezone(UTC))
    event.add("dtend", max(item.at + LENGTH, item.last_at or item.at).astimezone(UTC))
    event.add("summary", _summary(item, lang))
    event.add("description", "\n".join(_description(item, lang)))
    event.add("status", "CONFIRMED" if item.state == "planned" else "TENTATIVE")
    event.add("transp", "TRANSPARENT")  # nobody is busy because a message goes out
    event.add("categories", [harmless(item.phase or item.section)])
    return event


def _summary(item: Item, lang: str) -> str:
    text = one_line(item.text)
    short = text if len(text) <= SUMMARY else text[: SUMMARY - 1] + "…"
    return harmless(
        f"{MODES[item.mode].get(lang)} {item.person or reach(item, lang)}{Text('：', ': ').get(lang)}{short or item.id}"
    )


def _description(item: Item, lang: str) -> Iterator[str]:
    yield from (harmless(line) for line in item.text.split("\n"))
    yield ""
    yield f"{Text('步骤：', 'Step: ').get(lang)}{harmless(item.id)}"
    yield f"{Text('给：', 'To: ').get(lang)}{reach(item, lang)}"
    if item.texts > 1:
        several = Text(
            f"有 {item.texts:,} 种文字，这里是给 {item.target} 的",
            f"{item.texts:,} different texts; this is the one for {item.target}",
        )
        yield harmless(several.get(lang))
    if item.due is not None:
        yield f"{Text('期限：', 'Due: ').get(lang)}{moment_name(item.due, lang)}"
    if item.approve:
        yield f"{Text('要批准：', 'Needs approval: ').get(lang)}{harmless(item.approve)}"
    if item.reason is not None:
        yield harmless(item.reason.get(lang))
    yield f"{harmless(item.place.file)}:{item.place.line}"

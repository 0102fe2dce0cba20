"""A dry run and the file that was written before → the file as it is to be now, and what has changed in it.

The file itself is the memory: an entry keeps its UID, counts its versions (SEQUENCE), and stays as a cancelled one when
it has gone from the plan, so that a calendar that imports the file again takes it away. What is past stays as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from icalendar import Calendar, Event

from sopengine.review.ics.event import dated, events
from sopengine.review.model import DryRun, Item

PRODUCT = "-//sopengine//dry-run//EN"
_CAMPAIGN, _WHOSE = "X-SOPENGINE-CAMPAIGN", "X-SOPENGINE-FOR"
_SAYS = ("DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP", "CATEGORIES")


class Written(NamedTuple):
    """`entries` that stand in the file and are not cancelled; of these, new, changed; and cancelled this time."""

    data: bytes
    entries: int
    new: int
    changed: int
    cancelled: int


class NotOurs(Exception):
    """The file that is there is no calendar of this campaign for the same people."""


def calendar(
    run: DryRun, items: Sequence[Item], lang: str, *, whose: str, until: datetime, since: datetime, before: bytes
) -> Written:
    """`since` and `until` bound what the dry run looked at: outside of it nothing is cancelled. `before` is the file as
    it was, empty where there was none; raises NotOurs."""
    was = _read(before, run.campaign, whose) if before else {}
    now = events(dated(items, run.as_of), run.campaign, lang)
    stamp, counts = run.as_of.astimezone(UTC), Counter[str]()
    kept: list[Event] = []
    for uid, event in now.items():
        old = was.get(uid)
        if old is not None and _says(old) == _says(event):
            kept.append(old)
            continue
        counts["changed" if old is not None else "new"] += 1
        kept.append(_version(event, stamp, old))
    for uid, old in was.items():
        if uid not in now:
            gone = old["STATUS"] != "CANCELLED" and max(run.as_of, since) <= old.decoded("DTSTART") < until
            counts["cancelled"] += gone
            kept.append(_cancelled(old, stamp) if gone else old)
    made = _head(run, whose)
    for event in sorted(kept, key=lambda one: (one.decoded("DTSTART"), str(one["UID"]))):
        made.add_component(event)
    standing = sum(event["STATUS"] != "CANCELLED" for event in kept)
    return Written(made.to_ical(), standing, counts["new"], counts["changed"], counts["cancelled"])


def _head(run: DryRun, whose: str) -> Calendar:
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", " · ".join(part for part in (run.title, whose) if part))
    made.add("x-wr-timezone", run.timezone)
    made.add(_CAMPAIGN, run.campaign)
    made.add(_WHOSE, whose)
    return made


def _read(data: bytes, campaign: str, whose: str) -> dict[str, Event]:
    try:
        found = Calendar.from_ical(data)
    except ValueError:
        raise NotOurs from None
    if (found.get("PRODID"), found.get(_CAMPAIGN), found.get(_WHOSE)) != (PRODUCT, campaign, whose):
        raise NotOurs
    return {str(event["UID"]): event for event in found.events}


def _says(event: Event) -> list[object]:
    """What a reader sees of it; versions apart."""
    return [event[name].to_ical() for name in _SAYS]


def _version(event: Event, stamp: datetime, old: Event | None) -> Event:
    number = int(str(old["SEQUENCE"])) + 1 if old is not None else 0
    for name, value in (("dtstamp", stamp), ("last-modified", stamp), ("sequence", number)):
        event.pop(name, None)
        event.add(name, value)
    return event


def _cancelled(old: Event, stamp: datetime) -> Event:
    del old["STATUS"]
    old.add("status", "CANCELLED")
    return _version(old, stamp, old)

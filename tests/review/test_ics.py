"""A dry run as a calendar: two readers see what the plan says, and a second writing tells what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from msgspec.structs import replace

from sopengine.review.columns import harmless
from sopengine.review.ics.calendar import NotOurs, Written, calendar
from sopengine.review.model import DryRun, Item, count
from tests.review.festival import at, festival, item
from tests.review.golden_file import matches
from tests.review.hostile import TEXTS

FAR = at(28, "00:00")
HOSTILE = (
    *TEXTS,
    "END:VEVENT\nBEGIN:VEVENT\nSUMMARY:甲",
    "a;b,c\\n\\\\d",
    "x\r\nATTACH:http://a.example",
    'DTSTART;VALUE="DATE":20260101',
    "ends with a blank \n\n and a line\n",
)


def written(run: DryRun, before: bytes = b"", lang: str = "zh", **given: Any) -> Written:
    asked = {"whose": "", "since": run.as_of, "until": FAR, **given}
    return calendar(run, run.items, lang, before=before, **asked)


def saying(*items: Item) -> DryRun:
    return festival(items=items, totals=count(items))


def by_icalendar(data: bytes) -> dict[str, tuple[datetime, str, str, int]]:
    """By UID: begin, description, status, version."""
    found = icalendar.Calendar.from_ical(data).events
    return {str(e["UID"]): (e.start, str(e["DESCRIPTION"]), str(e["STATUS"]), int(e["SEQUENCE"])) for e in found}


def by_vobject(data: bytes) -> dict[str, tuple[datetime, str, str, int]]:
    found = vobject.readOne(data.decode()).vevent_list
    return {e.uid.value: (e.dtstart.value, e.description.value, e.status.value, int(e.sequence.value)) for e in found}


ONE, TWO = item("one", at(18, "10:00"), "第一条"), item("two", at(19, "10:00"), "第二条")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden(lang: str) -> None:
    assert matches(f"festival-{lang}.ics.txt", written(festival(), lang=lang).data.decode().replace("\r\n", "\n"))


def test_both_readers_see_the_times_and_texts_of_the_plan() -> None:
    run = festival()
    planned = sorted((i.at, i.text) for i in run.items if i.at and i.at >= run.as_of and i.state in ("planned", "held"))
    data = written(run).data
    for found in (by_icalendar(data), by_vobject(data)):
        seen = sorted((begin, description.split("\n\n步骤：")[0]) for begin, description, _, _ in found.values())
        assert [(begin.astimezone(UTC), text) for begin, text in seen] == [
            (begin.astimezone(UTC), text) for begin, text in planned
        ]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_gets_out_of_its_line(text: str) -> None:
    run = saying(replace(ONE, text=text, audience=text, phase=text), TWO)
    data = written(run).data
    lines = data.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    shown = "\n".join(harmless(line) for line in text.split("\n"))
    for found in (by_icalendar(data), by_vobject(data)):
        assert len(found) == 2
        first = min(found.values())[1]
        assert first.startswith(shown)


def test_equal_plans_give_equal_bytes_and_writing_again_changes_nothing() -> None:
    first = written(festival())
    assert written(festival()).data == first.data
    later = replace(festival(), as_of=festival().as_of + timedelta(minutes=5))
    again = written(later, first.data)
    assert (again.new, again.changed, again.cancelled) == (0, 0, 0)
    assert again.data == first.data


def versions(data: bytes) -> Sequence[tuple[str, int]]:
    """Status and version of each entry, in order of time."""
    found = by_icalendar(data)
    assert by_vobject(data) == found
    return [(status, number) for _, _, status, number in sorted(found.values())]


def test_an_edit_is_a_new_version_of_the_same_entry() -> None:
    first = written(saying(ONE, TWO))
    edited = written(saying(replace(ONE, text="改了", at=at(18, "11:00")), TWO), first.data)
    assert (edited.new, edited.changed, edited.cancelled) == (0, 1, 0)
    assert by_icalendar(edited.data).keys() == by_icalendar(first.data).keys()
    assert versions(edited.data) == [("CONFIRMED", 1), ("CONFIRMED", 0)]


def test_what_goes_is_cancelled_and_may_come_back() -> None:
    first = written(saying(ONE, TWO))
    gone = written(saying(ONE), first.data)
    assert (gone.entries, gone.cancelled) == (1, 1)
    assert versions(gone.data) == [("CONFIRMED", 0), ("CANCELLED", 1)]
    assert written(saying(ONE), gone.data).data == gone.data
    back = written(saying(ONE, TWO), gone.data)
    assert (back.entries, back.changed) == (2, 1)
    assert versions(back.data) == [("CONFIRMED", 0), ("CONFIRMED", 2)]


def test_what_a_person_leaves_out_is_cancelled_too() -> None:
    first = written(saying(ONE, TWO))
    assert versions(written(saying(ONE, replace(TWO, state="skipped")), first.data).data)[1] == ("CANCELLED", 1)


def test_the_past_and_what_was_not_looked_at_stay_as_they_were() -> None:
    first = written(saying(ONE, TWO))
    after = replace(saying(TWO), as_of=at(18, "12:00"))
    assert versions(written(after, first.data).data) == [("CONFIRMED", 0), ("CONFIRMED", 0)]
    part = written(saying(ONE), first.data, until=at(19, "00:00"))
    assert versions(part.data) == [("CONFIRMED", 0), ("CONFIRMED", 0)]


def test_what_is_past_is_no_news_for_a_new_calendar() -> None:
    assert written(replace(saying(ONE, TWO), as_of=at(18, "12:00"))).entries == 1


def test_turns_of_one_slot_are_entries_of_their_own() -> None:
    turns = [replace(ONE, at=at(18, clock)) for clock in ("09:00", "10:00", "11:00")]
    assert len(by_icalendar(written(saying(*turns)).data)) == 3


def test_what_depends_is_tentative() -> None:
    assert versions(written(saying(replace(ONE, state="depends"))).data) == [("TENTATIVE", 0)]


@pytest.mark.parametrize(
    "there",
    [
        b"hello",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//else//EN\r\nEND:VCALENDAR\r\n",
        b"\xff\xfe",
        b"BEGIN:VCALENDAR",
    ],
)
def test_a_file_that_is_not_ours_is_refused(there: bytes) -> None:
    with pytest.raises(NotOurs):
        written(saying(ONE), there)


def test_a_calendar_for_others_or_of_another_campaign_is_refused() -> None:
    first = written(saying(ONE), whose="mei").data
    with pytest.raises(NotOurs):
        written(saying(ONE), first)
    with pytest.raises(NotOurs):
        written(replace(saying(ONE), campaign="other"), first, whose="mei")

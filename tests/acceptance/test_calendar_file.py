"""`dry-run --ics`: the campaign in a calendar, written again after edits, for one audience, role or person."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

from tests.acceptance.conftest import Cli

WEEK = ("playbooks/tea-week.yaml", "--now", "2026-12-01T08:00", "--until", "2026-12-15")
FESTIVAL = ("playbooks/summer-festival.yaml", "--set", "opening=2026-06-18", "--now", "2026-06-01T08:00")


def entries(path: Path) -> dict[str, Any]:
    found = icalendar.Calendar.from_ical(path.read_bytes()).events
    return {str(event["UID"]): event for event in found}


@pytest.mark.parametrize("given", [WEEK, FESTIVAL])
def test_it_holds_what_the_plan_says(cli: Cli, workspace: Path, given: tuple[str, ...]) -> None:
    planned = cli("dry-run", *given, "--json").ok().json()["items"]
    expected = sorted((datetime.fromisoformat(i["at"]), i["text"]) for i in planned if "at" in i)
    told = cli("dry-run", *given, "--ics", "plan.ics").ok().out
    assert f"Wrote plan.ics: {len(expected)} entries ({len(expected)} new, 0 changed, 0 cancelled)" in told
    of_one = [(e.start, str(e["DESCRIPTION"])) for e in entries(workspace / "plan.ics").values()]
    other = vobject.readOne((workspace / "plan.ics").read_text("utf-8")).vevent_list
    of_other = [(e.dtstart.value, e.description.value) for e in other]
    for found in (of_one, of_other):
        assert sorted((begin, said.split("\n\nStep: ")[0]) for begin, said in found) == expected


def test_a_slip_of_the_pen_cancels_nothing(cli: Cli, workspace: Path) -> None:
    """What has an error in its time is not planned, which is no reason to take it out of people's calendars."""
    cli("dry-run", *WEEK, "--ics", "plan.ics").ok()
    before = (workspace / "plan.ics").read_bytes()
    book = workspace / "playbooks/tea-week.yaml"
    book.write_text(book.read_text("utf-8").replace("at: 15:00", "at: 35:00"), "utf-8")
    refused = cli("dry-run", *WEEK, "--ics", "plan.ics", "--html", "plan.html")
    assert (refused.code, "SOP-S2" in refused.err) == (1, True)
    assert "there are errors, plan.ics was not written" in refused.err
    assert (workspace / "plan.ics").read_bytes() == before
    assert not (workspace / "plan.html").exists()


def test_after_an_edit_the_same_file_tells_the_difference(cli: Cli, workspace: Path) -> None:
    cli("dry-run", *WEEK, "--ics", "plan.ics").ok()
    before = (workspace / "plan.ics").read_bytes()
    assert "(0 new, 0 changed, 0 cancelled)" in cli("dry-run", *WEEK, "--ics", "plan.ics").ok().out
    assert (workspace / "plan.ics").read_bytes() == before
    book = workspace / "playbooks/tea-week.yaml"
    text = book.read_text("utf-8")
    assert text.count("at: 15:00") == 1
    book.write_text(text.replace("at: 15:00", "at: 14:00"), "utf-8")
    old = entries(workspace / "plan.ics")
    assert "(0 new, 2 changed, 0 cancelled)" in cli("dry-run", *WEEK, "--ics", "plan.ics").ok().out
    new = entries(workspace / "plan.ics")
    moved = [uid for uid in new if new[uid]["SEQUENCE"] == 1]
    assert new.keys() == old.keys()
    assert [(old[uid].start - new[uid].start).seconds for uid in moved] == [3600, 3600]


def test_for_an_audience_a_role_or_a_person(cli: Cli, workspace: Path) -> None:
    items = cli("dry-run", *FESTIVAL, "--each", "--json").ok().json()["items"]
    tasks = [i for i in items if i["mode"] == "task" and "at" in i]
    role = tasks[0]["audience"]
    told = cli("dry-run", *FESTIVAL, "--for", role, "--ics", "role.ics").ok().out
    assert f"{len({i['id'] + i['at'] for i in tasks if i['audience'] == role})} entries" in told
    shops = (workspace / "data/stores.csv").read_text("utf-8").splitlines()
    manager = shops[1].split(",")[shops[0].split(",").index("manager")]
    cli("dry-run", *FESTIVAL, "--for", manager, "--ics", "hers.ics").ok()
    hers = entries(workspace / "hers.ics")
    assert hers
    assert all(f"{manager}: " in str(event["SUMMARY"]) for event in hers.values())
    refused = cli("dry-run", *FESTIVAL, "--for", f"{manager}们", "--ics", "nobody.ics")
    assert refused.code == 2
    assert f"--for: there is no {manager}们, did you mean {manager}?" in refused.err
    assert not (workspace / "nobody.ics").exists()


def test_what_does_not_go_together(cli: Cli, workspace: Path) -> None:
    for words in (("--each", "--ics", "a.ics"), ("--show", "hello", "--ics", "a.ics"), ("--for", "x")):
        assert cli("dry-run", *WEEK, *words).code == 2
    (workspace / "mine.ics").write_text("BEGIN:VCALENDAR\nPRODID:mine\nEND:VCALENDAR\n", "utf-8")
    refused = cli("dry-run", *WEEK, "--ics", "mine.ics")
    assert (refused.code, "no calendar of this campaign" in refused.err) == (2, True)
    assert (workspace / "mine.ics").read_text("utf-8").startswith("BEGIN:VCALENDAR\nPRODID:mine")

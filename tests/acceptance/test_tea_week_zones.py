"""The tea week posts at its local times on its weekdays, wherever it runs, from `tick` driven by a clock."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.house import House

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "playbooks/tea-week.yaml").read_text("utf-8")
WEEK = {("Mon", "09:00"), ("Tue", "15:00"), ("Tue", "17:00"), ("Fri", "19:00")}

# Both changes of 2026: New York 8 March and 1 November, Lord Howe 5 April and 4 October. Shanghai has none.
WINDOWS = [
    ("Asia/Shanghai", date(2026, 3, 2), 2),
    ("Asia/Shanghai", date(2026, 10, 26), 2),
    ("America/New_York", date(2026, 3, 2), 2),
    ("America/New_York", date(2026, 10, 26), 2),
    ("Australia/Lord_Howe", date(2026, 3, 30), 2),
    ("Australia/Lord_Howe", date(2026, 9, 28), 2),
]
PACE = {"Australia/Lord_Howe": timedelta(minutes=30)} | dict.fromkeys(
    ("Asia/Shanghai", "America/New_York"), timedelta(hours=1)
)
"""Of the passes: Lord Howe moves its clocks by half an hour."""


def tea_house(root: Path, zone: str) -> House:
    data = (ROOT / "playbooks/data/groups.csv").read_text("utf-8")
    text = TEXT.replace("timezone: Asia/Shanghai", f"timezone: {zone}")
    assert f"timezone: {zone}" in text
    shutil.copytree(ROOT / "playbooks/messages", root / "messages")
    return House(root, text, groups=data, zone=ZoneInfo(zone))


def posts(house: House) -> Counter[tuple[date, str, str]]:
    """Local date, weekday and time at which each weekly post really went out, with the number of groups."""
    found: Counter[tuple[date, str, str]] = Counter()
    for t in house.log():
        if t.after == "sent":
            local = t.at.astimezone(house.zone)
            found[local.date(), f"{local:%a}", f"{local:%H:%M}"] += 1
    return found


@pytest.mark.parametrize(("zone", "monday", "weeks"), WINDOWS)
def test_weekdays_and_times_hold_across_both_changes(tmp_path: Path, zone: str, monday: date, weeks: int) -> None:
    house = tea_house(tmp_path, zone)
    house.start(f"{monday - timedelta(days=1)}T12:00")
    end = monday + timedelta(days=7 * weeks)
    house.tick_every(PACE[zone], f"{monday}T00:00", f"{end}T00:00")
    found = posts(house)
    expected = {
        (monday + timedelta(days=7 * week + ("Mon", "Tue", "Wed", "Thu", "Fri").index(day)), day, clock)
        for week in range(weeks)
        for day, clock in WEEK
    }
    assert set(found) == expected
    assert len(set(found.values())) == 1  # every post to every group
    assert not [t for t in house.log() if t.after in ("missed", "failed", "unknown")]


def test_a_friday_that_never_was_is_left_out(tmp_path: Path) -> None:
    """Pacific/Apia went from Thursday 29 to Saturday 31 December 2011."""
    house = tea_house(tmp_path, "Pacific/Apia")
    house.start("2011-12-25T12:00")
    house.tick_every(timedelta(minutes=30), "2011-12-26T00:00", "2012-01-09T00:00")
    found = {(f"{day:%m-%d}", weekday, clock) for day, weekday, clock in posts(house)}
    assert found == {
        ("12-26", "Mon", "09:00"),
        ("12-27", "Tue", "15:00"),
        ("12-27", "Tue", "17:00"),
        ("01-02", "Mon", "09:00"),
        ("01-03", "Tue", "15:00"),
        ("01-03", "Tue", "17:00"),
        ("01-06", "Fri", "19:00"),
    }
    instants = sorted(t.at for t in house.log() if t.after == "sent")
    gap = datetime(2011, 12, 30, 10, tzinfo=UTC)  # midnight between the two days that met
    assert all(abs(at - gap) > timedelta(hours=12) for at in instants)

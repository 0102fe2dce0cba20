"""Local time and instants: zone names to zones, naive local times to UTC instants across clock changes, and back."""

from __future__ import annotations

import functools
import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError, closest
from sopengine.timing.words import Duration

# zoneinfo prefers the system's copy, which differs between hosts; only the tzdata package that we depend on is read.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

Note = Literal["", "gap", "overlap", "short month"]
"""Why a time is not simply the one written: the clock was changed, or a lunar month has no day 30."""

SHANGHAI = "Asia/Shanghai"
MEANT = {
    **dict.fromkeys(("北京", "北京时间", "上海", "中国", "中国时间", "东八区", "重庆", "广州", "深圳"), SHANGHAI),
    **dict.fromkeys(("asia/beijing", "china/beijing", "beijing", "china", "prc", "cst", "asia/peking"), SHANGHAI),
    **dict.fromkeys(("asia/shenzhen", "asia/guangzhou", "asia/hangzhou", "china/shanghai"), SHANGHAI),
    "乌鲁木齐": "Asia/Urumqi",
    "香港": "Asia/Hong_Kong",
    "澳门": "Asia/Macau",
    "台北": "Asia/Taipei",
    "新加坡": "Asia/Singapore",
    "吉隆坡": "Asia/Kuala_Lumpur",
    "曼谷": "Asia/Bangkok",
    "东京": "Asia/Tokyo",
    "日本": "Asia/Tokyo",
    "首尔": "Asia/Seoul",
    "悉尼": "Australia/Sydney",
    "伦敦": "Europe/London",
    "巴黎": "Europe/Paris",
    "纽约": "America/New_York",
    "洛杉矶": "America/Los_Angeles",
}
OFFSET_NAME = re.compile(r"(?:utc|gmt)?\s*([+-])\s*([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)


class Resolved(NamedTuple):
    """`instant` is aware, in UTC; `note` says whether the clock was changed at that local time."""

    instant: datetime
    note: Note


def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name, from the pinned data. Raises TimeTextError SOP-S209."""
    if name.lower() not in MEANT and name in _names():
        return ZoneInfo(name)
    correct = _meant(name)
    shown = name if len(name) <= 40 else name[:40] + "…"
    message = Text(f"没有叫 `{shown}` 的时区", f"There is no time zone `{shown}`")
    if correct is None:
        help = Text("时区写“洲/城市”，例如 `Asia/Shanghai`", "A zone is written area/city, such as `Asia/Shanghai`")
    else:
        help = Text(f"是不是 `{correct}`？", f"Did you mean `{correct}`?")
    raise TimeTextError("SOP-S209", message, help, length=len(name), correct=correct)


def _meant(name: str) -> str | None:
    word = name.strip().lower()
    if word in MEANT:
        return MEANT[word]
    offset = OFFSET_NAME.fullmatch(word)
    if offset:
        return SHANGHAI if (offset[1], int(offset[2]), offset[3] or "00") == ("+", 8, "00") else None
    word = word.replace(" ", "_")
    by_lower = {known.lower(): known for known in sorted(_names())}
    by_city = {known.rpartition("/")[2]: by_lower[known] for known in by_lower}
    found = closest(word[:60], [*by_lower, *by_city])
    return None if found is None else by_lower.get(found) or by_city[found]


@functools.cache
def _names() -> frozenset[str]:
    # available_timezones() opens every file of the package; this list is what it would find
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def tzdata_version() -> str:
    """The release of the zone data in use, as IANA names it: `2026b`."""
    import tzdata  # type: ignore[import-untyped]

    return str(tzdata.IANA_VERSION)


def resolve(local: datetime, zone: ZoneInfo) -> Resolved:
    """When the wall clock of `zone` shows `local`, which is naive (ValueError if not).

    A time in a gap gives the end of the gap; a time that comes twice gives the first instant. A whole day may be
    missing (Pacific/Apia 2011-12-30); its times give the gap's end too, and the caller decides whether the day counts.
    """
    if local.tzinfo is not None:
        raise ValueError(f"{local} is not a local time")
    # built from their parts because datetime.replace takes four times as long, and this is the hot path of planning
    parts = local.year, local.month, local.day, local.hour, local.minute, local.second, local.microsecond
    first = datetime(*parts, tzinfo=zone)
    before, after = first.utcoffset(), datetime(*parts, tzinfo=zone, fold=1).utcoffset()
    if before == after:
        return Resolved(first.astimezone(UTC), "")
    if before is None or after is None:
        raise ValueError(f"{zone} has no offset at {local}")
    if before > after:
        return Resolved(first.astimezone(UTC), "overlap")
    return Resolved(_gap_end(local, zone, before, after), "gap")


def _gap_end(local: datetime, zone: ZoneInfo, before: timedelta, after: timedelta) -> datetime:
    """The instant of the change from offset `before` to `after`; zone data change on whole seconds."""
    origin = (local - after).replace(tzinfo=UTC, fold=0)  # still before the change
    early, late = 0, int((after - before).total_seconds())  # seconds from origin; `late` is past the change
    while late - early > 1:
        middle = (early + late) // 2
        if (origin + timedelta(seconds=middle)).astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return (origin + timedelta(seconds=late)).replace(microsecond=0)


@functools.lru_cache(maxsize=4096)  # the steps of a playbook ask for the same days
def day_exists(day: date, zone: ZoneInfo) -> bool:
    """False for a local date that the zone leaped over."""
    start = resolve(datetime.combine(day, time()), zone)
    return start.note != "gap" or local_date(start.instant, zone) == day


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The date on the wall in `zone` at an aware instant."""
    return instant.astimezone(zone).date()


def add(instant: datetime, duration: Duration, zone: ZoneInfo) -> datetime:
    """Days by the wall clock of `zone`, then seconds as they pass. Takes an aware instant, gives UTC."""
    if duration.days:
        local = instant.astimezone(zone).replace(tzinfo=None, fold=0)
        instant = resolve(local + timedelta(days=duration.days), zone).instant
    return instant.astimezone(UTC) + timedelta(seconds=duration.seconds)

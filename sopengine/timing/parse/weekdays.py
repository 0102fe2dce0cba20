"""The names of weekdays, in English and Chinese, and the rules they stand for."""

from __future__ import annotations

from sopengine.timing.words import OnWeekday

SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS: dict[str, int] = (
    {name: i for i, name in enumerate(SHORT)}
    | {name: i for i, name in enumerate(LONG)}
    | {"tues": 1, "thur": 3, "thurs": 3}
    | {week + sign: i for week in ("周", "星期", "礼拜") for i, sign in enumerate("一二三四五六日")}
    | {week + "天": 6 for week in ("周", "星期", "礼拜")}
)
IN_CHINESE = "|".join(sorted((word for word in WEEKDAYS if not word.isascii()), key=len, reverse=True))
"""A pattern for the Chinese names."""


def weekday_rule(weekday: int, every_weeks: int = 1) -> OnWeekday:
    text = SHORT[weekday] if every_weeks == 1 else f"every {every_weeks} weeks {SHORT[weekday]}"
    return OnWeekday(text, weekday, every_weeks)

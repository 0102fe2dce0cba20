"""Anchors with offsets, `opening - 7d`, bounds and `after`, to AnchorTime, date, datetime and After values."""

from __future__ import annotations

import re
from datetime import date, datetime

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError, part_at, write
from sopengine.timing.parse.clocks import looks_like_datetime, parse_date, parse_datetime
from sopengine.timing.parse.durations import duration_text, parse_duration
from sopengine.timing.parse.signs import trimmed
from sopengine.timing.words import After, AnchorTime, Duration

WORD = r"[^\W\d][\w-]*"
NAME = re.compile(rf"{WORD}(?:\.{WORD})*")
OFFSET = re.compile(r"(?P<name>\S.*?)\s+(?P<sign>[+-])\s+(?P<length>\S.*)", re.DOTALL)
LENGTH = r"(?:[0-9]+(?:[dhms]|天|小时|分钟|秒)\s*)+"
TIGHT = re.compile(rf"(?P<name>{WORD}(?:\.{WORD})*?)\s*(?P<sign>[+-])\s*(?P<length>{LENGTH})")


@trimmed("SOP-S207")
def parse_anchor(text: str) -> date | datetime | AnchorTime:
    """A date, a datetime (naive unless it has an offset), or an anchor with or without one. Raises S207, S210–S212."""
    if looks_like_datetime(text):
        return parse_datetime(text)
    if text[0].isdigit():
        return parse_date(text)
    return anchor_time(text)


def anchor_time(text: str) -> AnchorTime:
    """`opening`, `opening - 7d`, `target.opens + 10m`; the text is trimmed. Raises SOP-S207, SOP-S210."""
    shift = OFFSET.fullmatch(text)
    tight = TIGHT.fullmatch(text)
    if shift is None and tight is not None:
        correct = f"{tight['name']} {tight['sign']} {tight['length']}"
        message = Text("加减号两边要有空格", "The sign needs a space on each side")
        raise TimeTextError("SOP-S207", message, write(correct), offset=tight.start("sign"), correct=correct)
    if shift is None:
        return AnchorTime(_name(text))
    name = _name(shift["name"])
    with part_at(*shift.span("length"), text):
        offset = parse_duration(shift["length"])
    return AnchorTime(name, -offset if shift["sign"] == "-" else offset)


def _name(text: str) -> str:
    if NAME.fullmatch(text):
        return text
    start = NAME.match(text)
    at = 0 if start is None else start.end()
    shown = text[:40]
    message = Text(f"`{shown}` 不是日期，也不是锚点的名字", f"`{shown}` is neither a date nor an anchor's name")
    help = Text("例如 `2026-06-18`、`opening`、`opening - 7d`", "Such as `2026-06-18`, `opening`, `opening - 7d`")
    raise TimeTextError("SOP-S207", message, help, offset=at, length=len(text) - at)


def anchor_text(anchor: AnchorTime) -> str:
    """The one spelling of an anchor: equal values are spelt alike."""
    if anchor.offset == Duration():
        return anchor.name
    back = anchor.offset.days < 0 or anchor.offset.seconds < 0
    return f"{anchor.name} {'-' if back else '+'} {duration_text(-anchor.offset if back else anchor.offset)}"


@trimmed("SOP-S210")
def parse_after(text: str) -> After:
    """`10m`, `teaser + 2h`, `live.ended + 10m`, or a bare `teaser`. Raises SOP-S207, SOP-S210."""
    if text[0].isdigit() or text[0] in "+-":
        delay = parse_duration(text)
        return After(duration_text(delay), delay)
    anchor = anchor_time(text)
    if anchor.offset.days < 0 or anchor.offset.seconds < 0:
        at = text.index(" -") + 1
        message = Text("`after` 是之后，不能用减号", "`after` comes later: there is no minus here")
        raise TimeTextError("SOP-S210", message, offset=at)
    return After(anchor_text(anchor), anchor.offset, anchor.name, of_step="." not in anchor.name)

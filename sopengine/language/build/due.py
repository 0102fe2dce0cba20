"""The time limit of a task, as written → its canonical text: a duration, `N workdays`, a clock time or an anchor;
and the times that are counted from it."""

from __future__ import annotations

import re

from sopengine.diagnostics import Text
from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse import duration_text, parse_anchor, parse_clock, parse_duration
from sopengine.timing.parse.clocks import clock_text
from sopengine.timing.parse.signs import trimmed
from sopengine.timing.words import AnchorTime

DUE = "due"
"""The anchor of a task's own time limit, for its reminders and escalations."""
_WORKDAYS = re.compile(r"(?P<count>[0-9]{1,3})\s*(?:workdays?|个?工作日)")
_DATE_LIKE = re.compile(r"[0-9]{4}\s*[-/.年]")
_CLOCK_LIKE = re.compile(r"[0-9]{1,2}\s*[:：.点].*")


@trimmed("SOP-S211")
def due_text(text: str) -> str:
    """The text in canonical form. Raises TimeTextError."""
    written = text.strip()
    if workdays := _WORKDAYS.fullmatch(written):
        return _workdays(int(workdays["count"]), text)
    if written[:1].isdigit():
        if _CLOCK_LIKE.fullmatch(written):
            return clock_text(parse_clock(text))
        if _DATE_LIKE.match(written):
            parse_anchor(text)
            return written
        return duration_text(parse_duration(text))
    anchor = parse_anchor(text)
    if isinstance(anchor, AnchorTime) and not anchor.name.isascii():
        raise TimeTextError(
            "SOP-S211",
            Text("读不懂这个期限", "This time limit cannot be read"),
            Text("例如 2h、1 workday、18:00、opening - 1d", "Such as `2h`, `1 workday`, `18:00`, `opening - 1d`"),
            length=len(text),
        )
    return written


@trimmed("SOP-S211")
def beside_due(text: str) -> str:
    """`due - 2h`, or another anchor. Raises TimeTextError."""
    if not text[:1].isdigit():
        anchor = parse_anchor(text)
        if isinstance(anchor, AnchorTime) and anchor.name.isascii():
            return text
    raise TimeTextError(
        "SOP-S211",
        Text("这里要写离期限多久", "A time before or after `due` is expected here"),
        Text("例如 due - 2h、due + 1h", "Such as `due - 2h`, `due + 1h`"),
        length=len(text),
    )


def _workdays(count: int, text: str) -> str:
    if count:
        return f"{count} workday" + ("s" if count > 1 else "")
    raise TimeTextError("SOP-S210", Text("至少 1 个工作日", "At least 1 workday"), length=len(text))


def anchor_of_due(due: str) -> AnchorTime | None:
    """The anchor of a task's time limit, where it is one."""
    if not due or due[0].isdigit():
        return None
    try:
        anchor = parse_anchor(due)
    except TimeTextError:
        return None
    return anchor if isinstance(anchor, AnchorTime) else None

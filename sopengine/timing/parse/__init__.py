"""What authors write about time, to the values of `words`; a mistake is a TimeTextError with its place in the text."""

from sopengine.timing.mistake import TimeTextError
from sopengine.timing.parse.anchors import parse_after, parse_anchor
from sopengine.timing.parse.clocks import parse_clock, parse_date, parse_date_of_data, parse_datetime
from sopengine.timing.parse.days import parse_on
from sopengine.timing.parse.durations import duration_text, parse_duration
from sopengine.timing.parse.moments import parse_at

__all__ = [
    "TimeTextError",
    "duration_text",
    "parse_after",
    "parse_anchor",
    "parse_at",
    "parse_clock",
    "parse_date",
    "parse_date_of_data",
    "parse_datetime",
    "parse_duration",
    "parse_on",
]

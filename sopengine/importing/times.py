"""What a sheet writes as a time of day → `at`, and how long after it the message still makes sense."""

from __future__ import annotations

import re

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.importing.plain import plain, split_circled, with_digits

_PART = "凌晨|清晨|早上|早晨|早间|早|上午|中午|午间|午后|下午|傍晚|晚上|晚间|晚|夜里|夜间|深夜|am|pm|a.m.|p.m."
_TOKEN = re.compile(
    rf"(?P<next>次日|第2天|隔天)?(?P<part>{_PART})? ?"
    r"(?:(?P<hour>\d{1,2}) ?(?:(?P<sign>[::.]) ?(?P<minute>\d{2})(?::\d{2})?(?![\d])"
    r"|(?:[点时])(?:(?P<words>半|1刻|3刻)|(?P<spoken>\d{1,2})分?|整|钟)*)?)(?: ?(?P<tail>am|pm))?(?:分|整)?"
)
_RANGE = re.compile(r" ?(?:-|~|至|到) ?")
_BETWEEN = re.compile(r" ?(?:、|,|，|;|/|和|及|&| ) ?")
_LATEST = re.compile(r"^(?:最晚|不晚于|不迟于|截止到?|截至|before |by )(?P<a>.+)$|^(?P<b>.+?)(?:之前|以前|前)$")
_ABOUT = re.compile(r"^(?:约|大约|around |about )(?P<a>.+)$|^(?P<b>.+?)(?:左右|前后|许)$")
_SERIAL = re.compile(r"0?\.\d+|0")
_LATE = ("午后", "下午", "傍晚", "晚上", "晚间", "晚", "夜里", "夜间", "深夜", "pm", "p.m.")
_BEFORE = 60
"""Minutes before a latest time at which a message is planned."""


class Times(Struct, frozen=True):
    """`at` as the language writes it. `minutes`: the length of a range. `latest`: only the end was given (`due`)."""

    at: tuple[str, ...]
    minutes: int = 0
    latest: str = ""
    assumed: Text | None = None
    question: Text | None = None


class _Token(Struct, frozen=True):
    minutes: int
    part: str
    bare: bool
    """Only a number."""
    spoken: bool
    """A small hour with no word for the part of the day."""
    dotted: bool


def read_times(text: str) -> Times | None:
    """None for what is no time, or not one alone."""
    pieces = [with_digits(plain(piece)) for piece in split_circled(text)]
    found = [_times(piece) for piece in pieces if piece]
    if len(found) == 1:
        return found[0]
    if not found or any(one is None or one.minutes or one.latest for one in found):
        return None
    every = [one for one in found if one is not None]
    assumed = next((one.assumed for one in every if one.assumed), None)
    return Times(tuple(dict.fromkeys(at for one in every for at in one.at)), assumed=assumed)


def leading_time(text: str) -> tuple[str, str] | None:
    """A text that begins with a time, as (time, the rest); None for others."""
    found = re.match(
        rf"\s*((?:{_PART})?\s*\d{{1,2}}\s*(?:[:：]\s*\d{{2}}|[点时](?:半|\d{{1,2}}分?)?)"
        rf"(?:\s*[-~～至到—–]\s*\d{{1,2}}[:：]\d{{2}})?(?:之?前|左右)?)(?=[\s，,、:：）)】]|[^\d前左])[\s，,、:：]*",
        text,
    )
    if not found or read_times(found[1]) is None or not text[found.end() :].strip():
        return None
    apart = found.end() > found.end(1)
    if not apart and re.fullmatch(r"\s*\d{1,2}\s*[点时]", found[1]):  # `3点经验` is no hour
        return None
    return found[1].strip(), text[found.end() :].strip()


def _times(text: str) -> Times | None:
    if _SERIAL.fullmatch(text):
        minutes = round(float(text) * 1440)
        at = _clock(minutes)
        return Times((at,), assumed=Text(f"数字 {text} 按 Excel 的时间读作 {at}", f"{text} read as Excel's time {at}"))
    if found := _LATEST.match(text):
        return _latest(found["a"] or found["b"])
    if found := _ABOUT.match(text):
        inner = _times(found["a"] or found["b"])
        if inner is None or inner.minutes or inner.latest:
            return None
        at = inner.at[0]
        return Times(inner.at, assumed=Text(f"大约的时间，按 {at} 排", f"an approximate time, planned at {at}"))
    pieces = _RANGE.split(text)
    if len(pieces) == 2:
        return _range(*pieces)
    tokens = []
    rest = text
    while rest:
        piece = _TOKEN.match(rest)
        token = _token(piece) if piece else None
        if piece is None or token is None:
            return None
        tokens.append(token)
        rest = rest[piece.end() :]
        between = _BETWEEN.match(rest)
        if rest and (between is None or between.end() == len(rest)):
            return None
        rest = rest[between.end() :] if between else rest
    return _several(tokens)


def _several(tokens: list[_Token]) -> Times | None:
    if not tokens or (len(tokens) > 1 and any(token.bare for token in tokens)):
        return None
    at = tuple(dict.fromkeys(_clock(token.minutes) for token in tokens))
    assumed = None
    for token in tokens:
        clock = _clock(token.minutes)
        if token.bare or token.dotted:
            assumed = Text(f"按 {clock} 读", f"read as {clock}")
        elif token.spoken:
            assumed = Text(f"没有写上午还是下午，按 {clock} 读", f"no word for morning or evening: read as {clock}")
    return Times(at, assumed=assumed)


def _token(found: re.Match[str]) -> _Token | None:
    if not found[0].strip() or found["hour"] is None:
        return None
    hour, part = int(found["hour"]), found["part"] or found["tail"] or ""
    minute = int(found["minute"] or found["spoken"] or {"半": 30, "1刻": 15, "3刻": 45}.get(found["words"] or "", 0))
    if hour > 29 or minute > 59 or (hour == 24 and minute and not part):
        return None
    spoken = found["sign"] is None and not part and 1 <= hour < 7
    bare = found["sign"] is None and not part and "点" not in found[0] and "时" not in found[0]
    if part in _LATE and hour < 12:
        hour += 12
    elif (part in _LATE and hour == 12 and part not in ("午后", "下午", "pm", "p.m.")) or (part == "am" and hour == 12):
        hour = 24 if part != "am" else 0
    elif part in ("中午", "午间") and hour < 4:
        hour += 12
    elif part and hour > 12 and part not in (*_LATE, "中午", "午间"):
        return None
    return _Token(hour * 60 + minute + (1440 if found["next"] else 0), part, bare, spoken, found["sign"] == ".")


def _range(first: str, last: str) -> Times | None:
    begin, end = _TOKEN.fullmatch(first), _TOKEN.fullmatch(last)
    one, two = _token(begin) if begin else None, _token(end) if end else None
    if one is None or two is None or (one.bare and two.bare):
        return None
    until = two.minutes
    if one.part in _LATE and not two.part and until < one.minutes and until < 720:
        until += 720
    if until <= one.minutes:
        until += 1440
    clock = _clock(one.minutes)
    assumed = Text(
        f"时间段：{clock} 发，{until - one.minutes} 分钟内还有用", f"a range: sent at {clock}, of use until its end"
    )
    return Times((clock,), minutes=until - one.minutes, assumed=assumed)


def _latest(text: str) -> Times | None:
    found = _TOKEN.fullmatch(text)
    token = _token(found) if found else None
    if token is None or token.bare or token.minutes < _BEFORE:
        return None
    latest, at = _clock(token.minutes), _clock(token.minutes - _BEFORE)
    question = Text(
        f"只写了最晚 {latest}：消息先排在 {at}，{latest} 之后不再发；任务早上派出，以它为期限。请定下几点",
        f"only the latest time {latest} is given: planned at {at}, not sent after {latest}; a task is due then. "
        "Decide the time",
    )
    return Times((at,), minutes=_BEFORE, latest=latest, question=question)


def _clock(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    return f"{rest // 60:02}:{rest % 60:02}" + (f" +{days}d" if days else "")

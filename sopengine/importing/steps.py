"""Entries → steps, and a note for every cell that was assumed, is to be asked about, or makes no step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.importing.days import Day, Hints, read_day
from sopengine.importing.model import Attached, Cell, Entry, Kind, Note
from sopengine.importing.times import Times, read_times
from sopengine.language.reading.encoding import UNREADABLE

PICTURES = {"png": b"\x89PNG", "jpg": b"\xff\xd8", "jpeg": b"\xff\xd8", "gif": b"GIF8"}
_MORNING = "09:00"
"""When a task is handed out that has only a latest time."""
PICTURE_BYTES = 2 << 20


class Step(Struct):
    """`entry.words` goes out as it is. `on` grows where one merged cell stands for several days."""

    id: str
    entry: Entry
    day: Day
    times: Times
    on: list[str]
    picture: Attached | None = None


class Built(Struct):
    steps: list[Step] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    """Sheet and cell of all that stands in the playbook or its table."""
    unplaced: list[Attached] = field(default_factory=list)
    """Pictures that lie beside no text, or that no message can carry."""

    def note(self, kind: Kind, cell: Cell | Attached, why: Text) -> None:
        note = Note(kind, cell.sheet, cell.at, cell.text, why)
        if note not in self.notes:
            self.notes.append(note)


def build(entries: Iterable[Entry], hints: Hints, built: Built) -> None:
    """Adds the steps of `entries` to `built`."""
    merged: dict[tuple[object, ...], Step] = {}
    for entry in entries:
        read = _read(entry, hints)
        if isinstance(read, Text):
            _leave(entry, read, built)
            continue
        day, times = read
        if entry.task and times.latest > _MORNING:
            times = replace(times, at=(_MORNING,))
        assert entry.text is not None
        same = (entry.text.sheet, entry.text.at, entry.words, times.at, day.kind, entry.time)
        if entry.text.merged and same in merged and entry.text.row == merged[same].entry.text.row:  # type: ignore[union-attr]
            _join(merged[same], day)
        else:
            step = Step(_id(day, times, built.steps), entry, day, times, list(day.on))
            merged[same] = step
            built.steps.append(step)
            _attach(step, built)
        _tell(entry, day, times, built)


def _read(entry: Entry, hints: Hints) -> tuple[Day, Times] | Text:
    if UNREADABLE.search(entry.words):
        return Text("文字里有看不见的控制字符", "the text holds a control character")
    if not entry.day_words:
        return Text("没有写哪一天", "no day is given")
    day = read_day(entry.day_words, hints)
    if day is None:
        shown = entry.day_words
        return Text(f"“{shown}”读不成哪一天", f"“{shown}” cannot be read as a day")
    stated = entry.time_words if entry.day is not entry.time or entry.day is None else ""
    if entry.carried and day.rest and read_times(day.rest) is not None:
        day = replace(day, rest="")  # the time of the row above
    written = stated if not day.rest else day.rest if not stated else ""
    if day.rest and stated:
        return Text(f"日期后面还有“{day.rest}”，不知道是什么", f"what “{day.rest}” behind the day means is not known")
    if not written:
        return Text("没有写几点", "no time is given")
    times = read_times(written)
    if times is None:
        return Text(f"“{written}”读不成几点", f"“{written}” cannot be read as a time")
    return day, times


def _leave(entry: Entry, why: Text, built: Built) -> None:
    """One line for the text, which tells what else stands in its row."""
    text = entry.text
    assert text is not None
    others = dict.fromkeys(c for c in (*_around(entry), *(c for _, c in entry.rest)) if c is not None and c is not text)
    told = " · ".join(f"{cell.at} {cell.text}" for cell in others)
    built.note("left", text, Text(f"{why.zh}（{told}）" if told else why.zh, f"{why.en} ({told})" if told else why.en))
    built.used |= {(cell.sheet, cell.at) for cell in others}
    for one in entry.attached:
        if one.data:
            built.unplaced.append(one)
        else:
            built.note("left", one, Text("旁边的文字没有做成步骤", "beside a text that made no step"))


def _around(entry: Entry) -> tuple[Cell | None, ...]:
    return entry.day, entry.time, entry.audience, entry.person, entry.stage


def _join(step: Step, day: Day) -> None:
    step.on += [on for on in day.on if on not in step.on]
    old = step.day
    step.day = Day(old.kind, old.on, min(old.first, day.first), max(old.last, day.last))


def _tell(entry: Entry, day: Day, times: Times, built: Built) -> None:
    text, when = entry.text, entry.time or entry.day
    assert text is not None
    for cell, read in ((entry.day, day), (when, times)):
        if cell is not None and read.assumed is not None:
            built.note("assumed", cell, read.assumed)
        if cell is not None and read.question is not None:
            built.note("question", cell, read.question)
    if entry.day is not None and entry.carried:
        at = entry.day.at
        built.note(
            "assumed", text, Text(f"这一行没有写哪一天，沿用 {at}", f"no day in this row: that of {at} was taken")
        )
    if text.merged:
        why = Text(
            "合并的单元格：横跨几天的每天一条，竖跨几个时间的只在第一个时间；列表里每行一条。请核对",
            "a merged cell: once on each day across, at the first time only downwards; in a list once for each "
            "row. Check it",
        )
        built.note("question", text, why)
    if len(re.findall("[①-⑳]", entry.words)) > 1:
        built.note(
            "question",
            text,
            Text(
                "①②③ 当作一条消息的几点；要分成几条就拆成几行",
                "①②③ are taken for points of one message; give each a row to make several",
            ),
        )
    if re.search("[{}｛｝]", entry.words):
        built.note("question", text, Text("花括号照原样发出；要填入名字等，在内容表里改成 {{ target.name }} 这样的写法",
                                          "braces go out as written; {{ target.name }} fills in a name"))  # fmt: skip
    elif found := re.search(r"[{【\[<《]?(?:昵称|姓名|群名|店名|XX+|xx+|xxx)[}】\]>》]?", entry.words):
        built.note(
            "question",
            text,
            Text(
                f"“{found[0]}”像是要填的地方，现在照原样发出",
                f"“{found[0]}” looks like a blank to be filled; it goes out as written",
            ),
        )


def _attach(step: Step, built: Built) -> None:
    for one in step.entry.attached:
        ending = one.text.rpartition(".")[2].lower()
        if not one.data:
            continue
        fits = len(one.data) <= PICTURE_BYTES and one.data.startswith(PICTURES.get(ending, b"?"))
        if step.picture is None and fits and not step.entry.task:
            step.picture = one
        else:
            built.unplaced.append(one)


def _id(day: Day, times: Times, steps: list[Step]) -> str:
    if isinstance(day.first, date) and day.kind == "date":
        name = f"d{day.first:%m%d}"
    elif day.kind == "relative":
        days = int(day.first)  # type: ignore[arg-type]
        name = "opening" if days == 0 else f"{'before' if days < 0 else 'after'}-{abs(days)}"
    else:
        name = day.on[0].replace(" ", "-")
    name += "-" + times.at[0][:5].replace(":", "")
    taken = {step.id for step in steps}
    number = 2
    found = name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found

"""Steps → the text of a playbook in the house's own style, and the table of its texts."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence

from msgspec import Struct

from sopengine.diagnostics import Text
from sopengine.importing.model import Cell
from sopengine.importing.sections import phases_of, weekly_of
from sopengine.importing.steps import Step
from sopengine.language.reading.mending import quoted

SCHEMA = "# yaml-language-server: $schema=../schemas/playbook.schema.json"
FOLD = "⏎"
STEP, WORDS, PICTURE, SOURCE = Text("步骤", "step"), Text("文案", "text"), Text("图片", "image"), Text("来源", "source")
ROLE = "staff"
_MEANT = re.compile(r"\{[{%#]|[}%#]\}|[｛｝]|\{\s*\w+\.|\w\.\w+\s*\}")
_BRACE = re.compile("[{}｛｝]")
_NUMBERS = {"{": r"\x7b", "}": r"\x7d", "｛": r"\uff5b", "｝": r"\uff5d"}


class Names(Struct, frozen=True):
    """`audiences` and `people`: what the sheet calls them → their name in the playbook; "" for none given."""

    name: str
    title: str
    file: str
    audiences: dict[str, str]
    people: dict[str, str]
    lang: str


def named(steps: Sequence[Step], name: str, title: str, file: str, lang: str) -> Names:
    groups = dict.fromkeys(_words(step.entry.audience) for step in steps if not step.entry.task)
    people = dict.fromkeys(_words(step.entry.person) for step in steps if step.entry.task)
    audiences = {group: "groups" if len(groups) == 1 else f"groups-{n}" for n, group in enumerate(groups, 1)}
    roles = {person: ROLE if len(people) == 1 else f"{ROLE}-{n}" for n, person in enumerate(people, 1)}
    return Names(name, title, file, audiences, roles, lang)


def playbook_text(steps: Sequence[Step], names: Names) -> str:
    """Ends with a line end; comments name the cells."""
    lines = [SCHEMA, "#", *_head(steps, names), f"playbook: {names.name}", f"title: {scalar(names.title)}"]
    lines += ["timezone: Asia/Shanghai", "calendar: CN"]
    if any(step.day.kind == "relative" for step in steps):
        title = Text("开始日（表里的第 1 天、D 日）", "The first day (day 1, D-day of the sheet)").get(names.lang)
        lines += ["", "inputs:", "  opening:", "    type: date", f"    title: {title}"]
    lines += [*_audiences(names), *_roles(names)]
    if any(not step.entry.task for step in steps):
        where = f"{STEP.get(names.lang)}: step.id"
        lines += ["", "messages:", "  schedule:", f"    table: content/{names.name}.csv", f"    where: {{{where}}}"]
    phases = phases_of(list(steps), names.title)
    if phases:
        lines += ["", "phases:"]
    for number, phase in enumerate(phases, 1):
        lines += [f"  stage-{number}:", f"    title: {scalar(phase.title)}"]
        lines += [f"    from: {phase.begins}", f"    until: {phase.ends}", "    steps:"]
        for step in phase.steps:
            lines += _step(step, names, 6)
    if weekly := weekly_of(list(steps)):
        lines += ["", "weekly:", "  steps:"]
        for step in weekly:
            lines += _step(step, names, 4)
    return "\n".join(lines) + "\n"


def content_table(steps: Sequence[Step], names: Names) -> bytes:
    """CSV with the mark that spreadsheets want."""
    packed = io.StringIO()
    sheet = csv.writer(packed, lineterminator="\n")
    sheet.writerow(head.get(names.lang) for head in (STEP, WORDS, PICTURE, SOURCE))
    for step in steps:
        if not step.entry.task:
            text = step.entry.text
            assert text is not None
            sheet.writerow((step.id, literal(step.entry.words), picture_name(step, names), f"{text.sheet}!{text.at}"))
    return ("\ufeff" + packed.getvalue()).encode()


def picture_name(step: Step, names: Names) -> str:
    """Beside the playbook; "" for none."""
    if step.picture is None:
        return ""
    return f"assets/{names.name}-{step.id}.{step.picture.text.rpartition('.')[2].lower()}"


def literal(text: str) -> str:
    """The text as a template that renders to it. `{昵称}` is one as it stands; braces that a template, or the check for
    half-written ones, would see a meaning in are written by their number."""
    if not _MEANT.search(text):
        return text
    return _BRACE.sub(lambda brace: "{{ '" + _NUMBERS[brace[0]] + "' }}", text)


def scalar(text: str) -> str:
    """A text of one line, quoted."""
    return quoted(_one_line(" ".join(text.split())))


def _head(steps: Sequence[Step], names: Names) -> Iterator[str]:
    file, count, rest = _one_line(names.file), len(steps), f"{names.name}-import.csv"
    for line in (
        Text(
            f"从 {file} 导入，{count} 个步骤，每一步上面写着它在表里的位置。",
            f"Imported from {file}: {count} steps, above each its place in the sheet.",
        ),
        Text(
            f"没读懂的、要你定的、替你假定的，都在 {rest}。",
            f"What was not understood, what you have to decide and what was assumed is listed in {rest}.",
        ),
    ):
        yield f"# {line.get(names.lang)}"


def _audiences(names: Names) -> Iterator[str]:
    if not names.audiences:
        return
    yield from ("", "audiences:")
    for words, name in names.audiences.items():
        decide = Text("在 sopengine.toml 里给出这份名单", "name this list in sopengine.toml").get(names.lang)
        sample = words or Text("样例群", "Some group").get(names.lang)
        yield f"  {name}:"
        yield f"    source: {names.name}-{name}   # {decide}"
        yield f"    sample: {{name: {scalar(sample)}}}"


def _roles(names: Names) -> Iterator[str]:
    if not names.people:
        return
    yield from ("", "roles:")
    for words, name in names.people.items():
        yield f"  {name}:"
        yield f"    person: {scalar(words or Text('待定', 'to be decided').get(names.lang))}"


def _step(step: Step, names: Names, indent: int) -> Iterator[str]:
    entry, times = step.entry, step.times
    pad = " " * indent
    for line in _comments(step, names.lang):
        yield f"{pad}# {line}"
    yield f"{pad}- id: {step.id}"
    yield f"{pad}  on: {_listed(step.on)}"
    yield f"{pad}  at: {_listed(times.at)}"
    if entry.task:
        yield f"{pad}  to: {names.people[_words(entry.person)]}"
        yield f"{pad}  task: {scalar(literal(entry.words))}"
        if times.latest and "+" not in times.latest:
            yield f"{pad}  due: {times.latest}"
        elif times.minutes:
            yield f"{pad}  due: {times.minutes}m"
        return
    yield f"{pad}  to: {names.audiences[_words(entry.audience)]}"
    yield f"{pad}  send: schedule"
    if times.minutes:
        yield f"{pad}  late_ok: {times.minutes}m"
        yield f"{pad}  useful_until: {times.minutes}m"


def _comments(step: Step, lang: str) -> Iterator[str]:
    """The source cell, those that say when and to whom, and what else stands in the row."""
    entry = step.entry
    assert entry.text is not None
    parts = [
        (Text("日期", "day"), entry.day), (Text("时间", "time"), entry.time if entry.time is not entry.text else None),
        (Text("阶段", "stage"), entry.stage), (Text("对象", "to"), entry.audience),
        (Text("人", "person"), entry.person),
    ]  # fmt: skip
    cells = dict.fromkeys(cell.at for _, cell in parts if cell is not None)
    told = " · ".join(
        f"{name.get(lang)} {cell.at} {_one_line(cell.text)}" for name, cell in parts if cell is not None and cells
    )
    begin = Text(f"来自 {entry.text.sheet}!{entry.text.at}", f"from {entry.text.sheet}!{entry.text.at}").get(lang)
    yield _one_line(begin) + (f"（{told}）" if told and lang == "zh" else f" ({told})" if told else "")
    colon = "：" if lang == "zh" else ": "
    for heading, cell in entry.rest:
        yield f"{_one_line(heading) or Text('另有', 'also').get(lang)} {cell.at}{colon}{_one_line(cell.text)}"
    for one in entry.attached:
        if not one.data:
            yield f"{Text('批注', 'comment').get(lang)} {one.at}{colon}{_one_line(one.text)}"


def used_cells(step: Step) -> Iterator[tuple[str, str]]:
    """Sheet and cell of all that `playbook_text` and `content_table` say of this step."""
    entry = step.entry
    for cell in (
        entry.text,
        entry.day,
        entry.time,
        entry.stage,
        entry.audience,
        entry.person,
        *(c for _, c in entry.rest),
    ):
        if cell is not None:
            yield cell.sheet, cell.at


def _listed(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def _words(cell: Cell | None) -> str:
    return " ".join(cell.text.split()) if cell is not None else ""


def _one_line(text: str) -> str:
    """With its line ends folded; signs that cannot be seen, but for those that join emoji, as `\\uXXXX`."""
    flat = re.sub(r"\s*\n\s*", FOLD, text)
    return "".join(sign if _visible(sign) else " " if sign.isspace() else f"\\u{ord(sign):04x}" for sign in flat)


def _visible(sign: str) -> bool:
    return sign.isprintable() or sign in "\u200c\u200d" or unicodedata.category(sign) == "Co"

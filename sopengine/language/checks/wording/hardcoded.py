"""Texts and the values of inputs → amounts and days written into a text that differ from the input they stand for.

What an input is called in the texts is learned from where they print it (清凉卡 {{ input.price }} 元) and from its
title (清凉卡价格). Only a stretch with the same word and the same unit counts: a warning that is often wrong is read by
nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sopengine.diagnostics import Findings, Text
from sopengine.language.checks.wording.ladders import savings
from sopengine.language.checks.wording.prose import Prose
from sopengine.language.document import Document
from sopengine.language.expressions.decimals import plain
from sopengine.language.model import Playbook
from sopengine.language.named import FieldType, Input

_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER)
_DATES = (FieldType.DATE, FieldType.DATETIME)
_SHOWN = re.compile(
    r"(?P<before>[\u4e00-\u9fffA-Za-z]{0,20})[ ：:]{0,9}\{\{\s*input\.(?P<name>\w+)\s*(?:\|[^{}]*)?\}\}"
    r"[ ]*(?P<after>[\u4e00-\u9fff%]*)"
)
_PAIR = re.compile(
    r"满\s{0,9}\{\{\s*input\.(\w+)[^{}]*\}\}\s{0,9}元?\s{0,9}[，,]?\s{0,9}立?减\s{0,9}\{\{\s*input\.(\w+)[^{}]*\}\}"
)
_GENERIC = re.compile(
    r"(?:价格?|单价|会员价|到手价|售价|特价|原价|现价|只要|仅需|只需|才|是|为|的|每|各|共|满|减|送|领|第|约|近)+$"
)
_OPEN = re.compile(r"^(?:起|开始|前|后|之前|之后|当天|上午|下午|晚上?|早上?|结束|截止|到|至|见|和|与|的).*")
_TITLE_END = re.compile(r"(?:[（(].{0,40}[）)]|价格?|单价|金额|日期?|时间|时刻|门槛|（元）)+$")
_THRESHOLD = re.compile(r"门槛|满减|满多少")
_UNITS = ("元", "块", "折", "份", "张", "件", "位", "名", "人", "杯", "天", "个", "%", "％")


class Clash(NamedTuple):
    text: Prose
    start: int
    end: int
    name: str
    value: str  # of the input, as it would print


def clashes(playbook: Playbook, texts: Iterable[Prose], values: Mapping[str, Any]) -> Iterator[Clash]:
    """`values` are those of the inputs, as far as they are known."""
    written = list(texts)
    known = {name: i for name, i in playbook.inputs.items() if values.get(name) is not None}
    yield from _savings(known, written, values)
    words = {name: set(_words(name, declared, written)) for name, declared in known.items()}
    for name, declared in known.items():
        mine = {w for w in words[name] if sum(w in others for others in words.values()) == 1}
        for text in written:
            for start, end in _differing(declared, mine, text, values[name]):
                yield Clash(text, start, end, name, _printed(values[name]))


def check_hardcoded(
    document: Document, playbook: Playbook, texts: Iterable[Prose], values: Mapping[str, Any], findings: Findings
) -> None:
    """Adds SOP-W524."""
    for clash in clashes(playbook, texts, values):
        said = clash.text.text[clash.start : clash.end]
        findings.add(
            "SOP-W524",
            Text(
                f"这里写死了“{said}”，而输入 {clash.name} 是 {clash.value}",
                f"`{said}` is written out here, but the input {clash.name} is {clash.value}",
            ),
            clash.text.place(document, clash.start, clash.end),
            help=Text(
                f"写成 {{{{ input.{clash.name} }}}}，改一处就够",
                f"Write {{{{ input.{clash.name} }}}}, so that one change is enough",
            ),
            path=clash.text.path,
        )


class _Word(NamedTuple):
    """What an input is called, and the unit behind it; a day may be called by what follows it."""

    before: str
    after: str


def _words(name: str, declared: Input, texts: Iterable[Prose]) -> Iterator[_Word]:
    noun = _TITLE_END.sub("", declared.title)
    if len(noun) >= 2:
        yield from ((_Word(noun, unit) for unit in ("元", "块")) if declared.type is FieldType.MONEY else ())
        yield from ((_Word(noun, ""), _Word("", noun)) if declared.type in _DATES else ())
    for text in texts:
        for shown in _SHOWN.finditer(text.text):
            if shown["name"] != name:
                continue
            before, after = _GENERIC.sub("", shown["before"])[-4:], shown["after"]
            if declared.type in _NUMBERS:
                unit = next((u for u in _UNITS if after.startswith(u)), "")
                if len(before) >= 2 and unit:
                    yield _Word(before, unit)
            elif declared.type in _DATES and len(after) >= 2 and not _OPEN.match(after):
                yield _Word("", after[:2])


def _differing(declared: Input, words: Iterable[_Word], text: Prose, value: Any) -> Iterator[tuple[int, int]]:
    """Stretches of the text that name the input and give another value."""
    for word in words:
        before, after = re.escape(word.before), re.escape(word.after)
        if declared.type in _NUMBERS:
            number = r"(?P<number>[0-9]{1,7}(?:\.[0-9]{1,2})?)"
            pattern = rf"{before}(?:价格?|只要|仅需|只需)?[ ：:]{{0,9}}{number}[ ]{{0,9}}{after}"
            for found in re.finditer(pattern, text.literal):
                if Decimal(found["number"]) != value:
                    yield found.span()
        elif isinstance(value, date):
            day = r"(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})[日号]"
            pattern = rf"{before}[日期时间]{{0,9}}[ ：:是为]{{0,9}}{day}" if before else rf"{day}{after}"
            for found in re.finditer(pattern, text.literal):
                if (int(found["month"]), int(found["day"])) != (value.month, value.day):
                    yield found.span()


def _savings(known: Mapping[str, Input], texts: list[Prose], values: Mapping[str, Any]) -> Iterator[Clash]:
    """满30减5 where the inputs say 满40减5: one of the two numbers is the input's, the other is not."""
    for threshold, saving in _pairs(known, texts):
        low, high = values.get(threshold), values.get(saving)
        for text in texts:
            rungs = savings(text.literal)
            if len({rung[2:] for rung in rungs}) > 1:
                continue  # a ladder: which rung is the input's, nobody can say
            for rung in rungs:
                if rung.low != low and (high is None or rung.high == high):
                    yield Clash(text, rung.start, rung.end, threshold, _printed(low))
                elif rung.low == low and high is not None and rung.high != high:
                    yield Clash(text, rung.start, rung.end, saving, _printed(high))


def _pairs(known: Mapping[str, Input], texts: Iterable[Prose]) -> set[tuple[str, str]]:
    """Inputs that stand for 满 … 减 …: as the texts print them, else by what they are called, if just one is."""
    shown = {(m[1], m[2]) for text in texts for m in _PAIR.finditer(text.text)}
    shown = {pair for pair in shown if pair[0] in known and pair[1] in known}
    if shown:
        return shown if len(shown) == 1 else set()
    numbers = {name: i for name, i in known.items() if i.type in _NUMBERS}
    low = [name for name, i in numbers.items() if name == "threshold" or _THRESHOLD.search(i.title)]
    low = [name for name in low if not re.search("减(?:额|免|多少|金额)", numbers[name].title)]
    high = [
        name
        for name, i in numbers.items()
        if name in ("saving", "discount") or re.search("减(?:额|免|多少|金额)", i.title)
    ]
    return {(low[0], high[0] if len(high) == 1 else "")} if len(low) == 1 else set()


def _printed(value: Any) -> str:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return plain(value)
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)

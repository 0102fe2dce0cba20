"""Steps of a ladder inside one text (满30减5、满50减8; 第1名、第2-5名) that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from sopengine.diagnostics import Findings, Text
from sopengine.language.checks.wording.prose import Prose
from sopengine.language.document import Document

_S = r"\s{0,9}"
"""Bounded, so that a long blank costs no more than a short one."""
_AMOUNT = r"([0-9]{1,6}(?:\.[0-9]{1,2})?)"
SAVING = re.compile(rf"满{_S}{_AMOUNT}{_S}元?{_S}[，,]?{_S}(?:立)?减{_S}{_AMOUNT}")
_RANKS = re.compile(rf"第?{_S}([0-9]{{1,4}}){_S}(?:名)?{_S}[-–—~～至到]{_S}第?{_S}([0-9]{{1,4}}){_S}名")


class Rung(NamedTuple):
    """A stretch of a text and the two numbers it names."""

    start: int
    end: int
    low: Decimal
    high: Decimal


def savings(literal: str) -> list[Rung]:
    return [Rung(*m.span(), Decimal(m[1]), Decimal(m[2])) for m in SAVING.finditer(literal)]


def check_ladders(document: Document, texts: Iterable[Prose], findings: Findings) -> None:
    """Adds SOP-W527, once for each text and kind of ladder."""
    for text in texts:
        for rung, message in (*_first(_wrong_savings(text)), *_first(_overlaps(text))):
            place = text.place(document, rung.start, rung.end)
            findings.add("SOP-W527", message, place, path=text.path)


def _first(found: Iterator[tuple[Rung, Text]]) -> list[tuple[Rung, Text]]:
    return [one for _, one in zip(range(1), found, strict=False)]


def _wrong_savings(text: Prose) -> Iterator[tuple[Rung, Text]]:
    rungs = savings(text.literal)
    for rung in rungs:
        if rung.high >= rung.low:
            yield (
                rung,
                Text(
                    f"满 {rung.low} 减 {rung.high}：减的不比满的少", f"{rung.high} off from {rung.low} leaves nothing"
                ),
            )
    for lower, upper in pairwise(sorted({r[2:] for r in rungs})):
        if upper[0] > lower[0] and upper[1] <= lower[1]:
            rung = next(r for r in rungs if r[2:] == upper)
            yield (
                rung,
                Text(
                    f"满 {upper[0]} 减 {upper[1]}，不如满 {lower[0]} 减 {lower[1]}：买得多反而不多减",
                    f"{upper[1]} off from {upper[0]} is no better than {lower[1]} off from {lower[0]}",
                ),
            )


def _overlaps(text: Prose) -> Iterator[tuple[Rung, Text]]:
    rungs = [Rung(*m.span(), Decimal(m[1]), Decimal(m[2])) for m in _RANKS.finditer(text.literal)]
    for upper, lower in pairwise(sorted(rungs, key=lambda r: (r.low, r.high))):
        if lower.low <= upper.high and lower[2:] != upper[2:]:
            yield (
                lower,
                Text(
                    f"第 {lower.low} 名既在 {upper.low}-{upper.high} 名里，又在 {lower.low}-{lower.high} 名里",
                    f"Rank {lower.low} is in {upper.low}-{upper.high} and in {lower.low}-{lower.high}",
                ),
            )

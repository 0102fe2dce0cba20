"""A comparison in, the page an operator reads before taking the new version out: plain text of a fixed width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sopengine.diagnostics import Text
from sopengine.review.colour import Ink
from sopengine.review.columns import flow, harmless, one_line, pad, width, wrap
from sopengine.review.comparison.edits import near
from sopengine.review.comparison.model import Change, Comparison, StepChange, Times, Version, What
from sopengine.review.comparison.spoken import SIGNS, about, field_of, headline, named, same, times, totals
from sopengine.review.comparison.terminal_text import shown
from sopengine.review.words import stays

TONES: dict[What, str] = {"added": "green", "removed": "red", "changed": "yellow", "moved": "cyan", "same": "dim"}
MOST_TIMES = 6
MOST_CHANGES = 12
"""Of one step; `--all` shows the rest."""


def draw(found: Comparison, *, lang: str, columns: int = 100, colour: bool = False, all: bool = False) -> str:
    """The whole page without a final line break. Equal inputs give equal bytes."""
    ink = Ink(colour)
    blocks = [_header(found, lang, columns, ink)]
    blocks += [step_lines(step, lang, columns, ink, all) for step in found.steps if step.what != "same"]
    blocks += [_besides(found, lang, columns, ink), _end(found, lang, ink)]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)


def _header(found: Comparison, lang: str, columns: int, ink: Ink) -> list[str]:
    told = (
        (Text("旧", "old"), _named(found.before, lang, ink)),
        (Text("新", "new"), _named(found.after, lang, ink)),
        (Text("现在", "now"), f"{found.as_of:%Y-%m-%d %H:%M} · {harmless(found.timezone)}"),
    )
    head = f"{Text('对比', 'Differences').get(lang)}  {ink(one_line(found.title), 'bold')}"
    return [
        head,
        ink("─" * columns, "dim"),
        *(f"  {ink(pad(label.get(lang), 4), 'dim')}  {said}" for label, said in told),
    ]


def _named(version: Version, lang: str, ink: Ink) -> str:
    return f"{named(version, lang)}  {ink(version.hash[:12], 'dim')}"


def _headline(step: StepChange, lang: str, ink: Ink) -> str:
    sign = ink(SIGNS[step.what], TONES[step.what], "bold")
    return f"{sign} {ink(harmless(step.step), 'bold')}   {' · '.join(headline(step, lang))}"


def step_lines(step: StepChange, lang: str, columns: int, ink: Ink, all: bool) -> list[str]:
    shown = step.changes if all else step.changes[:MOST_CHANGES]
    lines = [_headline(step, lang, ink)]
    lines += [line for change in shown for line in _change(change, lang, columns, ink, all)]
    if more := len(step.changes) - len(shown):
        lines.append(ink(Text(f"  另有 {more} 处，用 --all 看", f"  {more} more; --all shows them").get(lang), "dim"))
    return lines


def _change(change: Change, lang: str, columns: int, ink: Ink, all: bool) -> Iterator[str]:
    sign, who = ink(SIGNS[change.what], TONES[change.what]), " · ".join(about(change, lang))
    slots = _times(change.slots, lang, all)
    when = flow(slots, Text("、", ", ").get(lang), columns - 4)
    beside = f"{when[0]}   {who}"
    said = [beside] if len(slots) == 1 and width(beside) <= columns - 4 else [*when, *wrap(who, columns - 4)]
    yield from (f"  {' ' if number else sign} {line}" for number, line in enumerate(said))
    for field in change.fields:
        yield from (f"      {line}" for line in wrap(field_of(field, lang), columns - 6))
    yield from (f"      {line}" for line in shown(near(change.lines), columns - 6, ink))


def _times(slots: Sequence[Times], lang: str, all: bool) -> list[str]:
    found = list(dict.fromkeys(times(slot, lang) for slot in slots))
    more = len(found) - MOST_TIMES
    if all or more <= 0:
        return found
    return [*found[:MOST_TIMES], Text(f"等 {len(found)} 次", f"and {more} more").get(lang)]


def _besides(found: Comparison, lang: str, columns: int, ink: Ink) -> list[str]:
    lines = [line for said in found.others for line in wrap(one_line(said.get(lang)), columns)]
    return [*lines, *(ink(line, "dim") for line in flow(same(found, lang), Text("、", ", ").get(lang), columns))]


def _end(found: Comparison, lang: str, ink: Ink) -> list[str]:
    stay = [ink(stays(found.sent).get(lang), "dim")] if found.sent else []
    return [*stay, f"{ink(Text('合计', 'In all').get(lang), 'bold')}  {totals(found, lang)}"]

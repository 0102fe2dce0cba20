"""Items in, their messages in full out: one pane per different text, with all the times it goes out at."""

from __future__ import annotations

from collections.abc import Sequence

from sopengine.diagnostics import Text
from sopengine.review.colour import Ink
from sopengine.review.columns import harmless, wrap
from sopengine.review.model import DryRun, Item
from sopengine.review.notes import about_message, beside_text
from sopengine.review.words import MODES, moment_name, reach

_TIMES_SHOWN = 4


def panes(run: DryRun, items: Sequence[Item], lang: str, columns: int, ink: Ink) -> list[str]:
    alike: dict[tuple[str, str, str, str, str], list[Item]] = {}
    for item in items:
        alike.setdefault((item.id, item.audience, item.target, item.text, item.channel), []).append(item)
    blocks = [_pane(group, lang, columns, ink) for group in alike.values()]
    return [line for block in blocks for line in ["", *block]][1:]


def _pane(group: Sequence[Item], lang: str, columns: int, ink: Ink) -> list[str]:
    item = group[0]
    side = ink("│", "blue")
    how = " · ".join(filter(None, (MODES[item.mode].get(lang), harmless(item.channel))))
    head = f"{ink(harmless(item.id), 'bold')}   {reach(item, lang)}   {how}"
    lines = [f"{ink('┌', 'blue')} {head}", f"{side} {ink(_times(group, lang), 'dim')}", side]
    for number, part in enumerate(item.parts or (item.text,), 1):
        if number > 1:
            lines.append(f"{side} {ink(Text(f'— 第 {number} 条 —', f'— part {number} —').get(lang), 'dim')}")
        lines += [f"{side} {line}" for line in wrap(harmless(part.rstrip("\n")), columns - 2)]
    lines += [f"{side} {ink(said, 'yellow')}" for said in beside_text(item, lang)]
    return [*lines, side, f"{ink('└', 'blue')} {ink(' · '.join(about_message(item, lang)), 'dim')}"]


def _times(group: Sequence[Item], lang: str) -> str:
    times = [moment_name(item.at, lang) if item.at else (item.after.get(lang) if item.after else "") for item in group]
    said = ("、" if lang == "zh" else ", ").join(times[:_TIMES_SHOWN])
    if len(times) > _TIMES_SHOWN:
        said += Text(f" 等 {len(times)} 次", f" and {len(times) - _TIMES_SHOWN} more").get(lang)
    return harmless(said)

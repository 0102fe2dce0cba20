"""A dry run in, the page an operator reads before a campaign starts out: plain text of a fixed width."""

from __future__ import annotations

from sopengine.diagnostics import Severity, Text
from sopengine.review.colour import Ink
from sopengine.review.columns import harmless, width, wrap
from sopengine.review.facts import totals
from sopengine.review.model import DryRun, View
from sopengine.review.reporter import where
from sopengine.review.terminal_across import across
from sopengine.review.terminal_gantt import gantt
from sopengine.review.terminal_header import header
from sopengine.review.terminal_panes import panes
from sopengine.review.terminal_timeline import timeline


def draw(run: DryRun, view: View, *, lang: str, columns: int = 100, colour: bool = False) -> str:
    """The whole page without a final line break. Equal inputs give equal bytes."""
    ink = Ink(colour)
    chosen = [item for item in run.items if view.takes(item)]
    blocks = [
        header(run, lang, columns, ink),
        gantt(run, lang, columns, ink),
        timeline(run, chosen, lang, columns, ink),
        panes(run, chosen, lang, columns, ink) if view.opens_panes else [],
        _findings(run, lang, columns, ink),
        across(run, lang, columns, ink),
        _totals(run, lang, columns, ink),
        _next(run, lang, ink),
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)


_SIGNS = {Severity.ERROR: ("×", "red"), Severity.WARNING: ("▲", "yellow"), Severity.NOTE: ("·", "blue")}


def _findings(run: DryRun, lang: str, columns: int, ink: Ink) -> list[str]:
    """Each finding with its place and what to do; errors first."""
    if not run.diagnostics:
        return []
    lines = [ink(Text("要留意的", "What to look at").get(lang), "bold")]
    for d in sorted(run.diagnostics, key=lambda d: list(_SIGNS).index(d.severity)):
        sign, tone = _SIGNS[d.severity]
        message = wrap(harmless(f"{d.code}  {d.message.get(lang)}"), columns - 4)
        lines.append(f"  {ink(sign, tone)} {message[0]}")
        lines += [f"    {line}" for line in message[1:]]
        if d.help:
            label = Text("建议：", "help: ").get(lang)
            first, *rest = wrap(harmless(d.help.get(lang)), columns - 4 - width(label))
            lines += [f"    {label}{first}", *(" " * (4 + width(label)) + line for line in rest)]
        if d.place:
            lines.append(ink(f"    --> {where(d)}", "dim"))
    return lines


def _totals(run: DryRun, lang: str, columns: int, ink: Ink) -> list[str]:
    items, parts = totals(run, lang)
    label = Text("合计", "In all").get(lang)
    colon = Text("：", ": ").get(lang)
    first, *rest = wrap(f"{items}{colon}{' · '.join(parts)}", columns - width(label) - 2)
    return [f"{ink(label, 'bold')}  {first}", *(" " * (width(label) + 2) + line for line in rest)]


def _next(run: DryRun, lang: str, ink: Ink) -> list[str]:
    if not run.next_command:
        return []
    label = Text("下一步", "Next").get(lang)
    return [f"{ink(label, 'bold')}  {ink(harmless(run.next_command), 'cyan')}"]

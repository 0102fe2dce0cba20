"""`sopengine log`: the completion log, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sopengine.cli import options
from sopengine.cli.output import json_text, language, note, one_line, say_json, say_lines
from sopengine.cli.status import STATES, word
from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.language.suggest import closest

if TYPE_CHECKING:
    from sopengine.store.rows import Transition

IN_BETWEEN = ("claimed", "sending")
"""States on the way: the table shows them with --all only, JSON always."""

NUMBERED = ("failed", "unknown", "missed")
"""What a person may have to name, in `resolve`, `retry`, `run-missed`, `skip` and `why`."""


def command(lang: str) -> click.Command:
    about = Text(
        "查看执行记录：何时、哪一步、对谁、结果如何、为什么。",
        "Show what was done: when, which step, for whom, how it ended and why.",
    )
    params: list[click.Parameter] = [
        options.argument("campaign", required=False),
        options.option(lang, "--step", text=Text("只看这个步骤", "Only this step")),
        options.option(lang, "--target", text=Text("只看这个对象", "Only this target")),
        options.option(
            lang,
            "--state",
            "states",
            multiple=True,
            text=Text("只看这种结果，可写多次", "Only this state; may be repeated"),
        ),
        options.option(lang, "--since", metavar="TIME", text=Text("从这一刻起", "From this moment on")),
        options.flag(lang, "--all", "everything", text=Text("中间状态也显示", "Show states on the way too")),
        options.json_flag(lang),
        options.flag(lang, "--jsonl", text=Text("每行一个 JSON", "One JSON document a line")),
        options.workspace_option(lang),
    ]
    return click.Command("log", callback=log, params=params, help=about.get(lang))


def log(
    campaign: str | None,
    step: str | None,
    target: str | None,
    states: tuple[str, ...],
    since: str | None,
    everything: bool,
    as_json: bool,
    jsonl: bool,
    workspace: Path | None,
) -> None:
    from sopengine.cli.workplace import named_campaigns, open_ledger, workspace_at, zone_of

    if as_json and jsonl:
        raise UsageError(Text("--json 和 --jsonl 只能用一个", "--json and --jsonl exclude each other"))
    place = workspace_at(workspace)
    with open_ledger(place, read_only=True, create=False) as store:
        if campaign is not None:
            named_campaigns(store, campaign)
        zone = zone_of(store)
        _refuse_unknown(states)
        begin = None if since is None else options.moment(since, zone, "--since")
        found = store.log(campaign=campaign, since=begin, step=step, target=target, states=states or None)
        whole = everything or states or as_json or jsonl
        shown = (t for t in found if whole or t.after not in IN_BETWEEN)
        if jsonl:
            say_lines(json_text(_document(t, zone)) for t in shown)
        elif as_json:
            say_json({"schema_version": 1, "transitions": [_document(t, zone) for t in shown]})
        else:
            first = next(lines := _lines(shown, zone), None)
            if first is None:
                note(Text("没有符合条件的记录", "nothing in the log matches").get(language()))
            else:
                say_lines(chain([first], lines))


def _refuse_unknown(states: tuple[str, ...]) -> None:
    for state in states:
        if state not in STATES:
            guess = closest(state, STATES)
            raise UsageError(
                Text(f"没有状态 {state}", f"there is no state {state}"),
                Text(f"是不是 {guess}？", f"did you mean {guess}?")
                if guess
                else Text(f"可以写：{', '.join(STATES)}", f"one of: {', '.join(STATES)}"),
            )


ENTITIES = {
    "campaign": Text("活动", "campaign"),
    "occurrence": Text("时点", "occurrence"),
    "event": Text("事件", "event"),
    "enrolment": Text("旅程", "enrolment"),
    "bucket": Text("地址", "bucket"),
    "channel": Text("渠道", "channel"),
    "metric": Text("指标", "metric"),
    "tag": Text("标签", "tag"),
    "member": Text("人", "member"),
}


def _lines(found: Iterator[Transition], zone: ZoneInfo) -> Iterator[str]:
    from wcwidth import wcswidth

    def cell(text: str, width: int) -> str:
        return text + " " * max(0, width - max(0, wcswidth(text)))

    for t in found:
        moved = word(t.after) if t.entity == "delivery" or not t.before else f"{word(t.before)} → {word(t.after)}"
        slot = f"{t.slot.astimezone(zone):%m-%d %H:%M}" if t.slot else ""
        parts = [
            f"{t.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            cell(moved, 12),
            cell(t.step or t.campaign, 20),
            cell(t.target or ENTITIES.get(t.entity, Text(t.entity, t.entity)).get(language()), 16),
            cell(slot, 11),
            cell(t.channel, 8),
            f"#{t.ref}" if t.entity == "delivery" and t.after in NUMBERED else "",
            _said(t.reason, zone),
            f"({t.actor})" if t.actor else "",
        ]
        yield one_line("  ".join(part for part in parts if part).rstrip())


@lru_cache(maxsize=4096)
def _said(reason: str, zone: ZoneInfo) -> str:
    """The log's own words are English and short; who reads Chinese gets a clause."""
    from sopengine.review.reasons import clause

    return reason if language() == "en" else clause(reason, zone).zh


def _document(t: Transition, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": t.at.astimezone(zone).isoformat(),
        "entity": t.entity,
        "campaign": t.campaign,
        "step": t.step,
        "target": t.target,
        "slot": t.slot.astimezone(zone).isoformat() if t.slot else None,
        "from": t.before,
        "to": t.after,
        "channel": t.channel,
        "reason": t.reason,
        "actor": t.actor,
        "key": t.key,
        "id": t.ref if t.entity in ("delivery", "task") else None,
    }

"""What `retry` and `run-missed` share: which deliveries are meant, what may go, what not and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sopengine.cli import options
from sopengine.cli.named import one_delivery
from sopengine.cli.output import language, note, one_line, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import Refused, SopError, UsageError

if TYPE_CHECKING:
    from sopengine.store.again import Again, Which
    from sopengine.store.store import Store


def which_options(lang: str) -> list[click.Parameter]:
    return [
        options.argument("delivery", required=False, metavar="ID"),
        options.option(lang, "--campaign", text=Text("这个活动的", "Of this campaign")),
        options.option(lang, "--step", text=Text("这个步骤的", "Of this step")),
        options.option(lang, "--target", text=Text("这个对象的", "For this target")),
    ]


def which(store: Store, delivery: str | None, campaign: str | None, step: str | None, target: str | None) -> Which:
    """Refused where nothing is named: everything of all campaigns is never meant."""
    from sopengine.cli.workplace import named_campaigns
    from sopengine.store.again import Which

    if delivery is None and not (campaign or step):
        raise UsageError(
            Text("请指明编号、--campaign 或 --step", "name an ID, --campaign or --step"),
            Text("编号见 sopengine resolve 和 sopengine log", "sopengine resolve and sopengine log show the IDs"),
        )
    if campaign:
        named_campaigns(store, campaign)
    number = None if delivery is None else one_delivery(store, delivery).id
    return Which(campaign or "", step or "", target or "", number)


def show(found: Sequence[Again], zone: ZoneInfo) -> None:
    """On stderr: it is not the result."""
    for one in found:
        note(one_line(_line(one, zone).get(language())))


def _line(one: Again, zone: ZoneInfo) -> Text:
    slot = f"{one.slot.astimezone(zone):%m-%d %H:%M}"
    what = f"{one.campaign}/{one.step}  {one.target or '*'}  {slot}"
    number = f"#{one.id}" if one.kind == "delivery" else ""
    if one.refused is None:
        return Text(f"可以  {what}  {number}", f"will go  {what}  {number}")
    return Text(f"不行  {what}  {number}  {one.refused.zh}", f"cannot  {what}  {number}  {one.refused.en}")


def refuse_unless_any(found: Sequence[Again], nothing: Text) -> list[Again]:
    """Those that may go; a named one that cannot is a failure, with its reason."""
    if not found:
        raise UsageError(nothing)
    chosen = [one for one in found if one.refused is None]
    if not chosen:
        raise SopError(
            Text(f"都不能再发：{_reasons(found, 'zh')}", f"none of them can go any more: {_reasons(found, 'en')}")
        )
    return chosen


def _reasons(found: Sequence[Again], lang: str) -> str:
    return "; ".join(dict.fromkeys(one.refused.get(lang) for one in found if one.refused))


def confirm(question: Text, *, yes: bool, as_json: bool) -> None:
    """Asked once; without a terminal to ask at, `--yes` has to be given."""
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        advice = Text("确认无误后加 --yes", "add --yes when that is right")
        raise UsageError(Text("没有执行", "nothing was done"), advice)
    if not click.confirm(question.get(language())):
        raise Refused(Text("没有执行", "nothing was done"))


def tell(found: Sequence[Again], done: int, zone: ZoneInfo, *, as_json: bool) -> None:
    left = sum(one.refused is not None for one in found)
    if as_json:
        say_json({"schema_version": 1, "done": done, "items": [_document(one, zone) for one in found]})
    elif left:
        say(Text(f"重新待发 {done} 项，{left} 项不行", f"{done} will go, {left} cannot").get(language()))
    else:
        say(Text(f"重新待发 {done} 项", f"{done} will go").get(language()))


def _document(one: Again, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "id": one.id,
        "campaign": one.campaign,
        "step": one.step,
        "target": one.target or None,
        "slot": one.slot.astimezone(zone).isoformat(),
        "was": one.reason,
        "refused": one.refused.en if one.refused else None,
    }

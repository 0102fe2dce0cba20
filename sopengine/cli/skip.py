"""`sopengine skip`: leaves out a step, one slot of it or one delivery, for all targets or one; flows go on past it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.named import Named, reason_option, the_reason, what_is
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.store.leaving_out import Counted
    from sopengine.store.store import Store


def command(lang: str) -> click.Command:
    about = Text(
        "不做一个步骤（以后的时点都不做）、一个时点或一次送达；被它挡住的流程往下走。",
        "Leave out a step (all its slots from now on), one slot, or one delivery; a flow held by it goes on.",
    )
    params: list[click.Parameter] = [
        options.argument("what", metavar="STEP|OCCURRENCE|DELIVERY"),
        options.option(lang, "--campaign", text=Text("哪个活动的步骤", "The step's campaign")),
        options.option(lang, "--target", text=Text("只对这个对象", "Only for this target")),
        reason_option(lang),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("skip", callback=skip, params=params, help=about.get(lang))


def skip(
    what: str,
    campaign: str | None,
    target: str | None,
    reason: str,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> None:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, sources_of, workspace_at, zone_of
    from sopengine.engine.wake import wake
    from sopengine.store.leaving_out import LeftOut

    place, said = workspace_at(workspace), the_reason(reason)
    with open_ledger(place, create=False) as store:
        named = what_is(store, sources_of(place), what, campaign)
        _refuse_ended(store, named)
        if named.delivery and target and target != named.delivery.target:
            raise UsageError(
                Text(
                    f"送达 {named.delivery.id} 不是给 {target} 的", f"delivery {named.delivery.id} is not for {target}"
                )
            )
        number = named.delivery.id if named.delivery else None
        left = LeftOut(named.campaign, named.step, named.occurrence, target or "", number)
        counted = store.leave_out(left, moment_of(now, zone_of(store)), actor(), said)
        wake(store.path)
    if as_json:
        document = {"campaign": named.campaign, "step": named.step, "occurrence": named.occurrence or None}
        say_json(
            {
                "schema_version": 1,
                **document,
                "delivery": number,
                "target": target or (named.delivery.target if named.delivery else None),
                "reason": said,
                **counted._asdict(),
            }
        )
    else:
        say(_told(named, target, counted).get(language()))


def _told(named: Named, target: str | None, counted: Counted) -> Text:
    """What happened at once, and what is left out from now on."""
    zh, en = [], []
    for number, words in (
        (counted.slots, Text("个时点", "slots")),
        (counted.messages, Text("条消息", "messages")),
        (counted.tasks, Text("个任务", "tasks")),
    ):
        if number:
            zh.append(f"{number} {words.zh}")
            en.append(f"{number} {words.en}")
    done = Text(f"不做：{'、'.join(zh)}", f"left out: {', '.join(en)}") if zh else Text("", "")
    if counted.settled:
        settled = Text("不再要人处理，等着它的流程往下走", "no longer needs a person; a flow behind it goes on")
        return Text("；".join(filter(None, [done.zh, settled.zh])), "; ".join(filter(None, [done.en, settled.en])))
    if named.delivery is None:
        whom = Text(f"对 {target} ", f" for {target}") if target else Text("", "")
        slot = Text("这个时点", "this slot of ") if named.occurrence else Text("", "")
        later = Text(
            f"从现在起{whom.zh}不做 {named.campaign}/{named.step} {slot.zh}".rstrip(),
            f"from now on {slot.en}{named.campaign}/{named.step} is left out{whom.en}",
        )
        return Text("；".join(filter(None, [done.zh, later.zh])), "; ".join(filter(None, [done.en, later.en])))
    return done if zh else Text("已经做完，没有可以不做的", "it has ended; there is nothing to leave out")


def _refuse_ended(store: Store, named: Named) -> None:
    """Deliveries that failed are settled in ended campaigns too."""
    row = store.campaign(named.campaign)
    if row is not None and row.state not in ("running", "paused") and named.delivery is None:
        raise UsageError(Text(f"活动 {row.id} 已经结束", f"campaign {row.id} has ended"))

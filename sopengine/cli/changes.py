"""What `slip`, `upgrade` and `patch-copy` share: the campaign that is meant, the question, what becomes of its plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sopengine.cli.output import language, note, one_line
from sopengine.diagnostics import Text
from sopengine.errors import Refused, UsageError
from sopengine.review.words import stays

if TYPE_CHECKING:
    from sopengine.engine.change import Change, Changing
    from sopengine.engine.replan import Became
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace

WHAT = {
    "moved": Text("改时间", "moves"),
    "added": Text("新增", "added"),
    "withdrawn": Text("撤回", "withdrawn"),
    "past": Text("时间已过，不再执行", "past by then, never runs"),
    "behind": Text("新增但时间已过，不执行", "added in the past, never runs"),
}
"""What becomes of a slot, in the order in which it is told; what stays is counted."""
LISTED = 40
"""Slots of one kind that are shown one by one."""


def changing(place: Workspace, store: Store, campaign: str) -> Changing:
    from sopengine.cli.workplace import named_campaigns, sources_of
    from sopengine.engine.change import CHANGEABLE, Changing

    (row,) = named_campaigns(store, campaign)
    if row.state not in CHANGEABLE:
        over = Text(f"活动 {campaign} 已经结束，不能改", f"campaign {campaign} is over and cannot be changed")
        raise UsageError(over)
    return Changing(store, row.id, sources_of(place), place.guards)


def show(change: Change, zone: ZoneInfo) -> None:
    """On stderr: what is about to happen is not the result."""
    lang = language()
    show_slots(change, zone)
    note(stays(sum(change.sent.values())).get(lang))
    for text in told_of_rows(change):
        note(text.get(lang))


def show_slots(change: Change, zone: ZoneInfo) -> None:
    lang = language()
    for what, word in WHAT.items():
        found = change.became(what)
        for one in found[:LISTED]:
            note(one_line(f"{word.get(lang)}  {one.step}  {_times(one, zone)}"))
        if len(found) > LISTED:
            rest = len(found) - LISTED
            note(Text(f"{word.zh}  另有 {rest} 个", f"{word.en}  {rest} more").get(lang))


def refuse_own_words(store: Store, change: Change, actor: str) -> None:
    """Whoever changes a campaign is an author of what it says from then on: who alone would be asked to approve the new
    words cannot be the one who brings them in."""
    from sopengine.cli.start import own_words
    from sopengine.engine.start import approved_by_the_author

    asked = {approval.key for approval in store.approvals(change.after.row.id)}
    if role := approved_by_the_author(change.after.campaign, change.after.files, actor, asked):
        raise Refused(own_words(role, actor))


def told_of_rows(change: Change) -> list[Text]:
    """Of messages that are handed out and wait: those that would be past, those that come back, and those that nobody
    gets any more."""
    plan = change.outcome.plan
    found = []
    if past := len(plan.past):
        text = Text(f"{past} 条待发消息的时间已过，将撤回", f"{past} waiting messages would be past and are withdrawn")
        found.append(text)
    if back := len(plan.returned):
        found.append(Text(f"{back} 条先前撤回的消息又排上了", f"{back} messages that were withdrawn wait again"))
    if gone := len(plan.unaddressed):
        text = Text(
            f"{gone} 条待发消息的对象已不在发送范围，将撤回",
            f"{gone} waiting messages are to targets not addressed any more and are withdrawn",
        )
        found.append(text)
    return found


def counts(change: Change) -> dict[str, int]:
    return {what: len(change.became(what)) for what in WHAT}


def document(change: Change, zone: ZoneInfo) -> dict[str, Any]:
    """What becomes of the plan, for `--json`."""
    return {
        "campaign": change.after.row.id,
        "sent": sum(change.sent.values()),
        "slots": [_slot(one, zone) for one in change.became(*WHAT)],
        "deliveries_moved": len(change.outcome.plan.deliveries),
        "deliveries_past": len(change.outcome.plan.past),
        "deliveries_returned": len(change.outcome.plan.returned),
        "deliveries_unaddressed": len(change.outcome.plan.unaddressed),
        "tasks_moved": len(change.outcome.plan.work),
        "ends_at": _iso(change.outcome.ends_at, zone),
    }


def _slot(one: Became, zone: ZoneInfo) -> dict[str, Any]:
    return {"what": one.what, "step": one.step, "before": _iso(one.before, zone), "after": _iso(one.after, zone)}


def _iso(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat()


def _times(one: Became, zone: ZoneInfo) -> str:
    return " → ".join(_short((one.before, one.after), zone))


def _short(moments: Iterable[datetime | None], zone: ZoneInfo) -> list[str]:
    return [f"{moment.astimezone(zone):%m-%d %H:%M}" for moment in moments if moment is not None]

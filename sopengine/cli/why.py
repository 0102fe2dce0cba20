"""`sopengine why`: why a step went, goes or will go as it does, in one sentence with the whole chain."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.cli.named import Named, what_is
from sopengine.cli.output import language, one_line, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.engine.campaigns import Running
    from sopengine.language.model import Step
    from sopengine.review.chain import Around, Asked, Link
    from sopengine.store.rows import OccurrenceRow
    from sopengine.store.store import Store
    from sopengine.store.stories import Told
    from sopengine.workspace import Workspace


def command(lang: str) -> click.Command:
    about = Text(
        "说明一个步骤、时点或送达为什么是这样：发了、没发、还没发或不会发。不写日子时说最近的一个时点。",
        "Say why a step, a slot or a delivery is as it is: sent, not sent, not yet or never. "
        "Without a day the latest slot is meant.",
    )
    params: list[click.Parameter] = [
        options.argument("what", metavar="STEP|OCCURRENCE|DELIVERY"),
        options.option(lang, "--campaign", text=Text("哪个活动的步骤", "The step's campaign")),
        options.option(lang, "--target", text=Text("对哪个对象", "For which target")),
        options.option(lang, "--on", "day", metavar="DATE", text=Text("哪一天的时点", "The slot of this day")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("why", callback=why, params=params, help=about.get(lang))


def why(
    what: str,
    campaign: str | None,
    target: str | None,
    day: str | None,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> None:
    from sopengine.cli.workplace import moment_of, open_ledger, workspace_at, zone_of

    place = workspace_at(workspace)
    on = options.day(day, "--on")
    with open_ledger(place, read_only=True, create=False) as store:
        found = answer(store, place, what, campaign, target or "", on, moment_of(now, zone_of(store)))
    if as_json:
        say_json(_document(found))
    else:
        say(one_line(found.said.get(language())))


class Answer(Struct, frozen=True):
    """`row` is the slot that is spoken of, None where there is none."""

    named: Named
    target: str
    row: OccurrenceRow | None
    links: tuple[Link, ...]
    said: Text
    zone: ZoneInfo


def answer(
    store: Store, place: Workspace, what: str, campaign: str | None, target: str, on: date | None, now: datetime
) -> Answer:
    from sopengine.cli.workplace import sources_of
    from sopengine.engine.campaigns import Campaigns
    from sopengine.review.why import explain, sentence

    named = what_is(store, sources_of(place), what, campaign)
    whom = target or (named.delivery.target if named.delivery else "")
    running = Campaigns(store, sources_of(place)).by_id(named.campaign)
    step = running.steps.get(named.step)
    if step is None:
        raise UsageError(Text(f"活动里没有步骤 {named.step}", f"the campaign has no step {named.step}"))
    around = _around(store, running, step, whom, now)
    row = _slot(store, named, whom, on, now, running)
    story = None if row is None else store.story(row.key, whom or None)
    links = _without(store, running, step, whom, on) if row is None or story is None else explain(story, step, around)
    return Answer(named, whom, row, links, sentence(links), ZoneInfo(row.zone if row else running.row.zone))


def _around(store: Store, running: Running, step: Step, target: str, now: datetime) -> Around:
    from sopengine.cli.status import STATES
    from sopengine.planning.targets import MEMBER, SUBJECT
    from sopengine.review.chain import Around

    ids = None
    if target and step.to and step.to not in (MEMBER, SUBJECT):
        ids = {str(row["id"]) for row in running.frozen.rows(step.to)} if not running.is_live(step) else None
    return Around(
        running.row,
        running.campaign.playbook,
        now,
        STATES,
        store.paused(),
        store.parked(now),
        store.last_word(running.row.id),
        target,
        None if ids is None else target in ids,
        _approvals(store, running, step),
    )


def _approvals(store: Store, running: Running, step: Step) -> tuple[Asked, ...]:
    from sopengine.planning.approvals import approval_of
    from sopengine.review.chain import Asked
    from sopengine.store.rows import TaskState

    needed = approval_of(running.campaign, step, running.files)
    if needed is None:
        return ()
    tasks = [task for task in store.tasks(list(TaskState), campaign=running.row.id) if task.approves]
    steps = {one.id for one in running.campaign.playbook.steps() if one.approve}
    mine = [task for task in tasks if (task.step == step.id if needed.step else task.step not in steps)]
    return tuple(
        Asked(
            person=task.person,
            at=task.created_at,
            state=task.state.name.lower(),
            decided_at=task.done_at,
            by=task.done_by,
            reason=task.reason,
            holds=task.approves == needed.content,
        )
        for task in mine
    )


def _slot(
    store: Store, named: Named, target: str, on: date | None, now: datetime, running: Running
) -> OccurrenceRow | None:
    """The one that is named; else that of the day; else the latest whose time has come, else the next."""
    if named.occurrence:
        return store.occurrences_named(named.occurrence)[0]
    if named.delivery is not None:
        return store.occurrence_of(named.delivery.id)
    rows = [row for row, _ in store.slots_of(named.campaign, named.step)]
    if target:
        rows = [row for row in rows if row.subject is None or str(row.subject.get("id")) == target] or [
            row for row in rows if row.entry and store.has_things(row.id, target)
        ]
    if on is not None:
        here = ZoneInfo(running.row.zone)
        rows = [row for row in rows if row.planned_at.astimezone(here).date() == on]
    past = [row for row in rows if row.planned_at <= now]
    return past[-1] if past else next(iter(rows), None)


def _without(store: Store, running: Running, step: Step, target: str, on: date | None) -> tuple[Link, ...]:
    """There is no such slot."""
    from sopengine.review.chain import Link
    from sopengine.review.why import rule_of
    from sopengine.review.why_not import no_slot

    book = running.campaign.playbook
    flows = [one for one in (book.welcome, *book.journeys) if one is not None and step in one.steps]
    head = Link(
        "plan",
        Text(
            f"活动 {running.row.id} 的步骤 {step.id}（{rule_of(step.when)}）",
            f"campaign {running.row.id}, step {step.id} ({rule_of(step.when)})",
        ),
    )
    if flows:
        flow = flows[0]
        begin = flow.on_event or (f"when {flow.when.text}" if flow.when else "")
        text = Text(
            f"{target + ' 没有' if target else '还没有人'}进入 {flow.name}，它从 {begin} 开始",
            f"{target or 'nobody'} has {'not ' if target else ''}entered {flow.name}, which begins with {begin}",
        )
        told = store.ignored(flow.on_event, target) if target and flow.on_event else None
        return (head, Link("targets", text), *([] if told is None else [_ignored(told, running)]))
    in_schedule = any(step in phase.steps for phase in book.phases) or (book.weekly and step in book.weekly.steps)
    if on is not None and in_schedule and step.when.after is None:
        return (head, *no_slot(running.campaign, step, on))
    until = running.row.planned_until
    planned = f"{until:%Y-%m-%d}" if until else "-"
    return (
        head,
        Link("plan", Text(f"还没有排到（排到 {planned}）", f"no slot is planned yet (planned up to {planned})")),
    )


def _ignored(told: Told, running: Running) -> Link:
    """An event came, and started nothing."""
    from sopengine.review.chain import Link
    from sopengine.review.reasons import clause

    zone = ZoneInfo(running.row.zone)
    at, why = f"{told.at.astimezone(zone):%m-%d %H:%M}", clause(told.reason, zone)
    return Link(
        "wait", Text(f"{at} 来过一次，没有开始：{why.zh}", f"it came at {at} and started nothing: {why.en}"), told.at
    )


def _document(found: Answer) -> dict[str, Any]:
    """Moments in the zone of the slot."""

    def local(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(found.zone).isoformat()

    return {
        "schema_version": 1,
        "campaign": found.named.campaign,
        "step": found.named.step,
        "occurrence": found.row.key if found.row else None,
        "slot": local(found.row.planned_at) if found.row else None,
        "target": found.target or None,
        "sentence": found.said.get(language()),
        "chain": [{"kind": one.kind, "text": one.text.get(language()), "at": local(one.at)} for one in found.links],
    }

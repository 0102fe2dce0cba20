"""`sopengine approve [ID]`: lists what waits for a decision, and takes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sopengine.cli import options
from sopengine.cli.named import reason_option, the_reason
from sopengine.cli.output import colour, columns, language, one_line, say, say_json
from sopengine.cli.status import word
from sopengine.cli.task_hands import number_of
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_NEEDS_A_PERSON, EXIT_OK, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopengine.cli.approve_words import Waiting
    from sopengine.store.rows import Completion, TaskRow
    from sopengine.store.store import Store
    from sopengine.workspace import Workspace


def command(lang: str) -> click.Command:
    about = Text(
        "批准发送。不写编号时列出等着批准的，有的话退出码为 5。",
        "Approve what is to be sent. Without an ID: list what waits for approval (exit code 5 where there is any).",
    )
    params: list[click.Parameter] = [
        options.argument("task_id", required=False, metavar="ID"),
        options.flag(lang, "--reject", text=Text("驳回，要写 --reason", "Reject it; needs --reason")),
        reason_option(lang),
        options.option(lang, "--by", text=Text("谁批的，默认当前用户", "Who decides; default: the current user")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("approve", callback=approve, params=params, help=about.get(lang))


def approve(
    task_id: str | None,
    reject: bool,
    reason: str,
    by: str | None,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> int:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    place = workspace_at(workspace)
    if task_id is None:
        with open_ledger(place, read_only=True, create=False) as store:
            return _list(place, store, now, as_json)
    number, why = number_of(task_id), the_reason(reason) if reject else ""
    with open_ledger(place, create=False) as store:
        task = store.task(number)
        if task is None or not task.approves:
            raise UsageError(
                Text(f"编号 {number} 不是批准", f"{number} is no approval"),
                Text("编号见 sopengine approve", "sopengine approve lists them"),
            )
        zone = zone_of(store)
        moment, who = moment_of(now, zone), by or actor()
        said = store.decline_task(number, moment, who, why) if reject else store.complete_task(number, moment, who)
        wake(store.path)
    _tell(number, said, zone, as_json)
    return EXIT_OK


def _waiting(store: Store) -> list[TaskRow]:
    from sopengine.store.states import WORKABLE

    return [task for task in store.tasks(states=WORKABLE) if task.approves]


def _list(place: Workspace, store: Store, now: str | None, as_json: bool) -> int:
    from sopengine.cli.approve_words import Approver
    from sopengine.cli.workplace import moment_of, zone_of
    from sopengine.messages.renderer import Renderer

    zone, tasks = zone_of(store), _waiting(store)
    with Renderer(try_again=False) as renderer:
        approver = Approver(place, store, moment_of(now, zone), renderer)
        waiting = [approver.waiting(task) for task in tasks]
    if as_json:
        say_json({"schema_version": 1, "approvals": [_document(one, zone) for one in waiting]})
    elif not tasks:
        say(Text("没有等着批准的", "nothing waits for approval").get(language()))
    else:
        say("\n\n".join("\n".join(_lines(one, zone)) for one in waiting))
    return EXIT_NEEDS_A_PERSON if tasks else EXIT_OK


def _lines(waiting: Waiting, zone: ZoneInfo) -> Iterator[str]:
    """What waits, and below it what has to be read."""
    from sopengine.review.colour import Ink
    from sopengine.review.comparison.terminal import step_lines

    task, since, lang, indent = waiting.task, waiting.since, language(), " " * 7
    until = f"{task.due_at.astimezone(zone):%m-%d %H:%M}" if task.due_at else "-"
    until = Text(f"{until} 之前", f"until {until}").get(lang)
    yield one_line(f"{task.id:>5}  {until}  {task.person or '-'}  {task.campaign}  {task.title}")
    if waiting.outdated:
        yield indent + Text("文字又改过，会重新请批", "edited again: it will be asked for anew").get(lang)
    if since is not None:
        by, at = one_line(since.by), f"{since.at.astimezone(zone):%m-%d %H:%M}"
        yield indent + Text(f"{by} {at} 批过；之后改的：", f"approved by {by} on {at}; since then:").get(lang)
    yield from (indent + one_line(said.get(lang)) for said in waiting.besides)
    for step in waiting.steps:
        lines = step_lines(step, lang, columns() - len(indent), Ink(colour()), all=True)
        yield from ((indent + line).rstrip() for line in lines)


def _document(waiting: Waiting, zone: ZoneInfo) -> dict[str, Any]:
    from sopengine.review.comparison.as_json import as_step

    task, since, lang = waiting.task, waiting.since, language()
    before = since and {
        "content": since.approval.content,
        "by": since.by,
        "at": since.at.astimezone(zone).isoformat(timespec="seconds"),
    }
    return {
        "id": task.id,
        "campaign": task.campaign,
        "step": task.step,
        "person": task.person,
        "title": task.title,
        "state": task.state.name.lower(),
        "until": task.due_at.astimezone(zone).isoformat() if task.due_at else None,
        "content": task.approves,
        "outdated": waiting.outdated,
        "since": before,
        "besides": [said.get(lang) for said in waiting.besides],
        "steps": [as_step(step, lang) for step in waiting.steps],
    }


def _tell(number: int, said: Completion, zone: ZoneInfo, as_json: bool) -> None:
    decision = {"DONE": "approved", "DECLINED": "rejected"}.get(said.state.name, said.state.name.lower())
    at = said.at.astimezone(zone).isoformat(timespec="seconds") if said.at else None
    if as_json:
        say_json(
            {"schema_version": 1, "task": number, "done": said.done, "decision": decision, "by": said.by, "at": at}
        )
        return
    words = {"approved": Text("已批准", "approved"), "rejected": Text("已驳回", "rejected")}
    state = words[decision].get(language()) if decision in words else word(decision)
    before = "" if said.done else Text(f"（{said.by}，{at}）", f" ({said.by}, {at})").get(language())
    say(one_line(f"{number}: {state}{before}"))

"""`sopengine task list` and `task done`: the work of people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sopengine.cli import options
from sopengine.cli.log import one_line
from sopengine.cli.output import language, say, say_json
from sopengine.cli.status import word
from sopengine.diagnostics import Text

if TYPE_CHECKING:
    from sopengine.store.rows import Completion, TaskRow


LONGEST_ID = 18
"""Digits of a task's id: what the database can hold."""


def command(lang: str) -> click.Command:
    about = Text("查看和完成人工任务。", "List and complete tasks of people.")
    return click.Group("task", commands=[_list(lang), _done(lang)], help=about.get(lang))


def _list(lang: str) -> click.Command:
    params: list[click.Parameter] = [
        options.option(lang, "--person", text=Text("只看这个人的", "Only this person's")),
        options.option(lang, "--campaign", text=Text("只看这个活动的", "Only this campaign's")),
        options.flag(lang, "--all", "everything", text=Text("已结束的也列出", "Ended ones too")),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    about = Text("列出任务。", "List tasks.")
    return click.Command("list", callback=list_tasks, params=params, help=about.get(lang))


def _done(lang: str) -> click.Command:
    params: list[click.Parameter] = [
        options.argument("task_id", metavar="ID"),
        options.option(lang, "--by", text=Text("谁完成的，默认当前用户", "Who did it; default: the current user")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    about = Text(
        "把一个任务记为完成；要人发的消息同时记为已确认。",
        "Mark a task done; a message it was to post is confirmed with it.",
    )
    return click.Command("done", callback=done, params=params, help=about.get(lang))


def list_tasks(
    person: str | None, campaign: str | None, everything: bool, as_json: bool, workspace: Path | None
) -> None:
    from sopengine.cli.workplace import named_campaigns, open_ledger, workspace_at, zone_of
    from sopengine.store.states import OPEN_TASK

    place = workspace_at(workspace)
    with open_ledger(place, read_only=True, create=False) as store:
        named_campaigns(store, campaign)
        zone = zone_of(store)
        tasks = store.tasks(states=None if everything else tuple(OPEN_TASK), person=person, campaign=campaign)
    if as_json:
        say_json({"schema_version": 1, "tasks": [_document(task, zone) for task in tasks]})
    elif not tasks:
        say(Text("没有待办任务", "no open tasks").get(language()))
    for task in [] if as_json else tasks:
        say(_line(task, zone))


def _line(task: TaskRow, zone: ZoneInfo) -> str:
    due = f"{task.due_at.astimezone(zone):%m-%d %H:%M}" if task.due_at else "-"
    due = Text(f"截止 {due}", f"due {due}").get(language())
    who = task.person or Text("未分配", "unassigned").get(language())
    return one_line(f"{task.id:>5}  {word(task.state.name.lower())}  {due}  {who}  {task.target}  {task.title}")


def done(task_id: str, by: str | None, now: str | None, as_json: bool, workspace: Path | None) -> None:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake
    from sopengine.errors import UsageError

    if not task_id.isdecimal() or len(task_id) > LONGEST_ID:
        raise UsageError(Text(f"任务编号是数字，不是 {task_id}", f"a task's id is a number, not {task_id}"))
    place = workspace_at(workspace)
    with open_ledger(place, create=False) as store:
        zone = zone_of(store)
        completion = store.complete_task(int(task_id), moment_of(now, zone), by or actor())
        wake(store.path)
    at = completion.at.astimezone(zone).isoformat(timespec="seconds") if completion.at else None
    if as_json:
        state = completion.state.name.lower()
        say_json(
            {
                "schema_version": 1,
                "task": int(task_id),
                "done": completion.done,
                "state": state,
                "by": completion.by,
                "at": at,
            }
        )
        return
    say((_done_now(task_id) if completion.done else _ended_before(task_id, completion, at)).get(language()))


def _done_now(task_id: str) -> Text:
    return Text(f"任务 {task_id} 已完成", f"task {task_id} is done")


def _ended_before(task_id: str, completion: Completion, at: str | None) -> Text:
    """The second person is told who was first."""
    if completion.state.name == "DONE":
        return Text(
            f"{completion.by} 已在 {at} 完成了任务 {task_id}",
            f"{completion.by} had already done task {task_id} at {at}",
        )
    state = word(completion.state.name.lower())
    return Text(f"任务 {task_id} 不能完成：它{state}了", f"task {task_id} cannot be done: it is {state}")


def _document(task: TaskRow, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": task.id,
        "campaign": task.campaign,
        "step": task.step,
        "target": task.target,
        "person": task.person,
        "title": task.title,
        "state": task.state.name.lower(),
        "created_at": task.created_at.astimezone(zone).isoformat(),
        "due_at": task.due_at.astimezone(zone).isoformat() if task.due_at else None,
        "done_at": task.done_at.astimezone(zone).isoformat() if task.done_at else None,
        "done_by": task.done_by,
        "reason": task.reason,
        "key": task.key,
    }

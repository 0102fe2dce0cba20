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
    from sopengine.store.rows import TaskRow


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
    about = Text("把一个任务记为完成；要人发的消息同时记为已确认。", "Mark a task done; a message it was to post is confirmed with it.")
    return click.Command("done", callback=done, params=params, help=about.get(lang))


def list_tasks(
    person: str | None, campaign: str | None, everything: bool, as_json: bool, workspace: Path | None
) -> None:
    from sopengine.cli.workplace import open_ledger, workspace_at, zone_of
    from sopengine.store.states import OPEN_TASK

    place = workspace_at(workspace)
    with open_ledger(place, read_only=True, create=False) as store:
        zone = zone_of(store)
        tasks = store.tasks(states=None if everything else tuple(OPEN_TASK), person=person, campaign=campaign)
    if as_json:
        say_json({"schema_version": 1, "tasks": [_document(task, zone) for task in tasks]})
    elif not tasks:
        say(Text("没有待办任务", "no open tasks").get(language()))
    for task in [] if as_json else tasks:
        due = f"{task.due_at.astimezone(zone):%m-%d %H:%M}" if task.due_at else "-"
        who = task.person or Text("未分配", "unassigned").get(language())
        say(f"{task.id:>5}  {word(task.state.name.lower())}  {Text('截止', 'due').get(language())} {due}  {who}  {task.target}  {one_line(task.title)}")


def done(task_id: str, by: str | None, now: str | None, as_json: bool, workspace: Path | None) -> None:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake
    from sopengine.errors import UsageError

    if not task_id.isdecimal():
        raise UsageError(Text(f"任务编号是数字，不是 {task_id}", f"a task's id is a number, not {task_id}"))
    place = workspace_at(workspace)
    with open_ledger(place, create=False) as store:
        zone = zone_of(store)
        completion = store.complete_task(int(task_id), moment_of(now, zone), by or actor())
        wake(store.path)
    at = completion.at.astimezone(zone).isoformat(timespec="seconds")
    if as_json:
        say_json({"schema_version": 1, "task": int(task_id), "done": completion.done, "by": completion.by, "at": at})
        return
    first = Text(f"任务 {task_id} 已完成", f"task {task_id} is done")
    before = Text(f"{completion.by} 已在 {at} 完成了它", f"{completion.by} had already done it at {at}")
    say((first if completion.done else before).get(language()))


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

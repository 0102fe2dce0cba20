"""`sopengine task list` and `task done`: the work of people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sopengine.cli import options, task_hands
from sopengine.cli.output import language, one_line, say, say_json
from sopengine.cli.status import word
from sopengine.cli.task_hands import number_of
from sopengine.diagnostics import Text

if TYPE_CHECKING:
    from sopengine.language.named import Field, Fields
    from sopengine.store.rows import Completion, TaskRow
    from sopengine.store.store import Store


def command(lang: str) -> click.Command:
    about = Text("查看和完成人工任务。", "List and complete tasks of people.")
    return click.Group("task", commands=[_list(lang), _done(lang), *task_hands.commands(lang)], help=about.get(lang))


def _list(lang: str) -> click.Command:
    params: list[click.Parameter] = [
        options.option(lang, "--person", text=Text("只看这个人的", "Only this person's")),
        options.option(lang, "--role", text=Text("只看这个角色的", "Only this role's")),
        options.option(lang, "--campaign", text=Text("只看这个活动的", "Only this campaign's")),
        options.flag(lang, "--overdue", text=Text("只看逾期的", "Only those that are overdue")),
        options.flag(lang, "--all", "everything", text=Text("已结束的也列出", "Ended ones too")),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    about = Text("列出任务。", "List tasks.")
    return click.Command("list", callback=list_tasks, params=params, help=about.get(lang))


def _done(lang: str) -> click.Command:
    params: list[click.Parameter] = [
        options.argument("task_id", metavar="ID"),
        options.option(
            lang,
            "--field",
            "fields",
            multiple=True,
            metavar="NAME=VALUE",
            text=Text("填表单的一个字段，可写多次", "A field of its form; may be repeated"),
        ),
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
    person: str | None,
    role: str | None,
    campaign: str | None,
    overdue: bool,
    everything: bool,
    as_json: bool,
    workspace: Path | None,
) -> None:
    from sopengine.cli.workplace import named_campaigns, open_ledger, workspace_at, zone_of
    from sopengine.engine.forms import Forms
    from sopengine.store.rows import TaskState
    from sopengine.store.states import WORKABLE

    states = (TaskState.OVERDUE,) if overdue else None if everything else WORKABLE
    place = workspace_at(workspace)
    with open_ledger(place, read_only=True, create=False) as store:
        named_campaigns(store, campaign)
        zone = zone_of(store)
        forms = Forms(store)
        found = store.tasks(states=states, person=person, campaign=campaign)
        tasks = [task for task in found if role is None or forms.role(task) == role]
        asked = {task.id: (forms.form(task), forms.script(task)) for task in tasks}
        roles = {task.id: forms.role(task) for task in tasks}
    if as_json:
        say_json(
            {"schema_version": 1, "tasks": [_document(task, *asked[task.id], roles[task.id], zone) for task in tasks]}
        )
    elif not tasks:
        say(Text("没有待办任务", "no open tasks").get(language()))
    for task in [] if as_json else tasks:
        say(_line(task, *asked[task.id], zone))


def _line(task: TaskRow, form: Fields, script: str, zone: ZoneInfo) -> str:
    from sopengine.store.states import WORKABLE

    due = f"{task.due_at.astimezone(zone):%m-%d %H:%M}" if task.due_at else "-"
    due = Text(f"截止 {due}", f"due {due}").get(language())
    who = task.person or Text("未分配", "unassigned").get(language())
    line = f"{task.id:>5}  {word(task.state.name.lower())}  {due}  {who}  {task.target}  {task.title}"
    if task.escalated:
        line += "  " + Text("[已升级]", "[escalated]").get(language())
    if form and task.state in WORKABLE:
        names = " ".join(name + ("*" if field.required else "") for name, field in form.items())
        line += "  " + Text(f"[填：{names}]", f"[fill in: {names}]").get(language())
    if script and task.state in WORKABLE:
        line += "  " + Text(f"[话术：{script}]", f"[script: {script}]").get(language())
    return one_line(line)


def done(
    task_id: str,
    fields: tuple[str, ...],
    by: str | None,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> None:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    given = options.pairs(fields, "--field")

    number = number_of(task_id)
    place = workspace_at(workspace)
    with open_ledger(place, create=False) as store:
        zone = zone_of(store)
        values = _filled_in(store, number, given)
        completion = store.complete_task(number, moment_of(now, zone), by or actor(), values)
        wake(store.path)
    at = completion.at.astimezone(zone).isoformat(timespec="seconds") if completion.at else None
    if as_json:
        state = completion.state.name.lower()
        say_json(
            {
                "schema_version": 1,
                "task": number,
                "done": completion.done,
                "state": state,
                "by": completion.by,
                "at": at,
            }
        )
        return
    say((_done_now(task_id) if completion.done else _ended_before(task_id, completion, at)).get(language()))


def _filled_in(store: Store, task_id: int, given: dict[str, str]) -> dict[str, Any]:
    """Of a task that can still be done; one that has ended is told so, whatever was filled in."""
    from sopengine.engine.forms import Forms
    from sopengine.errors import UsageError
    from sopengine.language.feed.forms import FormMistake, filled_in
    from sopengine.store.states import WORKABLE

    task = store.task(task_id)
    if task is None or task.state not in WORKABLE:
        return {}
    row = store.campaign(task.campaign)
    try:
        return filled_in(Forms(store).form(task), given, row.zone if row else "UTC")
    except FormMistake as mistake:
        raise UsageError(mistake.message, mistake.help) from None


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


def _document(task: TaskRow, form: Fields, script: str, role: str, zone: ZoneInfo) -> dict[str, Any]:
    from sopengine.review.as_json import plain

    return {
        "id": task.id,
        "campaign": task.campaign,
        "step": task.step,
        "target": task.target,
        "person": task.person,
        "role": role or None,
        "handed_over": task.handed_over,
        "escalated": task.escalated,
        "title": task.title,
        "state": task.state.name.lower(),
        "created_at": task.created_at.astimezone(zone).isoformat(),
        "due_at": task.due_at.astimezone(zone).isoformat() if task.due_at else None,
        "done_at": task.done_at.astimezone(zone).isoformat() if task.done_at else None,
        "done_by": task.done_by,
        "reason": task.reason,
        "key": task.key,
        "form": {name: _field(field) for name, field in form.items()},
        "script": script or None,
        "fields": {name: plain(value) for name, value in (task.fields or {}).items()},
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "type": field.type.value,
        "title": field.title,
        "choices": list(field.choices),
        "required": field.required,
    }

"""`sopengine task ack`, `decline` and `hand-over`: what people do with their work besides doing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.named import reason_option, the_reason
from sopengine.cli.output import language, one_line, say, say_json
from sopengine.cli.status import word
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sopengine.store.rows import Completion

LONGEST_ID = 18
"""Digits of a task's id: what the database can hold."""


def number_of(task_id: str) -> int:
    if not task_id.isdecimal() or len(task_id) > LONGEST_ID:
        raise UsageError(Text(f"任务编号是数字，不是 {task_id}", f"a task's id is a number, not {task_id}"))
    return int(task_id)


def commands(lang: str) -> list[click.Command]:
    return [_ack(lang), _decline(lang), _hand_over(lang)]


def _ack(lang: str) -> click.Command:
    about = Text("知悉一个任务：看到了，会做。", "Take note of a task: it has been seen and will be done.")
    params = [options.argument("task_id", metavar="ID"), *_shared(lang)]
    return click.Command("ack", callback=ack, params=params, help=about.get(lang))


def _decline(lang: str) -> click.Command:
    about = Text(
        "谢绝一个任务，写明原因。逾期的任务不能谢绝，可以补做或转交。",
        "Decline a task, with a reason. An overdue one cannot be declined: do it late, or hand it over.",
    )
    params = [options.argument("task_id", metavar="ID"), reason_option(lang), *_shared(lang)]
    return click.Command("decline", callback=decline, params=params, help=about.get(lang))


def _hand_over(lang: str) -> click.Command:
    about = Text(
        "把任务连同经过转交给别人：写编号，或者用 --from 转交一个人手上的全部任务。",
        "Give tasks to somebody else, with their history: by ID, or with --from all the open work of one person.",
    )
    params: list[click.Parameter] = [
        click.Argument(["task_ids"], nargs=-1, metavar="[ID]..."),
        options.option(lang, "--from", "person", text=Text("现在由谁负责", "Who has them now")),
        options.option(lang, "--to", required=True, text=Text("转交给谁", "Who is to have them")),
        reason_option(lang),
        *_shared(lang),
    ]
    return click.Command("hand-over", callback=hand_over, params=params, help=about.get(lang))


def _shared(lang: str) -> list[click.Parameter]:
    return [
        options.option(lang, "--by", text=Text("谁说的，默认当前用户", "Who says so; default: the current user")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]


def ack(task_id: str, by: str | None, now: str | None, as_json: bool, workspace: Path | None) -> None:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of

    number = number_of(task_id)
    with open_ledger(workspace_at(workspace), create=False) as store:
        zone = zone_of(store)
        said = store.acknowledge_task(number, moment_of(now, zone), by or actor())
    _tell(number, said, zone, as_json, Text(f"任务 {number} 已知悉", f"task {number} is acknowledged"))


def decline(task_id: str, reason: str, by: str | None, now: str | None, as_json: bool, workspace: Path | None) -> None:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake

    number, why = number_of(task_id), the_reason(reason)
    with open_ledger(workspace_at(workspace), create=False) as store:
        zone = zone_of(store)
        said = store.decline_task(number, moment_of(now, zone), by or actor(), why)
        wake(store.path)
    _tell(number, said, zone, as_json, Text(f"任务 {number} 已谢绝", f"task {number} is declined"))


def hand_over(
    task_ids: tuple[str, ...],
    person: str | None,
    to: str,
    reason: str,
    by: str | None,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> None:
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of

    numbers = [number_of(task_id) for task_id in task_ids]
    if not numbers and person is None:
        raise UsageError(
            Text("要转交哪些任务？写编号，或者 --from 某人", "which tasks? give their IDs, or --from PERSON")
        )
    if not to.strip():
        raise UsageError(Text("要转交给谁？", "who is to have them?"))
    with open_ledger(workspace_at(workspace), create=False) as store:
        moment = moment_of(now, zone_of(store))
        moved = store.hand_over_tasks(numbers or None, person, to.strip(), moment, by or actor(), reason.strip())
    if as_json:
        tasks = [{"id": task.id, "from": task.person, "to": to.strip(), "title": task.title} for task in moved]
        say_json({"schema_version": 1, "handed_over": tasks})
        return
    if not moved:
        say(Text("没有可以转交的任务", "there is nothing to hand over").get(language()))
    for task in moved:
        say(one_line(f"{task.id:>5}  {task.person or '-'} → {to.strip()}  {task.target}  {task.title}"))


def _tell(number: int, said: Completion, zone: ZoneInfo, as_json: bool, done: Text) -> None:
    at = said.at.astimezone(zone).isoformat(timespec="seconds") if said.at else None
    state = said.state.name.lower()
    if as_json:
        say_json({"schema_version": 1, "task": number, "done": said.done, "state": state, "by": said.by, "at": at})
    elif said.done:
        say(done.get(language()))
    else:
        say(one_line(_before(number, said, at).get(language())))


def _before(number: int, said: Completion, at: str | None) -> Text:
    """The second person is told who was first."""
    state = word(said.state.name.lower())
    by = Text(f"（{said.by}，{at}）", f" ({said.by}, {at})") if said.by else Text("", "")
    return Text(f"任务 {number} 没有变：它已经是“{state}”{by.zh}", f"task {number} stays as it is: {state}{by.en}")

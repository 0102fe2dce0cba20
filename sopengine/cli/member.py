"""`sopengine member export` and `member forget`: what is kept of one person, and its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.named import reason_option, the_reason
from sopengine.cli.output import language, note, one_line, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopengine.store.forgetting import Forgotten
    from sopengine.workspace import Workspace

_LARGEST = 64 * 1024 * 1024


def command(lang: str) -> click.Command:
    about = Text("查看或删除一个人的资料。", "See or delete what is kept of one person.")
    return click.Group("member", commands=[_export(lang), _forget(lang)], help=about.get(lang))


def _export(lang: str) -> click.Command:
    about = Text(
        "把账本里关于一个人的全部内容输出成 JSON：消息、事件、标签、任务、经过。",
        "Print everything the ledger holds about one person as JSON: messages, events, tags, tasks, what happened.",
    )
    params = [options.argument("member", metavar="ID"), options.workspace_option(lang)]
    return click.Command("export", callback=export, params=params, help=about.get(lang))


def _forget(lang: str) -> click.Command:
    about = Text(
        "忘记一个人：没发的撤回，文字和名字抹掉，编号和数目留下；谁在什么时候要求的，写进记录。",
        "Forget one person: what is unsent is withdrawn, texts and names are blanked, ids and counts stay; who asked "
        "for it and when goes into the log.",
    )
    params: list[click.Parameter] = [
        options.argument("member", metavar="ID"),
        reason_option(lang),
        options.flag(lang, "--yes", text=Text("不再询问", "Do not ask")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("forget", callback=forget, params=params, help=about.get(lang))


def export(member: str, workspace: Path | None) -> None:
    from sopengine.cli.workplace import open_ledger, workspace_at

    place = workspace_at(workspace)
    with open_ledger(place, read_only=True, create=False) as store:
        found = store.portrait(member)
    if not any(found.values()):
        raise _unknown(member)
    files = [str(file.relative_to(place.root)) for file in _files_with(place, member)]
    say_json({"schema_version": 1, "member": member, **found, "files": files})


def forget(member: str, reason: str, yes: bool, now: str | None, as_json: bool, workspace: Path | None) -> None:
    from sopengine.cli.again import confirm
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.forgetting import forget as forget_member
    from sopengine.engine.wake import wake

    place, why = workspace_at(workspace), the_reason(reason)
    with open_ledger(place, create=False) as store:
        if not any(store.portrait(member).values()):
            raise _unknown(member)
        confirm(
            Text(f"忘记 {member} 吗？删掉的找不回来。", f"Forget {member}? What is deleted does not come back."),
            yes=yes,
            as_json=as_json,
        )
        done = forget_member(store, member, moment_of(now, zone_of(store)), actor(), why)
        store.compact()
        wake(store.path)
    files = [str(file.relative_to(place.root)) for file in _files_with(place, member)]
    if as_json:
        say_json({"schema_version": 1, "member": member, **done._asdict(), "files": files})
        return
    say(_told(member, done).get(language()))
    for file in files:
        text = Text(f"还写着 {member}：{file}", f"still names {member}: {file}")
        note(one_line(text.get(language())))
    if files:
        text = Text(
            "名单里还有这个人的话，新的活动还会发给他；请从文件里删掉",
            "who is still in a list is written to by new campaigns; take them out of these files",
        )
        note(text.get(language()))


def _told(member: str, done: Forgotten) -> Text:
    return Text(
        f"已忘记 {member}：抹掉 {done.messages} 条消息、{done.tasks} 个任务、{done.events} 个事件，"
        f"删掉 {done.tags} 个标签，撤回 {done.withdrawn} 条没发的，改了 {done.lists} 份存下的名单",
        f"{member} is forgotten: {done.messages} messages, {done.tasks} tasks and {done.events} events blanked, "
        f"{done.tags} tags deleted, {done.withdrawn} unsent withdrawn, {done.lists} stored lists changed",
    )


def _unknown(member: str) -> UsageError:
    return UsageError(
        Text(f"账本里没有 {member}", f"the ledger knows nobody called {member}"),
        Text(
            "写编号，不是名字；编号在名单和 sopengine log 里",
            "give the id, not the name; lists and sopengine log have it",
        ),
    )


def _files_with(place: Workspace, member: str) -> Iterator[Path]:
    """Files of the workspace that hold this id: lists, outboxes, copies. The ledger itself is not among them."""
    needle, ledger = member.encode(), Path(place.database.removeprefix("sqlite:///")).name
    for path in sorted(place.root.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(place.root).parts)
        if path.is_symlink() or not path.is_file() or hidden or path.name.startswith(ledger):
            continue
        if path.stat().st_size <= _LARGEST and needle in path.read_bytes():
            yield path

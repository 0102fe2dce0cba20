"""`sopengine script PLAYBOOK [NAME]`: lists what a clerk can say, or walks one script with the clerk's answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.cli.output import language, note, say, say_json, speak
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.cli.script_book import Book
    from sopengine.cli.script_talk import Talk
    from sopengine.language.script import Script
    from sopengine.store.rows import TaskRow
    from sopengine.store.store import Store

_COMMA = re.compile("[,，]")


class Request(Struct, frozen=True):
    """The command line, as given."""

    playbook: str | None
    name: str | None
    settings: tuple[str, ...]
    answers: str | None
    answer: tuple[str, ...]
    subject: str
    task_id: str | None
    record: bool | None
    now: str | None
    workspace: Path | None
    as_json: bool

    @property
    def records(self) -> bool:
        """Whether the ending is to be recorded: unless said otherwise, where it is known for whom."""
        return bool(self.subject or self.task_id) if self.record is None else self.record

    @property
    def in_workspace(self) -> bool:
        return self.records or self.task_id is not None

    @property
    def replies(self) -> list[str] | None:
        """What was given instead of being typed; None: it is typed."""
        if self.answers is None and not self.answer:
            return [] if self.as_json else None
        return [*(_COMMA.split(self.answers) if self.answers is not None else ()), *self.answer]


def command(lang: str) -> click.Command:
    example = "sopengine script playbooks/store-scripts.yaml checkout"
    about = Text(
        f"走一遍店员话术：该说什么、顾客怎么答、接着说什么。不写名字就列出剧本里的话术。例如 {example}",
        "Walk a script: what to say, what the customer may answer, what follows. Without a name they are listed. "
        f"E.g. {example}",
    )
    option = options.option
    params: list[click.Parameter] = [
        options.argument("playbook", required=False),
        options.argument("name", required=False),
        options.set_option(lang),
        option(
            lang,
            "--answers",
            metavar="A,B,…",
            text=Text("不用终端：依次的回答，用逗号分开", "Without a terminal: the replies in order, comma-separated"),
        ),
        option(
            lang,
            "--answer",
            multiple=True,
            metavar="TEXT",
            text=Text("一个回答（可含逗号），可写多次", "One reply (may hold commas); may be repeated"),
        ),
        option(lang, "--subject", default="", metavar="ID", text=Text("对谁说：会员的编号", "To whom: a member's id")),
        option(
            lang,
            "--task",
            "task_id",
            metavar="ID",
            text=Text("为哪个任务走；剧本和话术都可以不写", "For which task; playbook and name may then be left out"),
        ),
        click.Option(
            ["--record/--no-record"],
            default=None,
            help=Text(
                "结局记为事件 script.名字.结局；写了 --subject 或 --task 就默认记",
                "Record the ending as the event script.NAME.ENDING; the default with --subject or --task",
            ).get(lang),
        ),
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command(
        "script", callback=lambda **given: script(Request(**given)), params=params, help=about.get(lang)
    )


def script(request: Request) -> None:
    from sopengine.cli.workplace import open_ledger, workspace_at

    if not request.in_workspace:
        _speak_as_the_workspace(request)
        _run(request, None, None)
        return
    place = workspace_at(request.workspace, Path(request.playbook).parent if request.playbook else None)
    with open_ledger(place, create=False, read_only=not request.records) as store:
        _run(request, store, _task(store, request.task_id) if request.task_id is not None else None)


def _run(request: Request, store: Store | None, task: TaskRow | None) -> None:
    from sopengine.cli.script_book import script_of_task

    book, name = _book(request, store, task)
    if not name and task is not None:
        name = script_of_task(book.playbook, task)
    if not name:
        if request.answers is not None or request.answer:
            raise UsageError(
                Text("没有写话术的名字", "no script is named"),
                Text("写成 sopengine script 剧本 话术名", "write sopengine script PLAYBOOK NAME"),
            )
        _list(request, book)
        return
    subject = request.subject.strip() or (task.target if task else "")
    if request.records and not subject:
        raise UsageError(
            Text("要记录就要说明对谁", "to record it, say to whom"),
            Text("加上 --subject 会员编号，或 --task 任务编号", "add --subject MEMBER or --task ID"),
        )
    talk = _talk(request, book, book.script(name))
    recorded = store is not None and request.records and _record(request, store, talk, subject, task)
    if request.as_json:
        from sopengine.cli.script_json import document

        say_json(document(book.playbook, talk, subject, task.id if task else None, recorded=recorded))
    else:
        _close(talk, subject, task, records=request.records)


def _book(request: Request, store: Store | None, task: TaskRow | None) -> tuple[Book, str]:
    """And the script's name, "" where none is given. With a task a lone word is that name: the playbook is known."""
    from sopengine.cli.script_book import book_for_task, book_of_campaign, book_of_file
    from sopengine.cli.workplace import named_campaigns

    given = options.pairs(request.settings, "--set")
    playbook, name = request.playbook or "", request.name or ""
    campaign = named_campaigns(store, task.campaign)[0] if store is not None and task is not None else None
    if campaign is not None and not name and playbook and not Path(playbook).exists():
        playbook, name = "", playbook
    if playbook:
        book = book_of_file(playbook, given)
        if store is not None and campaign is not None and task is not None:
            book = book_for_task(store, campaign, task, book)
        return book, name
    if store is None or campaign is None:
        raise UsageError(
            Text("没有写剧本", "no playbook is given"),
            Text("写成 sopengine script 剧本 话术名", "write sopengine script PLAYBOOK NAME"),
        )
    return book_of_campaign(store, campaign, given), name


def _task(store: Store, given: str) -> TaskRow:
    found = [task for task in store.tasks() if str(task.id) == given.strip()]
    if not found:
        raise UsageError(Text(f"没有编号为 {given} 的任务", f"there is no task {given}"))
    return found[0]


def _speak_as_the_workspace(request: Request) -> None:
    """A script can be walked without one, and beside one that has errors."""
    from sopengine.cli.workplace import workspace_at
    from sopengine.workspace import find_workspace, load_workspace

    if request.workspace is not None:
        workspace_at(request.workspace)
    elif (root := find_workspace(Path(request.playbook or ".").parent.resolve())) is not None:
        speak(load_workspace(root).language)


def _talk(request: Request, book: Book, chosen: Script) -> Talk:
    from sopengine.cli.script_talk import Conversation, given_replies, typed_lines
    from sopengine.messages.renderer import Renderer
    from sopengine.planning.script_walk import begin

    first = begin(chosen, book.inputs(chosen), book.playbook.timezone)
    replies = request.replies
    show = (lambda _: None) if request.as_json else say
    with Renderer() as renderer:
        conversation = Conversation(book.document, renderer, show)
        if replies is not None:
            return conversation.walk(first, replies if request.as_json else given_replies(replies), strict=True)
        show(_heading(chosen))
        return conversation.walk(first, typed_lines(), strict=False)


def _heading(chosen: Script) -> str:
    keys = Text("键入回答或它的序号；b 返回，q 退出", "type an answer or its number; b goes back, q quits")
    return f"{chosen.title}  {keys.get(language())}"


def _record(request: Request, store: Store, talk: Talk, subject: str, task: TaskRow | None) -> bool:
    """Whether it was recorded: only an ending is."""
    from sopengine.cli.script_record import record
    from sopengine.cli.workplace import moment_of, zone_of

    if talk.left and request.replies is None:
        return False
    if talk.left:
        raise UsageError(
            Text("回答没有走到结局，没有记录", "the replies do not reach an ending, nothing was recorded"),
            Text("补上后面的回答，或加 --no-record 只走不记", "add the missing ones, or --no-record to walk only"),
        )
    record(store, talk.walk, subject, task.id if task else None, moment_of(request.now, zone_of(store)))
    return True


def _close(talk: Talk, subject: str, task: TaskRow | None, *, records: bool) -> None:
    lang = language()
    if talk.left:
        if records:
            note(Text("没有走到结局，没有记录", "no ending was reached, nothing was recorded").get(lang))
        return
    if records:
        event = talk.walk.event
        say(Text(f"已记录：{event}，对 {subject}", f"recorded: {event}, to {subject}").get(lang))
    if task is not None:
        done = f"sopengine task done {task.id}"
        say(Text(f"任务做完了就键入：{done}", f"when the task is done: {done}").get(lang))


def _list(request: Request, book: Book) -> None:
    from sopengine.cli.script_json import listing
    from sopengine.review.columns import harmless, pad, width

    scripts = list(book.playbook.scripts.values())
    if request.as_json:
        say_json(listing(book.playbook))
        return
    if not scripts:
        say(Text("这份剧本没有话术", "this playbook has no scripts").get(language()))
    names = max((width(each.name) for each in scripts), default=0)
    titles = max((width(each.title) for each in scripts), default=0)
    for each in scripts:
        ends = Text("结局：", "ends: ").get(language()) + ", ".join(each.endings())
        say(harmless(f"{pad(each.name, names)}  {pad(each.title, titles)}  {ends}"))

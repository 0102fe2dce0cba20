"""`sopengine dry-run PATH`: a playbook or campaign file, inputs and data in; the whole campaign as it would run out."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from sopengine.cli import options
from sopengine.cli.choice import one_of
from sopengine.cli.output import colour, columns, language, note, say, say_json, say_lines
from sopengine.diagnostics import Severity, Text
from sopengine.errors import EXIT_FINDINGS, EXIT_OK, Refused, UsageError

if TYPE_CHECKING:
    from sopengine.cli.campaign import ReadCampaign
    from sopengine.messages.renderer import Renderer
    from sopengine.planning.facts import FromLedger
    from sopengine.planning.model import Campaign
    from sopengine.review.model import DryRun, Item, View
    from sopengine.review.preview import Preview
    from sopengine.workspace import Workspace


class Request(Struct, frozen=True):
    """The command line of a dry run, as given."""

    playbook: str
    settings: tuple[str, ...]
    audiences: tuple[str, ...]
    now: str | None
    workspace: Path | None
    no_history: bool
    begin: str | None = None
    end: str | None = None
    target: str = ""
    show: str = ""
    phase: str = ""
    day: str | None = None
    all: bool = False
    each: bool = False
    as_json: bool = False
    jsonl: bool = False
    html: Path | None = None
    xlsx: Path | None = None
    ics: Path | None = None
    whose: str = ""


def command(lang: str) -> click.Command:
    about = Text(
        "在开始之前看到整个活动：哪天几点、给谁、发什么、哪里要留意。不联网，不写文件，不发送。",
        "See the whole campaign before it starts: when, to whom, what, and what to look at. "
        "No network, no writes, no sends.",
    )
    option, flag = options.option, options.flag
    params: list[click.Parameter] = [
        options.argument("playbook", metavar="PATH"),
        options.set_option(lang),
        options.audience_option(lang),
        options.now_option(lang),
        option(lang, "--from", "begin", metavar="DATE", text=Text("从这天起", "From this day on")),
        option(lang, "--until", "end", metavar="DATE", text=Text("到这天之前（不含）", "Up to this day, exclusive")),
        option(
            lang, "--as", "target", default="", metavar="TARGET", text=Text("以这个对象为例", "Show it for this target")
        ),
        option(
            lang, "--show", default="", metavar="STEP", text=Text("只看这个步骤，显示全文", "This step, with its texts")
        ),
        option(
            lang,
            "--phase",
            default="",
            metavar="PHASE",
            text=Text("只看这个阶段，显示全文", "This phase, with its texts"),
        ),
        option(lang, "--day", metavar="DATE", text=Text("只看这一天，显示全文", "This day, with its texts")),
        flag(lang, "--all", text=Text("显示所有消息的全文", "The texts of all messages")),
        flag(lang, "--each", text=Text("每个对象一条", "One item per target")),
        options.json_flag(lang),
        flag(lang, "--jsonl", text=Text("每条安排一行 JSON", "One item a line, as JSON")),
        option(
            lang,
            "--html",
            metavar="FILE",
            type=click.Path(path_type=Path),
            text=Text("写成一个网页文件，发给别人看、批注、打印", "Write one web page, to send, comment on and print"),
        ),
        option(
            lang,
            "--xlsx",
            metavar="FILE",
            type=click.Path(path_type=Path),
            text=Text("写成一个 Excel 工作簿，在表格里审阅", "Write an Excel workbook, to review in a spreadsheet"),
        ),
        option(
            lang,
            "--ics",
            metavar="FILE",
            type=click.Path(path_type=Path),
            text=Text(
                "写成一个日历文件；再写一次，改了的和取消的也会更新",
                "Write a calendar; written again it tells what changed and what was cancelled",
            ),
        ),
        option(
            lang,
            "--for",
            "whose",
            default="",
            metavar="NAME",
            text=Text(
                "日历里只放给这个人群、角色的，或这个人要做的",
                "In the calendar only what goes to this audience or role, or is this person's to do",
            ),
        ),
        options.workspace_option(lang),
        flag(
            lang, "--no-history", text=Text("只凭文件，不看执行记录", "From files alone, without what was done before")
        ),
    ]
    return click.Command(
        "dry-run", callback=lambda **given: dry_run(Request(**given)), params=params, help=about.get(lang)
    )


def dry_run(request: Request) -> int:
    from sopengine.cli.asked import the_one
    from sopengine.cli.beside import look_beside
    from sopengine.cli.campaign import read_campaign
    from sopengine.cli.dry_run_files import agree
    from sopengine.cli.workplace import workspace_of
    from sopengine.messages.renderer import Renderer

    agree(request)
    request = replace(request, playbook=the_one(Path(request.playbook)))
    workspace = workspace_of(Path(request.playbook), request.workspace)
    inputs, data = options.pairs(request.settings, "--set"), options.source_files(request.audiences)
    read = read_campaign(request.playbook, workspace, inputs, data, request.now)
    refuse_unplannable(read)
    assert read.campaign is not None
    with ExitStack() as open_things:
        facts = _facts(request, read.campaign, workspace, open_things)
        preview = _preview(request, read, workspace, facts)
        view = _view(request, read, preview)
        look_beside(preview, Path(request.playbook), workspace, open_things, history=not request.no_history)
        renderer = open_things.enter_context(Renderer(try_again=False))
        return (
            _stream(read, preview, view, renderer) if request.jsonl else _page(request, read, preview, view, renderer)
        )


def refuse_unplannable(read: ReadCampaign) -> None:
    if read.campaign is None:
        raise Refused(Text("剧本有错误，排不出日程", "the playbook has errors, nothing can be planned"), read.shown)


def whole_run(request: Request, workspace: Workspace, read: ReadCampaign) -> DryRun:
    """The dry run of all that was read, as one value; Refused where nothing can be planned."""
    from sopengine.cli.beside import look_beside
    from sopengine.messages.renderer import Renderer

    refuse_unplannable(read)
    assert read.campaign is not None
    with ExitStack() as open_things:
        preview = _preview(request, read, workspace, _facts(request, read.campaign, workspace, open_things))
        look_beside(preview, Path(request.playbook), workspace, open_things, history=not request.no_history)
        return _collected(request, read, preview, open_things.enter_context(Renderer(try_again=False)))


def _facts(request: Request, campaign: Campaign, workspace: Workspace, open_things: ExitStack) -> FromLedger:
    """What the workspace's ledger knows so far, read and never written; nothing where there is none, where nothing asks
    for it, and with --no-history."""
    from sopengine.cli.workplace import history_of
    from sopengine.planning.asking import playbook_asks
    from sopengine.planning.facts import FromLedger
    from sopengine.planning.ledger import PlainLedger
    from sopengine.workspace import Sources

    tables = Sources(workspace, options.source_files(request.audiences)).rows
    asks = playbook_asks(campaign.playbook) and not request.no_history
    store = history_of(workspace) if asks else None
    return FromLedger(open_things.enter_context(store) if store else PlainLedger(), tables)


def _preview(request: Request, read: ReadCampaign, workspace: Workspace, facts: FromLedger) -> Preview:
    from sopengine.review.preview import Preview
    from sopengine.timing.zones import zone
    from sopengine.workspace import open_channels

    assert read.campaign is not None
    local = zone(read.campaign.playbook.timezone)
    preview = Preview(
        campaign=read.campaign,
        document=read.document,
        channels=open_channels(workspace),
        as_of=read.campaign.start,
        begin=options.moment(request.begin, local, "--from") if request.begin else None,
        end=options.moment(request.end, local, "--until") if request.end else None,
        target=request.target,
        each=request.each or _is_person(request, read.campaign),
        facts=facts,
        copy_rules=workspace.copy,
    )
    if preview.begin and preview.end and preview.begin >= preview.end:
        raise UsageError(Text("--from 要早于 --until", "--from has to be before --until"))
    return preview


def _is_person(request: Request, campaign: Campaign) -> bool:
    """Who does a task is known of each target alone."""
    return bool(request.whose) and request.whose not in (*campaign.playbook.audiences, *campaign.playbook.roles)


def _view(request: Request, read: ReadCampaign, preview: Preview) -> View:
    """What to print; a step, phase or target that does not exist is a usage error, not an empty page."""
    from sopengine.review.model import View

    playbook = preview.campaign.playbook
    one_of("--show", request.show, [step.id for step in playbook.steps()])
    one_of("--phase", request.phase, [phase.name for phase in playbook.phases])
    if request.target and preview.targets.subject(request.target) is None:
        raise UsageError(Text(f"--as：没有对象 {request.target}", f"--as: there is no target {request.target}"))
    return View(request.show, request.phase, options.day(request.day, "--day"), request.target, request.all)


def _page(request: Request, read: ReadCampaign, preview: Preview, view: View, renderer: Renderer) -> int:
    run = _collected(request, read, preview, renderer)
    if request.html or request.xlsx or request.ics:
        from sopengine.cli.dry_run_files import write_calendar, write_page, write_workbook

        told = [write_calendar(request.ics, run, preview, request.whose)] if request.ics else []  # may be refused
        told += [write_page(request.html, run, view)] if request.html else []
        told += [write_workbook(request.xlsx, run, view)] if request.xlsx else []
        for line in told:
            (note if request.as_json else say)(line.get(language()))
    if request.as_json:
        from sopengine.review.as_json import document

        say_json(document(run, [item for item in run.items if view.takes(item)], language()))
    elif not (request.html or request.xlsx or request.ics):
        from sopengine.review.terminal import draw

        say(draw(run, view, lang=language(), columns=columns(), colour=colour()))
    return EXIT_FINDINGS if _wrong(run) else EXIT_OK


def _collected(request: Request, read: ReadCampaign, preview: Preview, renderer: Renderer) -> DryRun:
    from sopengine.review.collect import dry_run as collect

    assert read.bundle is not None
    run = collect(preview, renderer, hash=read.bundle.pack()[0], given=read.diagnostics, texts=read.texts)
    return replace(run, items=_commented(request, run), next_command=_next(request, _wrong(run)))


def _wrong(run: DryRun) -> bool:
    return any(d.severity is Severity.ERROR for d in run.diagnostics)


def _commented(request: Request, run: DryRun) -> Sequence[Item]:
    """The items with what reviewers said of them, as `comments import` kept it beside the file that was asked for."""
    from sopengine.review.comments.kept import kept_for
    from sopengine.review.comments.placing import beside

    return beside(run.items, kept_for(Path(request.playbook)))


def _stream(read: ReadCampaign, preview: Preview, view: View, renderer: Renderer) -> int:
    """Items as they are made, one a line; the findings go to stderr when all are known."""
    from sopengine.review.as_json import lines
    from sopengine.review.items import items
    from sopengine.review.reporter import report

    lang = language()
    say_lines(lines((item for item in items(preview, renderer) if view.takes(item)), lang))
    found = preview.judge(read.diagnostics).kept
    if found:
        note(report(found, {}, lang=lang, form="concise"))
    return EXIT_FINDINGS if any(d.severity is Severity.ERROR for d in found) else EXIT_OK


def _next(request: Request, refused: bool) -> str:
    """What to type next, with the same inputs and data; the check, while a start would be refused."""
    if refused:
        return shlex.join(["sopengine", "check", request.playbook])
    words = ["sopengine", "start", request.playbook]
    words += [word for setting in request.settings for word in ("--set", setting)]
    words += [word for data in request.audiences for word in ("--audience", data)]
    words += ["--workspace", str(request.workspace)] if request.workspace else []
    words += ["--now", request.now] if request.now else []
    return shlex.join(words)

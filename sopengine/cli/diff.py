"""`sopengine diff`: what would go out differently, step by step and word by word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.cli.output import colour, columns, language, note, one_line, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_CHANGES, EXIT_OK, UsageError

if TYPE_CHECKING:
    from sopengine.cli.diff_sides import Side
    from sopengine.review.comparison.model import Comparison


class Request(Struct, frozen=True):
    """The command line of a diff, as given."""

    paths: tuple[str, ...]
    git: tuple[str, ...]
    running: str | None
    settings: tuple[str, ...]
    audiences: tuple[str, ...]
    now: str | None
    all: bool
    detailed_exitcode: bool
    as_json: bool
    html: Path | None
    workspace: Path | None


def command(lang: str) -> click.Command:
    about = Text(
        "对比两个版本：哪些步骤新增、删了、改了时间、改了文字，按发出去的样子一句一句比。不联网，不写入，不发送。",
        "Compare two versions: steps that are added, removed, moved or reworded, in the words that would go out. "
        "No network, no writes, no sends.",
    )
    params: list[click.Parameter] = [
        options.argument("paths", required=False, many=True, metavar="[OLD] NEW"),
        options.option(
            lang,
            "--git",
            multiple=True,
            metavar="REV",
            text=Text(
                "旧的是 git 里这个版本的；写两次，或写 A..B，就对比两个版本",
                "The old one as it was at this revision; twice, or A..B, compares two revisions",
            ),
        ),
        options.option(
            lang,
            "--running",
            metavar="CAMPAIGN",
            text=Text("旧的是这个活动正在执行的", "The old one is what this campaign goes by now"),
        ),
        options.set_option(lang),
        options.audience_option(lang),
        options.now_option(lang),
        options.flag(lang, "--all", text=Text("每一处都列出来", "List every single difference")),
        options.flag(
            lang, "--detailed-exitcode", text=Text("有区别时退出码为 4", "Exit with 4 where anything differs")
        ),
        options.json_flag(lang),
        options.option(
            lang,
            "--html",
            metavar="FILE",
            type=click.Path(path_type=Path),
            text=Text("写成一个网页文件，每一处都在里面", "Write one web page with every single difference"),
        ),
        options.workspace_option(lang),
    ]
    return click.Command("diff", callback=lambda **given: diff(Request(**given)), params=params, help=about.get(lang))


def diff(request: Request) -> int:
    found = _with_running(request, request.running) if request.running else _versions(request)
    if request.html:
        _write_page(request.html, found, quiet=request.as_json)
    if request.as_json:
        from sopengine.review.comparison.as_json import document

        say_json(document(found, language()))
    elif not request.html:
        from sopengine.review.comparison.terminal import draw

        say(draw(found, lang=language(), columns=columns(), colour=colour(), all=request.all))
    return EXIT_CHANGES if request.detailed_exitcode and found.differs else EXIT_OK


def _write_page(path: Path, found: Comparison, *, quiet: bool) -> None:
    """The page, and where it is and what it comes to; that is no result where another one is asked for."""
    from sopengine.cli.result_file import begins_with, write_result
    from sopengine.review.comparison.spoken import totals
    from sopengine.review.html.comparison import BEGINNING, page

    write_result(path, page(found, lang=language()).encode(), begins_with(BEGINNING.encode()))
    said = totals(found, language())
    told = Text(f"写好了 {path}：{said}。用浏览器打开。", f"Wrote {path}: {said}. Open it in a browser.")
    (note if quiet else say)(told.get(language()))


def _versions(request: Request) -> Comparison:
    from sopengine.cli.diff_sides import alike, compared
    from sopengine.clock import SystemClock

    now = request.now or SystemClock().now().isoformat()  # one moment for both sides
    before, after = alike(*(_of_git(request, now) if request.git else _of_files(request, now)))
    return compared(before, after, after.campaign.start)


def _with_running(request: Request, campaign: str) -> Comparison:
    """What stands against it as an upgrade is told on stderr."""
    from sopengine.cli import changes
    from sopengine.cli.diff_running import against_running
    from sopengine.cli.new_playbook import read_new
    from sopengine.cli.workplace import moment_of, open_ledger, workspace_at
    from sopengine.engine.upgrading import conflicts, steps, wanted
    from sopengine.timing.zones import zone

    if request.git or request.audiences or len(request.paths) > 1:
        raise UsageError(
            Text(
                "--running 只和一个文件比，名单还是活动自己的",
                "--running compares with one file; the lists are the campaign's own",
            )
        )
    place = workspace_at(request.workspace)
    with open_ledger(place, create=False, read_only=True) as store:
        changing = changes.changing(place, store, campaign)
        running, current = changing.now()
        now, used = moment_of(request.now, zone(running.row.zone)), store.used(campaign)
        given = options.pairs(request.settings, "--set")
        new = read_new(request.paths[0] if request.paths else None, place, running, current, given, request.now)
        for against in conflicts(running, new.playbook, used):
            note(one_line(Text(f"不能用来换：{against.zh}", f"cannot take its place: {against.en}").get(language())))
        to_be = wanted("upgrade", running, current, new.bundle, new.playbook, "")
        change = changing.preview(to_be, now)
        return against_running(place, store, current, new, to_be.bundle, change, steps(change, used), now)


def _of_files(request: Request, now: str) -> tuple[Side, Side]:
    if len(request.paths) != 2:
        raise UsageError(
            Text("要写两个文件：旧的和新的", "name two files: the old one and the new one"),
            Text(
                "sopengine diff 旧.yaml 新.yaml，或 sopengine diff --git HEAD~1 文件.yaml",
                "sopengine diff OLD.yaml NEW.yaml, or sopengine diff --git HEAD~1 FILE.yaml",
            ),
        )
    old, new = request.paths
    return _file(request, old, now), _file(request, new, now)


def _of_git(request: Request, now: str) -> tuple[Side, Side]:
    """The same file at both, where only one is named; what the folder has, where none is."""
    from sopengine.cli.asked import the_one
    from sopengine.cli.diff_git import from_revision
    from sopengine.cli.workplace import workspace_of

    revisions = [revision or "HEAD" for word in request.git for revision in word.split("..", 1)]
    if len(revisions) > 2 or len(request.paths) > 2:
        raise UsageError(Text("最多对比两个版本、两个文件", "two revisions and two files are the most"))
    paths = [the_one(Path(path)) for path in request.paths or (".",)]
    place = workspace_of(Path(paths[-1]), request.workspace)
    inputs, data = _given(request)
    before = from_revision(revisions[0], Path(paths[0]), place, inputs, data, now)
    if len(revisions) == 1:
        return before, _file(request, paths[-1], now)
    return before, from_revision(revisions[1], Path(paths[-1]), place, inputs, data, now)


def _file(request: Request, path: str, now: str) -> Side:
    from sopengine.cli.asked import the_one
    from sopengine.cli.diff_sides import from_file
    from sopengine.cli.workplace import workspace_of

    file = the_one(Path(path))
    return from_file(file, file, workspace_of(Path(file), request.workspace), *_given(request), now)


def _given(request: Request) -> tuple[dict[str, str], dict[str, Path]]:
    return options.pairs(request.settings, "--set"), options.source_files(request.audiences)

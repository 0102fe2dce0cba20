"""`sopengine diff OLD NEW`: what would go out differently, step by step and word by word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from sopengine.cli import options
from sopengine.cli.output import colour, columns, language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_CHANGES, EXIT_OK, UsageError

if TYPE_CHECKING:
    from sopengine.review.comparison.model import Comparison


class Request(Struct, frozen=True):
    """The command line of a diff, as given."""

    paths: tuple[str, ...]
    settings: tuple[str, ...]
    audiences: tuple[str, ...]
    now: str | None
    all: bool
    detailed_exitcode: bool
    as_json: bool
    workspace: Path | None


def command(lang: str) -> click.Command:
    about = Text(
        "对比两个版本：哪些步骤新增、删了、改了时间、改了文字，按发出去的样子一句一句比。不联网，不写入，不发送。",
        "Compare two versions: steps that are added, removed, moved or reworded, in the words that would go out. "
        "No network, no writes, no sends.",
    )
    params: list[click.Parameter] = [
        options.argument("paths", many=True, metavar="OLD NEW"),
        options.set_option(lang),
        options.audience_option(lang),
        options.now_option(lang),
        options.flag(lang, "--all", text=Text("每一处都列出来", "List every single difference")),
        options.flag(
            lang, "--detailed-exitcode", text=Text("有区别时退出码为 4", "Exit with 4 where anything differs")
        ),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("diff", callback=lambda **given: diff(Request(**given)), params=params, help=about.get(lang))


def diff(request: Request) -> int:
    found = _files(request)
    if request.as_json:
        from sopengine.review.comparison.as_json import document

        say_json(document(found, language()))
    else:
        from sopengine.review.comparison.terminal import draw

        say(draw(found, lang=language(), columns=columns(), colour=colour(), all=request.all))
    return EXIT_CHANGES if request.detailed_exitcode and found.differs else EXIT_OK


def _files(request: Request) -> Comparison:
    from sopengine.cli.diff_sides import alike, compared, from_file
    from sopengine.cli.workplace import workspace_of
    from sopengine.clock import SystemClock

    if len(request.paths) != 2:
        raise UsageError(
            Text("要写两个文件：旧的和新的", "name two files: the old one and the new one"),
            Text("sopengine diff 旧.yaml 新.yaml", "sopengine diff OLD.yaml NEW.yaml"),
        )
    now = request.now or SystemClock().now().isoformat()
    inputs, data = options.pairs(request.settings, "--set"), options.source_files(request.audiences)
    sides = [
        from_file(path, path, workspace_of(Path(path), request.workspace), inputs, data, now) for path in request.paths
    ]
    before, after = alike(*sides)
    return compared(before, after, after.campaign.start)

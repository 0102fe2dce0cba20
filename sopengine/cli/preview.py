"""`sopengine preview PATH`: the page of the dry run in the browser, made anew on each save of a file it needs."""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.output import language, note, say
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_OK

if TYPE_CHECKING:
    from sopengine.cli.dry_run import Request
    from sopengine.cli.preview_server import Board
    from sopengine.review.html.live import Obstacle
    from sopengine.review.model import DryRun

POLL_SECONDS = 0.25
_SAME_TICK = 50_000_000
"""Nanoseconds: a file this new may be written to again without its time changing."""

Marks = dict[Path, tuple[int, int, int] | None]
"""How each file was: time, size and inode; None where there is none."""


def command(lang: str) -> click.Command:
    about = Text(
        "在浏览器里看预演，文件一保存就更新，要留意的写在消息旁边。只在这台机器上，只读，不发送；Ctrl-C 结束。",
        "The dry run in the browser, renewed on save, with findings beside the messages. "
        "On this machine only, read only, no sends; Ctrl-C ends it.",
    )
    port = Text("固定端口；不写就自动找一个", "A fixed port; default: any that is free")
    opening = Text("要不要打开浏览器；默认有桌面才打开", "Open the browser, or not; default: where there is a desktop")
    params: list[click.Parameter] = [
        options.argument("playbook", metavar="PATH"),
        options.set_option(lang),
        options.audience_option(lang),
        options.now_option(lang),
        options.option(lang, "--port", type=click.IntRange(0, 65535), default=0, metavar="PORT", text=port),
        options.option(lang, "--open/--no-open", "opens", default=None, text=opening),
        options.workspace_option(lang),
        options.flag(
            lang, "--no-history", text=Text("只凭文件，不看执行记录", "From files alone, without what was done before")
        ),
    ]
    return click.Command("preview", callback=preview, params=params, help=about.get(lang))


def preview(
    playbook: str,
    settings: tuple[str, ...],
    audiences: tuple[str, ...],
    now: str | None,
    port: int,
    opens: bool | None,
    workspace: Path | None,
    no_history: bool,
) -> int:
    from sopengine.cli.asked import the_one
    from sopengine.cli.dry_run import Request
    from sopengine.cli.files import read_playbook
    from sopengine.cli.preview_server import Board, PreviewServer

    file = the_one(Path(playbook))
    read_playbook(Path(file))  # what is not there at all is a slip of the command line
    options.pairs(settings, "--set")
    board, request = Board(), Request(file, settings, audiences, now, workspace, no_history)
    rounds = Rounds(request)
    try:
        rounds.make(board)
        with PreviewServer(board, port) as server:
            _tell(server.address, opens)
            rounds.follow(board)
    except KeyboardInterrupt:
        note(Text("预览结束", "preview ended").get(language()))
    return EXIT_OK


def _tell(address: str, opens: bool | None) -> None:
    say(address)
    said = Text(
        "在浏览器里打开这个地址；保存后自动更新，Ctrl-C 结束", "open this address; renewed on save, Ctrl-C ends it"
    )
    note(said.get(language()))
    sys.stdout.flush()
    if _has_desktop() if opens is None else opens:
        webbrowser.open(address)


def _has_desktop() -> bool:
    on_one = sys.platform in ("win32", "darwin") or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))
    return sys.stdout.isatty() and on_one and "SSH_CONNECTION" not in os.environ


class Rounds:
    """One reading of the files after another; the last plan that could be made stays."""

    def __init__(self, request: Request) -> None:
        self._request, self._version = request, 0
        self._run: DryRun | None = None
        self._marks: Marks = {Path(request.playbook): None}

    def follow(self, board: Board) -> None:
        """Until it is interrupted."""
        while True:
            time.sleep(POLL_SECONDS)
            if _marks(self._marks) != self._marks:
                self.make(board)

    def make(self, board: Board) -> None:
        from sopengine.review.html.live import live_page

        before, began = _marks(self._marks), time.time_ns() - _SAME_TICK
        files, obstacle = self._read()
        after = _marks(files)
        # A file that was met only now, or is as young as this reading, may have changed meanwhile: read it once more.
        unsure = {path for path, mark in after.items() if mark and mark[0] >= began and path not in before}
        self._marks = {path: None if path in unsure else before.get(path, mark) for path, mark in after.items()}
        self._version += 1
        name = Path(self._request.playbook).name
        board.put(self._version, live_page(self._run, name, obstacle, version=self._version, lang=language()))

    def _read(self) -> tuple[set[Path], Obstacle | None]:
        """The files that it depends on, those that are not there included."""
        from sopengine.cli.failure import failure_of
        from sopengine.cli.files import texts_of
        from sopengine.review.html.live import Obstacle, errors_of

        files = {Path(self._request.playbook)}
        try:
            self._run = self._made(files)
        except Exception as error:  # noqa: BLE001 - whatever is met is shown on the page, as the command would show it
            failure = failure_of(error, language())
            sources = texts_of(failure.diagnostics)
            return files | set(self._marks), Obstacle(failure.message, failure.help, failure.diagnostics, sources)
        return files, errors_of(self._run, language())

    def _made(self, files: set[Path]) -> DryRun:
        """Adds to `files` before they are read."""
        from sopengine.cli.campaign import read_campaign
        from sopengine.cli.dry_run import whole_run
        from sopengine.cli.files import playbooks_beneath
        from sopengine.cli.workplace import workspace_of
        from sopengine.review.comments.kept import beside
        from sopengine.workspace import find_workspace
        from sopengine.workspace.model import FILE_NAME

        request = self._request
        folder = Path(request.playbook).parent
        root = request.workspace or find_workspace(folder.resolve()) or folder
        inputs, lists = options.pairs(request.settings, "--set"), options.pairs(request.audiences, "--audience")
        files.update([root / FILE_NAME, *map(Path, lists.values())])
        workspace = workspace_of(Path(request.playbook), request.workspace)
        files.update(source.path for source in workspace.sources.values())
        if (root / FILE_NAME).is_file():
            files.update(playbooks_beneath(root))  # a plan is held against others
        data = options.source_files(request.audiences)
        read = read_campaign(request.playbook, workspace, inputs, data, request.now)
        files.update([*read.files, beside(Path(request.playbook))])
        return whole_run(request, workspace, read)


def _marks(files: Iterable[Path]) -> Marks:
    return {path: _mark(path) for path in files}


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

"""`sopengine backup FILE`: a copy of the database, also while the daemon works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.workspace import Workspace


def command(lang: str) -> click.Command:
    about = Text(
        "把数据库备份到一个新文件；守护进程不用停。备份只有本人能读，做完会检查一遍，不覆盖已有文件。"
        "名单、剧本和密钥不在里面，另外备份工作区文件夹。",
        "Copy the database to a new file, while the daemon goes on. Only its owner can read the copy; it is looked "
        "through afterwards, and no file is overwritten. Lists, playbooks and secrets are not in it: keep the "
        "workspace folder as well.",
    )
    file = click.Argument(["file"], metavar="FILE", type=click.Path(path_type=Path))
    params: list[click.Parameter] = [file, options.workspace_option(lang), options.json_flag(lang)]
    return click.Command("backup", callback=backup, params=params, help=about.get(lang))


def backup(file: Path, workspace: Path | None, as_json: bool) -> None:
    from sopengine.cli.workplace import workspace_at
    from sopengine.clock import SystemClock
    from sopengine.store.backup import back_up

    place = workspace_at(workspace)
    copy = back_up(database_file(place), file, SystemClock().now())
    if as_json:
        counts = {"bytes": copy.size, "log_lines": copy.line, "campaigns": copy.campaigns}
        say_json({"schema_version": 1, "file": str(copy.path), **counts})
        return
    size = f"{copy.size / 1_000_000:.1f} MB"
    text = Text(
        f"已备份到 {copy.path}（{size}，{copy.campaigns} 个活动，记录到第 {copy.line} 行），检查过了。"
        f"恢复：sopengine restore {copy.path}",
        f"copied to {copy.path} ({size}, {copy.campaigns} campaigns, log up to line {copy.line}) and looked through. "
        f"To restore it: sopengine restore {copy.path}",
    )
    say(text.get(language()))


def database_file(place: Workspace) -> Path:
    """UsageError where the database is a server, which has ways of its own."""
    from sopengine.store.opening import path_of

    if place.database.startswith("sqlite:"):
        return path_of(place.database)
    raise UsageError(
        Text("这个工作区的数据库是 PostgreSQL", "the database of this workspace is PostgreSQL"),
        Text(
            "用 pg_dump 或按时间点恢复（PITR）备份；恢复之后运行不带文件名的 sopengine restore",
            "use pg_dump or point-in-time recovery; after a recovery run sopengine restore without a file",
        ),
    )

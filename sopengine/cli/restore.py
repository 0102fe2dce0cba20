"""`sopengine restore [FILE]`: a copy becomes the database; what may have been sent since is unknown, never resent."""

from __future__ import annotations

from pathlib import Path

import click

from sopengine.cli import options
from sopengine.cli.again import confirm
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text


def command(lang: str) -> click.Command:
    about = Text(
        "用备份恢复数据库，原来的数据库留在旁边。备份不知道之后发过什么，所以到现在为止该发的都记为不确定，等人核对，不会再发一次。"
        "数据库已经用别的办法恢复过（快照、复制、pg_restore），就不写文件名。",
        "Put a copy in the place of the database, which is kept beside it. The copy does not know what was sent since: "
        "whatever was due by now is unknown and waits for a person, nothing is sent again. Without FILE: the database "
        "was put back by other means (a snapshot, a copy, pg_restore).",
    )
    file = click.Argument(["file"], required=False, metavar="[FILE]", type=click.Path(path_type=Path))
    params: list[click.Parameter] = [
        file,
        options.flag(lang, "--yes", text=Text("不再询问", "Do not ask")),
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command("restore", callback=restore, params=params, help=about.get(lang))


def restore(file: Path | None, yes: bool, now: str | None, workspace: Path | None, as_json: bool) -> None:
    from sopengine.cli.backup import database_file
    from sopengine.cli.workplace import actor, open_ledger, workspace_at
    from sopengine.clock import SystemClock
    from sopengine.store.backup import put_back
    from sopengine.store.lock import delivering
    from sopengine.timing.zones import zone

    place = workspace_at(workspace)
    moment = options.moment(now, zone("UTC")) if now else SystemClock().now()
    if file is not None:
        database = database_file(place)
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with delivering(database):
            question = Text(f"用 {file} 代替 {database}？", f"put {file} in the place of {database}?")
            confirm(question, yes=yes, as_json=as_json)
            put = put_back(file, database, moment, actor())
        aside, restored = put.aside, put.restored
    else:
        with open_ledger(place, create=False) as store, store.delivering():
            question = Text("到现在为止该发的都记为不确定？", "call everything unknown that was due by now?")
            confirm(question, yes=yes, as_json=as_json)
            aside, restored = None, store.restore(moment, actor())
    if as_json:
        copied = restored.copied_at.isoformat() if restored.copied_at else None
        kept = str(aside) if aside else None
        say_json({"schema_version": 1, "copied_at": copied, "unknown": restored.unknown, "kept": kept})
        return
    if file is not None:
        say(Text(f"已恢复 {file}", f"restored {file}").get(language()))
    if aside is not None:
        say(Text(f"原来的数据库留在 {aside}", f"the database that was there is kept as {aside}").get(language()))
    text = Text(
        f"不确定 {restored.unknown} 条；还没展开而时间已过的，下一遍也记为不确定。逐条核对：sopengine resolve",
        f"{restored.unknown} deliveries are unknown; slots that are past and not fanned out will be so at the next "
        "pass. To settle them: sopengine resolve",
    )
    say(text.get(language()))

"""`sopengine db copy --to URL`: the ledger moves from its file to a PostgreSQL server, and goes on there."""

from __future__ import annotations

from pathlib import Path

import click

from sopengine.cli import options
from sopengine.cli.again import confirm
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text


def command(lang: str) -> click.Command:
    about = Text("账本所在的数据库", "The database that the ledger lives in")
    return click.Group("db", commands={"copy": _copy(lang)}, help=about.get(lang))


def _copy(lang: str) -> click.Command:
    about = Text(
        "把账本从文件搬到一个新建的空 PostgreSQL 库：进行中的活动、执行记录、待办任务都过去，接着做。先停守护进程。"
        "搬完逐行核对过，原来的文件留着，但不能再用，免得两边都发。",
        "Move the ledger from its file to a new and empty PostgreSQL database: running campaigns, the log and open "
        "tasks go along and go on there. Stop the daemon first. Every row is compared; the file is kept but refuses "
        "to be used from then on, so that nothing is sent from both.",
    )
    params: list[click.Parameter] = [
        options.option(
            lang,
            "--to",
            metavar="URL",
            required=True,
            text=Text("新库：postgresql://用户@主机/库名", "The new database: postgresql://USER@HOST/NAME"),
        ),
        options.flag(lang, "--yes", text=Text("不再询问", "Do not ask")),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command("copy", callback=copy, params=params, help=about.get(lang))


def copy(to: str, yes: bool, workspace: Path | None, as_json: bool) -> None:
    from sopengine.channels.masking import hide
    from sopengine.cli.backup import database_file
    from sopengine.cli.feeding import progress
    from sopengine.cli.workplace import actor, workspace_at
    from sopengine.clock import SystemClock
    from sopengine.store.errors import missing
    from sopengine.store.lock import delivering
    from sopengine.store.postgres import Postgres
    from sopengine.store.relocation import relocate
    from sopengine.workspace.reading import passwords_of

    for password in passwords_of(to):
        hide(password)
    file = database_file(workspace_at(workspace))
    if not file.is_file():
        raise missing(file)
    name = Postgres.at(to).name
    with delivering(file):
        question = Text(
            f"把 {file} 里的账本搬到 {name}？之后这个文件不能再用", f"move the ledger in {file} to {name}, for good?"
        )
        confirm(question, yes=yes, as_json=as_json)
        done = relocate(file, to, SystemClock().now(), actor(), lambda table, done, of: progress(done, of, f"{table} "))
    total = sum(done.rows.values())
    if as_json:
        say_json({"schema_version": 1, "from": str(file), "to": done.to, "rows": done.rows})
        return
    say(
        Text(
            f"已搬到 {done.to}：{total:,} 行，逐行核对过。{file} 留着，不再使用。\n"
            f'下一步：在 sopengine.toml 里写 database = "{done.to}"（加上用户名，密码放在 ~/.pgpass），'
            "再运行 sopengine doctor。",
            f"Moved to {done.to}: {total:,} rows, each compared. {file} is kept and not used any more.\n"
            f'Next: write database = "{done.to}" into sopengine.toml (with the user; the password belongs into '
            "~/.pgpass), then run sopengine doctor.",
        ).get(language())
    )

"""`sopengine schema [NAME]`: the name of a schema in, its JSON Schema out; without a name, which there are."""

from __future__ import annotations

import click

from sopengine.cli.options import argument, json_flag
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError
from sopengine.resources import resource

WRITTEN = {
    "playbook": Text("剧本", "a playbook"),
    "module": Text(
        "模块（引用 playbook 的 schema，两个文件放在一起）", "a module (refers to the one of playbooks beside it)"
    ),
    "campaign": Text("活动文件", "a campaign file"),
    "rehearsal": Text("彩排", "a rehearsal"),
    "workspace": Text("sopengine.toml", "sopengine.toml"),
}
"""The schemas of files that people write: those an editor needs."""
OUTPUTS = (
    "approve", "backup", "check", "comments-import", "db-copy", "diff", "doctor", "dry-run", "event", "explain",
    "import-xlsx", "log", "member-forget", "metric-set", "patch-copy", "pause", "purge", "rehearse", "resolve",
    "restore", "resume", "retry", "run-missed", "schema", "script", "skip", "slip", "start", "status", "stop",
    "task-ack", "task-decline", "task-done", "task-hand-over", "task-list", "tick", "upgrade", "why",
)  # fmt: skip
"""Commands, with `-` between their words, whose `--json` has a schema of that name."""
FAILURE = "failure"


def _printed(command: str) -> Text:
    group, _, inner = command.partition("-")
    words = f"{group} {inner}" if group in ("comments", "member", "metric", "task") else command
    return Text(f"{words} --json 的输出", f"what {words} --json prints")


SCHEMAS = {
    **WRITTEN,
    **{command: _printed(command) for command in OUTPUTS},
    FAILURE: Text("写了 --json 的命令失败时的输出", "what a command prints that fails with --json"),
}
"""Every published schema and what it describes."""


def command(lang: str) -> click.Command:
    about = Text(
        "输出一份 JSON Schema，给编辑器或别的程序用；不写名字就列出有哪些。",
        "Print a JSON Schema, for editors and other programs; without a name, list them.",
    )
    params: list[click.Parameter] = [argument("name", required=False, metavar="[NAME]"), json_flag(lang)]
    return click.Command("schema", callback=schema, params=params, help=about.get(lang))


def schema(name: str | None, as_json: bool) -> None:
    if name is None:
        _list(as_json)
        return
    wanted = name.removesuffix(".json").removesuffix(".schema")
    if wanted not in SCHEMAS:
        from sopengine.language.suggest import closest

        guess = closest(wanted, SCHEMAS)
        raise UsageError(
            Text(f"没有 schema {name}", f"there is no schema {name}"),
            Text(f"是不是 {guess}？", f"did you mean {guess}?")
            if guess
            else Text(f"有：{'、'.join(SCHEMAS)}", f"there are {', '.join(SCHEMAS)}"),
        )
    say((resource("schemas") / f"{wanted}.schema.json").read_text(encoding="utf-8").rstrip("\n"))


def _list(as_json: bool) -> None:
    lang = language()
    if as_json:
        named = [{"name": name, "describes": text.get(lang)} for name, text in SCHEMAS.items()]
        say_json({"schema_version": 1, "schemas": named})
        return
    width = max(map(len, SCHEMAS))
    say("\n".join(f"{name:{width}}  {text.get(lang)}" for name, text in SCHEMAS.items()))

"""The command line in, an exit code out: finds the command, runs it, and shows what went wrong in one line."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

import click

from sopengine.cli.languages import TEXTS, voice_of
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_INTERRUPTED, EXIT_OK

# A reader that went away, as the shell counts it (128 + SIGPIPE).
EXIT_PIPE = 141
COMPLETE = "_SOPENGINE_COMPLETE"
"""Set by the shell's own script when it asks for completions."""

# name -> module that has `command(lang) -> click.Command`, and what it does. The module is imported when it is used.
COMMANDS: dict[str, tuple[str, Text]] = {
    "init": ("sopengine.cli.init", Text("新建一个可以直接运行的工作区", "Create a workspace that runs")),
    "check": ("sopengine.cli.check", Text("检查剧本，指出错误和改法", "Check playbooks and say how to mend them")),
    "dry-run": ("sopengine.cli.dry_run", Text("开始之前看到整个活动", "See a whole campaign before it starts")),
    "preview": ("sopengine.cli.preview", Text("边改边看，保存即更新", "See it in the browser, renewed on save")),
    "diff": ("sopengine.cli.diff", Text("对比两个版本", "Compare two versions")),
    "import-xlsx": ("sopengine.cli.import_xlsx", Text("把排期表变成剧本", "Turn a schedule sheet into a playbook")),
    "comments": ("sopengine.cli.comments", Text("把审阅意见带回剧本", "Bring reviewers' comments back")),
    "start": ("sopengine.cli.start", Text("启动一个活动", "Start a campaign")),
    "run": ("sopengine.cli.run", Text("常驻执行，到点就发", "Keep running and deliver when due")),
    "tick": ("sopengine.cli.tick", Text("执行一遍到点的事（供 cron 调用）", "Carry out what is due once (for cron)")),
    "status": ("sopengine.cli.status", Text("查看各活动进展", "Show how campaigns stand")),
    "log": ("sopengine.cli.log", Text("查看执行记录", "Show what was done")),
    "pause": ("sopengine.cli.pause", Text("暂停一个活动", "Pause a campaign")),
    "resume": ("sopengine.cli.resume", Text("继续一个活动", "Resume a campaign")),
    "rehearse": ("sopengine.cli.rehearse", Text("彩排一个活动", "Rehearse a campaign")),
    "stop": ("sopengine.cli.stop", Text("停止一个活动", "Stop a campaign for good")),
    "skip": ("sopengine.cli.skip", Text("不做一个步骤、时点或送达", "Leave out a step, a slot or a delivery")),
    "upgrade": ("sopengine.cli.upgrade", Text("给运行中的活动换新版剧本", "Give a running campaign a new playbook")),
    "patch-copy": ("sopengine.cli.patch_copy", Text("只换还没发出的文字", "Change only words that are unsent")),
    "slip": ("sopengine.cli.slip", Text("改期：还没发的跟着走", "Move a date of a campaign, and what is unsent")),
    "resolve": (
        "sopengine.cli.resolve",
        Text("处理不确定的发送，列出要人处理的事", "Settle what is unknown; list what needs a person"),
    ),
    "retry": ("sopengine.cli.retry", Text("失败的发送再试一次", "Try failed deliveries again")),
    "run-missed": ("sopengine.cli.run_missed", Text("补做错过的", "Carry out what was missed")),
    "why": ("sopengine.cli.why", Text("说明为什么发了、没发或不会发", "Say why something went as it did, or did not")),
    "task": ("sopengine.cli.task", Text("查看和完成人工任务", "List and complete tasks of people")),
    "approve": ("sopengine.cli.approve", Text("批准要批准的文字", "Approve words before they are sent")),
    "event": ("sopengine.cli.event", Text("登记一个事件，如入群", "Record an event, such as a member joining")),
    "metric": ("sopengine.cli.metric", Text("报告指标的数值", "Report values of metrics")),
    "member": ("sopengine.cli.member", Text("查看或删除一个人的资料", "See or delete what is kept of a person")),
    "purge": ("sopengine.cli.purge", Text("清掉留够了时间的资料", "Delete what has been kept long enough")),
    "script": ("sopengine.cli.script", Text("走一遍店员话术", "Walk a script with a customer's answers")),
    "doctor": ("sopengine.cli.doctor", Text("检查机器和工作区", "Look whether machine and workspace are fit")),
    "metrics": ("sopengine.cli.metrics", Text("输出 Prometheus 指标", "Print numbers for Prometheus")),
    "backup": ("sopengine.cli.backup", Text("备份数据库", "Copy the database while it is in use")),
    "db": ("sopengine.cli.db", Text("把账本搬到 PostgreSQL", "Move the ledger to PostgreSQL")),
    "restore": ("sopengine.cli.restore", Text("用备份恢复数据库", "Put a copy in the place of the database")),
    "schema": ("sopengine.cli.schema", Text("输出编辑器用的 schema", "Print a schema, for editors")),
    "completion": ("sopengine.cli.completion", Text("输出命令行补全脚本", "Print a script for shell completion")),
    "explain": ("sopengine.cli.explain", Text("解释一个错误代码", "Explain the code of a finding")),
}


class Commands(click.Group):
    """A group that imports a command only when it is called; its own help shows the lines above."""

    def __init__(self, lang: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.lang = lang

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return _with_shared_options(import_module(COMMANDS[cmd_name][0]).command(self.lang), self.lang)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(TEXTS["commands"].get(self.lang)):
            formatter.write_dl([(name, summary.get(self.lang)) for name, (_, summary) in COMMANDS.items()])


def _with_shared_options(command: click.Command, lang: str) -> click.Command:
    """`--lang` and `--help` on every command and those inside it. The language is read before anything else, so its
    option only has to be known here."""
    taken = {param.name for param in command.params}
    language = click.Option(
        ["--lang"], type=click.Choice(["zh", "en"]), expose_value=False, help=TEXTS["lang"].get(lang)
    )
    if language.name not in taken:
        command.params.append(language)
    command.context_settings = {**command.context_settings, "max_content_width": 100}
    command.add_help_option = False
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        _with_shared_options(inner, lang)
    return click.help_option("-h", "--help", help=TEXTS["help"].get(lang))(command)


def program(lang: str) -> click.Command:
    """The whole command line, with its texts in one language."""
    from sopengine import __version__

    group = Commands(lang, name="sopengine", help=TEXTS["about"].get(lang))
    version = click.version_option(
        __version__, prog_name="sopengine", message="%(prog)s %(version)s", help=TEXTS["version"].get(lang)
    )
    return _with_shared_options(version(group), lang)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: never a traceback, whatever was asked or found."""
    args = list(sys.argv[1:] if arguments is None else arguments)
    os.umask(os.umask(0o077) | 0o077)  # lists, texts and keys are their owner's alone, whatever is written
    gc.set_threshold(20_000, 20, 20)  # modules stay: looking through them again and again finds nothing
    for stream in (sys.stdout, sys.stderr):
        # File names and data may hold what the terminal's encoding does not.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code = _completed() if COMPLETE in os.environ else run(args)
    gc.freeze()  # what is left goes with the process: looking through it takes an eighth of a check
    sys.exit(code)


def _completed() -> int:
    """The shell asks what may come next (`sopengine completion` set that up); its words come in the environment."""
    from click.shell_completion import shell_complete

    lang = voice_of([], os.environ).lang
    return shell_complete(program(lang), {}, "sopengine", COMPLETE, os.environ[COMPLETE])


def run(args: list[str]) -> int:
    """One command, and its exit code. click's own `main` is not used: it has exit codes and words of its own."""
    voice = voice_of(args, os.environ)
    try:
        with program(voice.lang).make_context("sopengine", args, obj=voice) as ctx:
            result = ctx.command.invoke(ctx)
        sys.stdout.flush()
        return result if isinstance(result, int) else EXIT_OK
    except click.exceptions.Exit as done:
        return done.exit_code
    except BrokenPipeError:
        _let_go_of_stdout()
        return EXIT_PIPE
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the top of the program: whatever is met here is shown, not swallowed
        return _failed(error, voice.lang, args)


def _failed(error: Exception, lang: str, args: list[str]) -> int:
    from sopengine.cli.failure import failure_of, show  # what is needed to show a failure is loaded when there is one

    failure = failure_of(error, lang)
    try:
        show(failure, as_json=wants_json(args))
        sys.stdout.flush()
    except OSError:  # nobody reads, or the disk that stdout goes to is full: there is nowhere left to say it
        _let_go_of_stdout()
    return failure.exit_code


def wants_json(args: Sequence[str]) -> bool:
    """Whether the command line asks for JSON; read from the words because a wrong command line has no parsed form."""
    own = list(args[: args.index("--")] if "--" in args else args)
    return any(word in ("--json", "--jsonl", "--format=json") for word in own) or (
        ("--format", "json") in pairwise(own)
    )


def _let_go_of_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not fail as well."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

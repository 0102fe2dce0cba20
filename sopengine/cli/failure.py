"""Any exception that reached the top in, one line for a person (or one JSON document) and an exit code out."""

from __future__ import annotations

import json
import os
import sys
import traceback
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import replace

from sopengine.channels.masking import masked
from sopengine.channels.plain import escaped
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_FAILED, EXIT_USAGE, Refused, SopError, UsageError

if TYPE_CHECKING:
    from sopengine.diagnostics import Diagnostic

SCHEMA_VERSION = 1


class Failure(Struct, frozen=True):
    """`kind`: usage, failed, refused, or bug (ours)."""

    kind: str
    message: str
    exit_code: int
    lang: str
    help: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    trace: str = ""


def failure_of(error: Exception, lang: str) -> Failure:
    if isinstance(error, SopError):
        kind = "usage" if isinstance(error, UsageError) else "refused" if isinstance(error, Refused) else "failed"
        findings = error.diagnostics if isinstance(error, Refused) else ()
        advice = error.help.get(lang) if error.help else ""
        return Failure(kind, error.message.get(lang), error.exit_code, lang, advice, findings)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return Failure("usage", MISSING_COMMAND.get(lang), EXIT_USAGE, lang, "\n" + error.format_message())
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "sopengine"
        return Failure(
            "usage", usage_message(error).get(lang), EXIT_USAGE, lang, SEE_HELP.get(lang) + f"{command} --help"
        )
    if isinstance(error, click.ClickException):
        return Failure("failed", error.format_message(), EXIT_FAILED, lang)
    trace = traceback.format_exc() if os.environ.get("SOPENGINE_DEBUG") == "1" else ""
    if isinstance(error, OSError):
        return Failure("failed", _refused_by_the_system(error).get(lang), EXIT_FAILED, lang, trace=trace)
    return Failure("bug", BUG.get(lang) + type(error).__name__, EXIT_FAILED, lang, REPORT.get(lang), trace=trace)


MISSING_COMMAND = Text("缺少命令", "a command is missing")
SEE_HELP = Text("查看用法：", "see ")
BUG = Text("程序自身出错了，这不是你的错：", "the program itself went wrong, this is not your fault: ")
REPORT = Text(
    "请设置 SOPENGINE_DEBUG=1 再执行一次，把全部输出和所用的剧本发给我们",
    "run it again with SOPENGINE_DEBUG=1 and send us the whole output and the playbook",
)


def _refused_by_the_system(error: OSError) -> Text:
    """What no command foresaw: a full disk behind stdout, a folder that may not be read."""
    reason = error.strerror or type(error).__name__
    said = f"{reason}: {error.filename}" if error.filename else reason
    return Text(f"系统不允许：{said}", f"the system refuses: {said}")


def usage_message(error: click.UsageError) -> Text:
    """click's own complaints about a command line, in both languages."""
    english = error.format_message().rstrip(".")
    if isinstance(error, click.NoSuchOption):
        guess = f"，是不是 {error.possibilities[0]}？" if error.possibilities else ""
        return Text(f"没有选项 {error.option_name}{guess}", english)
    if isinstance(error, click.MissingParameter):
        return Text(f"缺少 {_parameter(error)}", english)
    if isinstance(error, click.BadParameter):
        return Text(f"{_parameter(error)} 的值不对：{error.message.rstrip('.')}", english)
    if isinstance(error, click.BadOptionUsage):
        return Text(f"选项 {error.option_name} 的用法不对：{error.message.rstrip('.')}", english)
    if isinstance(error.ctx, click.Context) and isinstance(error.ctx.command, click.Group):
        return _no_such_command(error, error.ctx.command.list_commands(error.ctx), english)
    return Text(f"命令行写法不对：{english}", english)


def _parameter(error: click.BadParameter) -> str:
    hint = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param and error.ctx else "")
    return "、".join(hint) if isinstance(hint, (list, tuple)) else str(hint).strip("'")


def _no_such_command(error: click.UsageError, names: list[str], english: str) -> Text:
    given = english.split("'")[1] if english.count("'") >= 2 else ""
    if not given:
        return MISSING_COMMAND
    near = get_close_matches(given, names, 1)
    return Text(
        f"没有命令 {given}" + (f"，是不是 {near[0]}？" if near else ""),
        english + (f", did you mean '{near[0]}'?" if near and "mean" not in english else ""),
    )


def show(failure: Failure, *, as_json: bool) -> None:
    """One line on stderr and what helps; with JSON asked for, exactly one document on stdout. No secret is in it."""
    failure = replace(failure, message=masked(failure.message), help=masked(failure.help), trace=masked(failure.trace))
    if failure.trace:
        sys.stderr.write(failure.trace)
    if as_json:
        sys.stdout.write(escaped(json.dumps(_document(failure), ensure_ascii=False)) + "\n")
        return
    from sopengine.review.columns import harmless

    label, advice = Text("错误：", "error: "), Text("建议：", "help: ")
    if failure.diagnostics:
        from sopengine.cli.files import texts_of
        from sopengine.review.reporter import report

        sources = texts_of(failure.diagnostics)
        sys.stderr.write(report(failure.diagnostics, sources, lang=failure.lang) + "\n\n")
    sys.stderr.write(f"{label.get(failure.lang)}{harmless(failure.message)}\n")
    if failure.help:
        sys.stderr.write(f"{advice.get(failure.lang)}{harmless(failure.help)}\n")


def _document(failure: Failure) -> dict[str, Any]:
    error = {
        "kind": failure.kind,
        "message": failure.message,
        "help": failure.help or None,
        "exit_code": failure.exit_code,
    }
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "error": error}
    if failure.diagnostics:
        from sopengine.review.reporter import as_object

        document["diagnostics"] = [as_object(d, failure.lang) for d in failure.diagnostics]
    return document

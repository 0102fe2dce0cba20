from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from sopengine import __version__
from sopengine.cli import main as cli
from sopengine.cli.languages import voice_of
from sopengine.diagnostics import Diagnostic, Text
from sopengine.errors import AnotherInstance, Refused, SopError

HEAVY = (
    "sqlalchemy",
    "sqlmodel",
    "pydantic",
    "jinja2",
    "jsonschema",
    "apscheduler",
    "rich",
    "yaml",
    "httpx2",
    "wcwidth",
)


def in_process(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    names = ("LANG", "LC_ALL", "LC_MESSAGES", "SOPENGINE_LANG", "SOPENGINE_DEBUG")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-c", "from sopengine.cli.main import main; main()", *arguments]
    env = {**kept, "PYTHONUTF8": "1", **environment}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, check=False)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes `sopengine explain X --json` raise what it is given."""

    def install(error: BaseException) -> None:
        def callback(**_: object) -> None:
            raise error

        def command(lang: str) -> click.Command:
            params: list[click.Parameter] = [click.Argument(["x"]), click.Option(["--json"], is_flag=True)]
            return click.Command("explain", params=params, callback=callback)

        monkeypatch.setattr("sopengine.cli.explain.command", command)

    return install


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["explain", "S204"], ["--lang", "zh", "--help"]])
def test_what_is_light_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom sopengine.cli.main import run\n"
        f"code = run({arguments!r})\nheavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(code or bool(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_is_there_and_speaks_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cli.COMMANDS:
        shown = []
        for lang in ("zh", "en"):
            assert cli.run(["--lang", lang, name, "--help"]) == 0, name
            shown.append(capsys.readouterr().out)
        assert "显示用法" in shown[0]
        assert "Show this help" in shown[1]


def test_help_and_version_by_language() -> None:
    assert "检查剧本" in in_process(["--help"], LANG="zh_CN.UTF-8").stdout
    assert "Check playbooks" in in_process(["--help"], LANG="de_DE.UTF-8").stdout
    assert in_process(["--version"]).stdout == f"sopengine {__version__}\n"


@pytest.mark.parametrize(
    ("args", "environment", "lang"),
    [
        (["check", "--lang", "zh"], {"SOPENGINE_LANG": "en"}, "zh"),
        (["--lang=en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        ([], {"SOPENGINE_LANG": "zh", "LC_ALL": "en_US.UTF-8"}, "zh"),
        ([], {"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ([], {"LC_ALL": "", "LANG": "zh_TW.UTF-8"}, "zh"),
        (["--", "--lang", "zh"], {"LANG": "C"}, "en"),
        (["--lang"], {"LANG": "C"}, "en"),
    ],
)
def test_the_language_chosen(args: list[str], environment: dict[str, str], lang: str) -> None:
    assert voice_of(args, environment).lang == lang


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "缺少命令"),
        (["chekc"], "是不是 check？"),
        (["check"], "缺少 PATH"),
        (["explain", "S204", "--jsno"], "没有选项 --jsno，是不是 --json？"),
        (["explain", "S204", "--lang", "fr"], "--lang 的值不对"),
        (["explain", "S204", "S205"], "命令行写法不对"),
        (["explain", "S2O4"], "是不是 SOP-S2"),
        (["dry-run", "x.yaml", "--set", "opening"], "写成 --set 名字=值"),
    ],
)
def test_usage_errors_say_what_to_do(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--lang", "zh", *arguments]) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert err.startswith("错误：")
    assert not out


@pytest.mark.parametrize("flag", ["--json", "--jsonl", "--format=json"])
@pytest.mark.parametrize("arguments", [["nope"], ["check"], ["explain", "S204", "--nope"], ["explain", "zzz"]])
def test_a_usage_error_is_one_json_document_too(
    arguments: list[str], flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([*arguments, flag]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["kind"], error["exit_code"]) == ("usage", 2)


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (SopError(Text("盘满了", "the disk is full"), Text("腾出空间", "make room")), 3, "failed"),
        (AnotherInstance(Text("已有一个在运行", "another one is running")), 75, "failed"),
        (Refused(Text("有错误", "errors"), (Diagnostic("SOP-S201", Text("缺少", "missing")),)), 1, "refused"),
        (OSError(28, "No space left on device"), 3, "failed"),
        (ZeroDivisionError("secret"), 3, "bug"),
        (RecursionError(), 3, "bug"),
    ],
)
def test_every_failure_is_short_and_has_its_code(
    error: BaseException, code: int, kind: str, failing: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error)
    assert cli.run(["--lang", "zh", "explain", "x"]) == code
    out, err = capsys.readouterr()
    assert not out
    assert "Traceback" not in err
    assert "错误：" in err
    assert cli.run(["--lang", "en", "explain", "x", "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert (document["error"]["kind"], document["error"]["exit_code"]) == (kind, code)
    assert ("diagnostics" in document) is (kind == "refused")


def test_our_own_bug_shows_its_trace_only_when_asked(
    failing: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(ZeroDivisionError())
    monkeypatch.setenv("SOPENGINE_DEBUG", "1")
    assert cli.run(["explain", "x"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_exits_130(failing: Any, capsys: pytest.CaptureFixture[str]) -> None:
    failing(KeyboardInterrupt())
    assert cli.run(["explain", "x"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom sopengine.cli.main import main\n"
        "read, write = os.pipe()\nos.close(read)\nos.dup2(write, 1)\nmain(['--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_behind_stdout_is_one_line(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        command = [
            sys.executable,
            "-c",
            "from sopengine.cli.main import main; main(['explain', 'S204', '--lang', 'en'])",
        ]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "error: the system refuses: No space left on device\n")


def test_output_survives_a_terminal_without_chinese() -> None:
    done = in_process(["explain", "S204", "--lang", "zh"], PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "unknown-key" in done.stdout

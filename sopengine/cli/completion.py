"""`sopengine completion SHELL`: a script that lets bash, zsh or fish complete commands, options and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from sopengine.cli.main import COMPLETE
from sopengine.cli.output import say
from sopengine.diagnostics import Text

SHELLS = ("bash", "zsh", "fish")


def command(lang: str) -> click.Command:
    about = Text(
        '输出 bash、zsh 或 fish 的补全脚本。bash：把 eval "$(sopengine completion bash)" 写进 ~/.bashrc。',
        'Print a completion script for bash, zsh or fish. For bash put eval "$(sopengine completion bash)" into '
        "~/.bashrc.",
    )
    shell = click.Argument(["shell"], type=click.Choice(SHELLS), metavar="SHELL")
    return click.Command("completion", callback=completion, params=[shell], help=about.get(lang))


def completion(shell: str) -> None:
    from sopengine.cli.main import program

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(program("en"), {}, "sopengine", COMPLETE)
    say((script.source_template % script.source_vars()).strip())

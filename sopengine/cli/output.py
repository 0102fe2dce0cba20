"""Where results go: stdout, its width and colours, and one JSON document or JSON lines."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from typing import Any

import click

from sopengine.channels.plain import escaped
from sopengine.cli.languages import Voice

PLAIN_WIDTH = 100
"""Columns when stdout is no terminal, so that a piped result does not depend on the machine."""


def language() -> str:
    """The language of the command that runs: zh or en."""
    return _voice().lang


def speak(workspace_language: str) -> str:
    """The language to go on in once the workspace is known: the user's own choice here outranks the workspace's."""
    voice = _voice()
    if workspace_language in ("zh", "en") and not voice.chosen:
        voice.lang = workspace_language
    return voice.lang


def _voice() -> Voice:
    found = click.get_current_context().find_root().obj
    assert isinstance(found, Voice)
    return found


def columns() -> int:
    return (
        min(140, max(80, shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns)) if sys.stdout.isatty() else PLAIN_WIDTH
    )


def colour(*, error: bool = False) -> bool:
    """Colours on a terminal only (that of stdout, or of stderr), and not where NO_COLOR is set (to anything but
    nothing)."""
    stream = sys.stderr if error else sys.stdout
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """A result, on stdout."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """Anything that is not the result, on stderr."""
    sys.stderr.write(text + "\n")


def say_json(document: Any) -> None:
    """Exactly one document."""
    say(json_text(document, indent=2))


def json_text(document: Any, indent: int | None = None) -> str:
    """Readable Chinese, and no sign that a terminal or a reader of lines obeys: it stands in strings, as `\\uXXXX`."""
    return escaped(json.dumps(document, ensure_ascii=False, indent=indent), keep="\n")


def say_lines(lines: Iterable[str]) -> None:
    """One line each, written as they come."""
    for line in lines:
        sys.stdout.write(line + "\n")


def one_line(text: str) -> str:
    """One event is one line: control characters and line ends are shown, never obeyed."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

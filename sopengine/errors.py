"""Failures of the world: one line for the user, and the exit code that tells scripts what kind it was."""

from __future__ import annotations

from sopengine.diagnostics import Diagnostic, Text

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_FAILED = 3
EXIT_CHANGES = 4
EXIT_NEEDS_A_PERSON = 5
EXIT_LOCKED = 75
EXIT_INTERRUPTED = 130


class SopError(Exception):
    """The world refused: a file, a database, a channel. Shown as one line, never as a traceback."""

    exit_code = EXIT_FAILED

    def __init__(self, message: Text, help: Text | None = None) -> None:
        super().__init__(message.en)
        self.message = message
        self.help = help


class UsageError(SopError):
    """What was asked for on the command line cannot be meant."""

    exit_code = EXIT_USAGE


class AnotherInstance(SopError):
    """Another process delivers from this database (semantics.md S10)."""

    exit_code = EXIT_LOCKED


class Refused(SopError):
    """A playbook or workspace with errors; the findings say which."""

    exit_code = EXIT_FINDINGS

    def __init__(self, message: Text, diagnostics: tuple[Diagnostic, ...] = (), help: Text | None = None) -> None:
        super().__init__(message, help)
        self.diagnostics = diagnostics

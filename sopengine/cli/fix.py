"""Playbooks with findings in → the same files with their safe edits made, shown as a difference."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sopengine.cli.files import read_playbook
from sopengine.diagnostics import Diagnostic, Text
from sopengine.errors import SopError
from sopengine.review.mending import difference, mended, safe_edits

BOM = "\ufeff"


def fix(files: Sequence[Path], diagnostics: Sequence[Diagnostic]) -> list[str]:
    """Mend each file in place; returns the differences. A file is replaced whole or not at all."""
    differences = []
    for file in files:
        name = file.as_posix()
        edits = safe_edits(diagnostics, name)
        if not edits:
            continue
        before = read_playbook(file).decode("utf-8")
        mark = BOM if before.startswith(BOM) else ""
        after = mark + mended(before.removeprefix(BOM), edits)
        _replace(file, after.encode("utf-8"))
        differences.append(difference(before.removeprefix(BOM), after.removeprefix(BOM), name))
    return differences


def _replace(file: Path, data: bytes) -> None:
    try:
        target = file.resolve()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as copy:
            copy.write(data)
            copy.flush()
            os.fsync(copy.fileno())
        Path(name).chmod(target.stat().st_mode & 0o777)
        Path(name).replace(target)
    except OSError as error:
        raise SopError(Text(f"写不了 {file}：{error.strerror}", f"cannot write {file}: {error.strerror}")) from error

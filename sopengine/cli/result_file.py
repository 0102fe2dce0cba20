"""A result that is a file of its own: written whole or not at all, and over nothing but an earlier one of its kind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from sopengine.diagnostics import Text
from sopengine.errors import SopError, UsageError

MayGo = Callable[[bytes], bool]
"""Whether the file that is there, of which it gets the first 32 MiB, may be replaced; it may also raise a UsageError of
its own."""
MOST = 32 << 20


def write_result(path: Path, data: bytes, may_go: MayGo) -> None:
    """An empty file may always be replaced. What may not is somebody's own, and is refused (UsageError); SopError where
    it cannot be written."""
    try:
        if path.is_dir():
            raise UsageError(Text(f"{path} 是文件夹", f"{path} is a folder"), _NAME)
        if path.exists() and (there := _peek(path)) and not may_go(there):
            raise UsageError(
                Text(
                    f"{path} 已经存在，不是这条命令写的", f"{path} is there already, and not of this command's making"
                ),
                _NAME,
            )
        put(path, data)
    except OSError as error:
        raise SopError(Text(f"写不了 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}")) from error


def before(path: Path) -> bytes:
    """What the file holds now; nothing where there is none."""
    try:
        return _peek(path) if path.is_file() else b""
    except OSError as error:
        raise SopError(Text(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}")) from error


def begins_with(beginning: bytes) -> MayGo:
    return lambda there: there.startswith(beginning)


_NAME = Text("换一个文件名", "give another name")


def _peek(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST)


def put(path: Path, data: bytes) -> None:
    """Into a file beside it, which then takes its place. Raises OSError."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise

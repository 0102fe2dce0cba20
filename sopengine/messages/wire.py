"""What travels between the engine and its rendering process: pickled batches there (trusted), JSON results back (not).

A frame is a length of four bytes, big-endian, and that many bytes. A batch carries only the values its template reads,
column by column.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import IO, Any

from msgspec import Struct

from sopengine.messages.model import Rendered

MAX_RESULT_BYTES = 16 * 1024 * 1024
"""A longer frame from the rendering process is no honest answer."""
READY = b'"ready"'

Path = tuple[str, ...]
Item = str | tuple[str, str, int]
"""One result: the text, or kind, reason and template line."""


class Absent(Enum):
    """Stands for a value that a delivery does not have."""

    VALUE = 0


ABSENT = Absent.VALUE


class Batch(Struct, frozen=True):
    """One template and, for each path it reads, the values of all items. `common` holds what all items share."""

    source: str
    size: int
    common: Mapping[Path, Any]
    columns: Mapping[Path, Sequence[Any]]
    max_bytes: int
    cpu_seconds: int

    def part(self, begin: int, end: int) -> Batch:
        columns = {path: values[begin:end] for path, values in self.columns.items()}
        return Batch(self.source, end - begin, self.common, columns, self.max_bytes, self.cpu_seconds)

    def pickled(self) -> bytes:
        return pickle.dumps(
            (self.source, self.size, self.common, self.columns, self.max_bytes, self.cpu_seconds),
            pickle.HIGHEST_PROTOCOL,
        )

    def contexts(self) -> Iterator[dict[str, Any]]:
        """The data of each item as the template sees it; `common` parts are shared between them and never changed."""
        common: dict[str, Any] = {}
        for path, value in self.common.items():
            _put(common, path, value)
        if not self.columns:
            for _ in range(self.size):
                yield common
            return
        paths = tuple(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            context = dict(common)
            for path, value in zip(paths, values, strict=True):
                _put(context, path, value)
            yield context


def unpickled(frame: bytes) -> Batch:
    """Only ever called in the rendering process, on what its parent sent."""
    return Batch(*pickle.loads(frame))


def _put(context: dict[str, Any], path: Path, value: Any) -> None:
    for part in path[:-1]:
        context = context.setdefault(part, {})
    if value is not ABSENT:
        context[path[-1]] = value


# --- results


def results_frame(items: Sequence[Item]) -> bytes:
    return json.dumps(items).encode("ascii")


def read_results(frame: bytes, at_most: int) -> list[Rendered] | None:
    """The results in a frame, or None if it holds anything else: the process that sent it is not trusted."""
    try:
        items = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    if not isinstance(items, list) or not 0 < len(items) <= at_most:
        return None
    found = [_rendered(item) for item in items]
    return None if None in found else [item for item in found if item is not None]


def _rendered(item: Any) -> Rendered | None:
    if type(item) is str:
        return Rendered(item)
    match item:
        case [str() as kind, str() as reason, int() as line] if kind in KINDS and line >= 0:
            return Rendered(error=reason[:500], kind=kind, line=line)
    return None


KINDS = frozenset({"undefined", "syntax", "forbidden", "limit", "failed", "object", "empty"})


def write_frame(stream: IO[bytes], payload: bytes) -> None:
    stream.write(len(payload).to_bytes(4, "big") + payload)
    stream.flush()


def read_frame(stream: IO[bytes], longest: int = 2**32) -> bytes | None:
    """The next frame; None at the end of the stream, in the middle of a frame, or before one that is too long."""
    head = stream.read(4)
    length = int.from_bytes(head, "big")
    if len(head) < 4 or length > longest:
        return None
    payload = stream.read(length)
    return payload if len(payload) == length else None

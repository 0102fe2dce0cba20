"""The rendering process: batches in on stdin, results out on stdout; it holds nothing and may be killed at any instant.

Run as `python -m sopengine.messages.worker MEMORY_BYTES` by `messages.renderer` alone.
"""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from functools import lru_cache
from time import monotonic
from typing import Any, BinaryIO

from sopengine.language.expressions.templates import CompiledTemplate, check_template
from sopengine.messages.budget import bytes_over
from sopengine.messages.wire import READY, Batch, Item, read_frame, results_frame, unpickled, write_frame

try:
    import resource
except ImportError:  # Windows has none; there the parent's clock alone bounds this process
    resource = None  # type: ignore[assignment]

FLUSH_CHARACTERS = 256 * 1024
FLUSH_SECONDS = 0.2
_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")
"""White space and signs without width: nobody sees any of it."""
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters and half characters: databases, terminals and platforms break on them."""


@lru_cache(maxsize=256)
def compiled(source: str) -> CompiledTemplate | Item:
    """The template as code, or why it is refused."""
    problems = check_template(source)
    if problems:
        return problems[0].kind, problems[0].message.en, problems[0].line
    try:
        return CompiledTemplate(source)
    except Exception as error:  # noqa: BLE001 - compiling an odd template may fail in any way; the author is told
        return "failed", f"{type(error).__name__}: {' '.join(str(error).split())}"[:200], 0


def rendered(template: CompiledTemplate, context: dict[str, Any], max_bytes: int) -> Item:
    try:
        text = template.render(context)
    except Exception as error:  # noqa: BLE001 - a template may provoke any error; each becomes a finding with its line
        failure = template.explain(error, context)
        return failure.kind, failure.reason, failure.line
    if len(text) * 4 > max_bytes and bytes_over(text, max_bytes):  # four bytes are the longest character
        return "limit", f"the text is over {max_bytes} bytes", 0
    if _BLANK.fullmatch(text):
        return "empty", "the text is empty", 0
    if _UNFIT.search(text):
        return "failed", "the text has control characters or half characters", 0
    return text


def results(batch: Batch) -> Iterator[list[Item]]:
    """The results of a batch in order, in portions that are sent as soon as they are large."""
    template = compiled(batch.source)
    if not isinstance(template, CompiledTemplate):
        yield [template] * batch.size
        return
    portion: list[Item] = []
    characters = 0
    flushed = monotonic()
    for context in batch.contexts():
        item = rendered(template, context, batch.max_bytes)
        portion.append(item)
        characters += len(item)
        if characters > FLUSH_CHARACTERS or monotonic() - flushed > FLUSH_SECONDS:
            yield portion
            portion, characters, flushed = [], 0, monotonic()
    if portion:
        yield portion


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Until the parent closes its end."""
    while (frame := read_frame(source)) is not None:
        batch = unpickled(frame)
        limit_cpu(batch.cpu_seconds)
        for portion in results(batch):
            write_frame(sink, results_frame(portion))


def limit_cpu(seconds: int) -> None:
    """From now on: a batch that burns longer ends this process even if nobody is left to kill it."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (_under(hard, int(used.ru_utime + used.ru_stime) + 1 + seconds), hard))


def limit_rest(memory: int) -> None:
    """No memory beyond `memory` bytes, no growing file, no core dump, no further process."""
    if resource is not None:
        for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
            resource.setrlimit(kind, (0, 0))
        if sys.platform != "darwin":  # its kernel refuses any limit on address space
            limit = _under(resource.getrlimit(resource.RLIMIT_AS)[1], memory)
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _under(hard: int, wanted: int) -> int:
    """The wanted limit, or the stricter one that is already in force and may not be raised."""
    return wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)


def main() -> None:
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)  # sent to the whole group; the parent still needs what it has under way
    template = compiled("{{ '\\u0041' }}{% if a > 1 %}{{ a | money }}{% endif %}")
    if not isinstance(template, CompiledTemplate):
        raise SystemExit(str(template))
    template.render({"a": 2})  # whatever is imported at first use is imported before the limits
    limit_rest(int(sys.argv[1]))
    write_frame(sys.stdout.buffer, READY)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()

"""Generated inputs by the thousand: every one is judged and timed, a failing one is made small and kept."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sopengine.messages.model import RenderJob
from sopengine.messages.renderer import Limits, Renderer
from tests.fuzz import documents, texts
from tests.fuzz.properties import CONTEXT, condition_fault, document_fault, rendering_fault, template_fault

KEPT = Path(__file__).with_name("failures")
_CHUNK = 250
_SHOW_EVERY = 10
"""The findings of every tenth document are also formatted, and its safe edits made."""
_SHRINK_SECONDS = 20.0


@dataclass(slots=True)
class Failure:
    what: str
    number: int
    fault: str
    data: bytes


@dataclass(slots=True)
class Result:
    """`seconds`: of processor time for each input, in any order."""

    seconds: list[float] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str, int] = (0.0, "", -1)
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: Result) -> None:
        self.seconds += other.seconds
        self.kinds += other.kinds
        self.slowest = max(self.slowest, other.slowest)
        self.failures += other.failures

    def at(self, share: float) -> float:
        return sorted(self.seconds)[min(int(len(self.seconds) * share), len(self.seconds) - 1)]


def run(what: str, seed: int, count: int, jobs: int) -> Result:
    """`what`: documents, templates or conditions."""
    chunks = [(what, seed, begin, min(begin + _CHUNK, count)) for begin in range(0, count, _CHUNK)]
    total = Result()
    if jobs == 1:
        for chunk in chunks:
            total.add(_chunk(chunk))
        return total
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for result in pool.imap_unordered(_chunk, chunks):
            total.add(result)
    return total


def _chunk(chunk: tuple[str, int, int, int]) -> Result:
    what, seed, begin, end = chunk
    result = Result()
    for number in range(begin, end):
        kind, data, judge = _case(what, seed, number)
        started = time.process_time()
        fault = _judged(judge, data)
        took = time.process_time() - started
        result.seconds.append(took)
        result.kinds[kind] += 1
        result.slowest = max(result.slowest, (took, kind, number))
        if fault:
            result.failures.append(Failure(what, number, fault, shrunk(data, judge)))
    if what == "templates":
        result.failures += _rendered(seed, begin, end)
    return result


Judge = Callable[[bytes], str]


def _case(what: str, seed: int, number: int) -> tuple[str, bytes, Judge]:
    if what == "documents":
        kind, data = documents.document(seed, number)
        return kind, data, lambda one: document_fault(one, shown=number % _SHOW_EVERY == 0)
    make, judge = (texts.template, template_fault) if what == "templates" else (texts.condition, condition_fault)
    return what, make(seed, number).encode("utf-8", "surrogatepass"), lambda one: judge(one.decode("utf-8", "replace"))


def _judged(judge: Judge, data: bytes) -> str:
    try:
        return judge(data)
    except Exception:  # noqa: BLE001 - this is what the whole search is for
        return traceback.format_exc(limit=-4)


def _rendered(seed: int, begin: int, end: int) -> Iterator[Failure]:
    """The same templates through the rendering process; what burns there is killed at its limit."""
    with Renderer(Limits(seconds=1.0, culprits=1)) as renderer:
        sources = [texts.template(seed, number) for number in range(begin, end)]
        answers = renderer.render_many(RenderJob(source, (CONTEXT,)) for source in sources)
        for number, source, (found,) in zip(range(begin, end), sources, answers, strict=True):
            if fault := rendering_fault(source, found):
                yield Failure("rendering", number, fault, source.encode("utf-8", "surrogatepass"))


def shrunk(data: bytes, judge: Judge) -> bytes:
    """A shorter input with a fault of the same kind: pieces are left out, ever smaller ones, while it stays one."""
    until = time.monotonic() + _SHRINK_SECONDS
    wanted = _kind(_judged(judge, data))
    size = max(len(data) // 2, 1)
    while size and time.monotonic() < until:
        at = 0
        while at < len(data) and time.monotonic() < until:
            shorter = data[:at] + data[at + size :]
            if shorter and _kind(_judged(judge, shorter)) == wanted:
                data = shorter
            else:
                at += size
        size //= 2
    return data


def _kind(fault: str) -> str:
    """The exception, or the first words of a fault."""
    return fault.strip().rpartition("\n")[2].split(":")[0][:40] if fault else ""


def keep(failures: Sequence[Failure], seed: int) -> list[Path]:
    """Writes each failing input to a file of its own, twenty at most."""
    KEPT.mkdir(exist_ok=True)
    files = []
    for failure in islice(failures, 20):
        file = KEPT / f"{failure.what}-{seed}-{failure.number}"
        file.write_bytes(failure.data)
        files.append(file)
    return files

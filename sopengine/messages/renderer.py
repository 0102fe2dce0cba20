"""Templates and the data of many deliveries in, texts or reasons out; a process that may be killed does the work."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from time import monotonic
from typing import Any, Self

from msgspec import Struct

from sopengine.language.expressions.templates import check_template, paths_read
from sopengine.messages.child import Child
from sopengine.messages.model import Rendered, RenderJob
from sopengine.messages.reading import look, needed
from sopengine.messages.wire import Batch, Path, read_results

_IN_FLIGHT = 2
"""Batches under way: while one is rendered the next one waits at the process's door."""
_TOO_LONG = Rendered(error="takes too long or too much memory", kind="limit")
_NOT_TRIED = Rendered(error="not tried: other texts of this template took too long or too much memory", kind="limit")


class Limits(Struct, frozen=True):
    """`seconds` of wall time for one text; a batch has as much again per 1,000 texts. After `culprits` texts over the
    limit the rest of the job is not tried."""

    seconds: float = 2.0
    memory_bytes: int = 256 * 1024 * 1024
    text_bytes: int = 1024 * 1024
    batch: int = 1_000
    culprits: int = 3

    def of_batch(self, size: int) -> float:
        return self.seconds * (1 + size / 1_000)


class _Job(Struct):
    given_up: bool = False


class _Piece(Struct):
    """A batch under way, or what it gave. One result counts for `repeat` deliveries that share all their data."""

    job: _Job
    batch: Batch
    repeat: int = 1
    results: list[Rendered] | None = None


@dataclass(slots=True)
class Renderer:
    """Starts its process at the first job, and again after killing it. For use from one thread. Without `try_again` a
    template that was given up in one job is not tried in later ones: who only looks need not wait for it each time.

    No template brings this process down or holds it up beyond the limits; SopError if no process can be started.
    """

    limits: Limits = field(default_factory=Limits)
    try_again: bool = True
    _given_up: set[str] = field(default_factory=set, init=False)
    _child: Child | None = field(default=None, init=False)
    _waiting: deque[_Piece] = field(default_factory=deque, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._waiting.clear()
        self._kill()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._child.pid if self._child else None

    def render(self, job: RenderJob) -> list[Rendered]:
        """One result for each context, in their order."""
        return next(self.render_many([job]))

    def render_many(self, jobs: Iterable[RenderJob]) -> Iterator[list[Rendered]]:
        """One list for each job, in their order; a little ahead of the reader."""
        ahead: deque[Rendered | list[_Piece]] = deque()
        sizes: deque[int] = deque()
        for job in jobs:
            prepared = _prepared(job.source)
            if isinstance(prepared, Rendered) or not job.contexts:
                ahead.append(prepared if isinstance(prepared, Rendered) else [])
            else:
                pieces: list[_Piece] = []
                ahead.append(pieces)
                for piece in self._pieces(job, prepared):
                    pieces.append(piece)
                    self._send(piece)
            sizes.append(len(job.contexts))
            while len(ahead) > _IN_FLIGHT:
                yield self._result(ahead.popleft(), sizes.popleft())
        while ahead:
            yield self._result(ahead.popleft(), sizes.popleft())

    def _result(self, outcome: Rendered | list[_Piece], size: int) -> list[Rendered]:
        if isinstance(outcome, Rendered):
            return [outcome] * size
        found: list[Rendered] = []
        for piece in outcome:
            found += self._finished(piece) * piece.repeat
        return found

    def _pieces(self, job: RenderJob, paths: tuple[Path, ...]) -> Iterator[_Piece]:
        of_job = _Job()
        own = [path for path in paths if any(path[0] in context for context in job.contexts)]
        common = {path: look(job.shared, path) for path in paths if path not in own}
        cpu = ceil(self.limits.of_batch(self.limits.batch)) + 1
        if not own:
            yield _Piece(of_job, Batch(job.source, 1, common, {}, self.limits.text_bytes, cpu), len(job.contexts))
            return
        for begin in range(0, len(job.contexts), self.limits.batch):
            contexts = job.contexts[begin : begin + self.limits.batch]
            columns = {path: [_own(context, job.shared, path) for context in contexts] for path in own}
            yield _Piece(of_job, Batch(job.source, len(contexts), common, columns, self.limits.text_bytes, cpu))

    # --- the process

    def _send(self, piece: _Piece) -> None:
        while len(self._waiting) >= _IN_FLIGHT:
            self._finish_oldest()
        self._hand_over(piece)

    def _hand_over(self, piece: _Piece) -> None:
        if piece.job.given_up or piece.batch.source in self._given_up:
            piece.results = [_NOT_TRIED] * piece.batch.size
        else:
            self._running().send(piece.batch.pickled())
            self._waiting.append(piece)

    def _finished(self, piece: _Piece) -> list[Rendered]:
        while piece.results is None:
            self._finish_oldest()
        return piece.results

    def _finish_oldest(self) -> None:
        piece = self._waiting.popleft()
        size = piece.batch.size
        until = monotonic() + self.limits.of_batch(size)
        found = self._collected(size, until)
        if len(found) < size:
            late = monotonic() >= until
            self._kill()
            found += self._culprit(piece) if size == 1 and late else self._one_by_one(piece, len(found))
            others = list(self._waiting)
            self._waiting.clear()
            for other in others:
                self._hand_over(other)
        piece.results = found

    def _culprit(self, piece: _Piece) -> list[Rendered]:
        """One text alone that was late: there is no other to blame, so it is not tried again."""
        self._give_up(piece)
        return [_TOO_LONG]

    def _give_up(self, piece: _Piece) -> None:
        piece.job.given_up = True
        if not self.try_again:
            self._given_up.add(piece.batch.source)

    def _collected(self, size: int, until: float) -> list[Rendered]:
        """What the process answers in time; fewer than `size` if it is late, gone or talks nonsense."""
        found: list[Rendered] = []
        while len(found) < size:
            frame = self._running().receive(until - monotonic())
            portion = read_results(frame, size - len(found)) if frame is not None else None
            if portion is None:
                break
            found += portion
        return found

    def _one_by_one(self, piece: _Piece, done: int) -> list[Rendered]:
        """The texts of a batch that failed as a whole: each alone, so that only the culprits have none. The first
        `done` have theirs."""
        found: list[Rendered] = []
        culprits, left = 0, 2 * self.limits.of_batch(piece.batch.size - done)
        for index in range(done, piece.batch.size):
            if culprits == self.limits.culprits or left < 0:
                self._give_up(piece)
            if piece.job.given_up:
                found.append(_NOT_TRIED)
                continue
            self._running().send(piece.batch.part(index, index + 1).pickled())
            begin = monotonic()
            single = self._collected(1, begin + self.limits.seconds)
            if single:
                left -= monotonic() - begin
            else:
                self._kill()
                culprits += 1
            found += single or [_TOO_LONG]
        return found

    def _running(self) -> Child:
        if self._child is None:
            self._child = Child(self.limits.memory_bytes)
        return self._child

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


@lru_cache(maxsize=256)
def _prepared(source: str) -> Rendered | tuple[Path, ...]:
    """The paths a template reads, or why it is refused."""
    problems = check_template(source)
    if problems:
        return Rendered(error=problems[0].message.en, kind=problems[0].kind, line=problems[0].line)
    return tuple(needed(paths_read(source)))


def _own(context: Mapping[str, Any], shared: Mapping[str, Any], path: Path) -> Any:
    return look(context if path[0] in context else shared, path)

"""Planned deliveries → their texts, in batches that share a template and an occurrence."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from msgspec import Struct

from sopengine.messages.model import Rendered, RenderJob
from sopengine.messages.renderer import Renderer
from sopengine.planning.model import PlannedDelivery

BATCH = 1000
SKIPPED = Rendered(kind="skipped", error="skipped")
"""What will not be carried out is not rendered: its condition may be there because its data is missing. Nor is what
says nothing."""


class _Batch(Struct):
    """Deliveries of one occurrence. `parts` are those that share template and data, by their indices, as their jobs
    are given out; each is taken away when it is rendered."""

    deliveries: list[PlannedDelivery]
    parts: deque[list[int]]
    results: list[Rendered]


def render(renderer: Renderer, deliveries: Iterable[PlannedDelivery]) -> Iterator[tuple[PlannedDelivery, Rendered]]:
    """Each delivery with its text, in the order given; streams, so that memory stays flat."""
    batches: deque[_Batch] = deque()

    def jobs() -> Iterator[RenderJob]:
        for batch in _batches(deliveries):
            batches.append(batch)
            for part in tuple(batch.parts):
                first = batch.deliveries[part[0]]
                yield RenderJob(first.template, tuple(batch.deliveries[i].own for i in part), first.shared)

    for rendered in renderer.render_many(jobs()):
        yield from _finished(batches)
        for index, result in zip(batches[0].parts.popleft(), rendered, strict=True):
            batches[0].results[index] = result
        yield from _finished(batches)
    yield from _finished(batches)


def _finished(batches: deque[_Batch]) -> Iterator[tuple[PlannedDelivery, Rendered]]:
    while batches and not batches[0].parts:
        batch = batches.popleft()
        yield from zip(batch.deliveries, batch.results, strict=True)


def _batches(deliveries: Iterable[PlannedDelivery]) -> Iterator[_Batch]:
    for _, group in groupby(deliveries, key=lambda d: d.occurrence.key):
        while batch := list(islice(group, BATCH)):
            parts: dict[tuple[str, int], list[int]] = {}
            for index, delivery in enumerate(batch):
                if delivery.speaks:
                    parts.setdefault((delivery.template, id(delivery.shared)), []).append(index)
            yield _Batch(batch, deque(parts.values()), [_without(d) or SKIPPED for d in batch])


def _without(delivery: PlannedDelivery) -> Rendered | None:
    """Why there is nothing to render: the table has no row for it, or more than one."""
    problem = delivery.lookup.problem if delivery.lookup and not delivery.skip else None
    return Rendered(kind="no-row", error=problem.en) if problem else None

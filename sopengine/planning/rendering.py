"""Planned deliveries → their texts, in batches that share a template and an occurrence."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from sopengine.messages.model import Rendered, RenderJob
from sopengine.messages.renderer import Renderer
from sopengine.planning.model import PlannedDelivery

BATCH = 1000
SKIPPED = Rendered(kind="skipped", error="skipped")
"""A delivery that will not be carried out is not rendered: its condition may be there because its data is missing."""


def render(renderer: Renderer, deliveries: Iterable[PlannedDelivery]) -> Iterator[tuple[PlannedDelivery, Rendered]]:
    """Each delivery with its text, in the order given; streams, so that memory stays flat."""
    batches: deque[list[PlannedDelivery]] = deque()

    def jobs() -> Iterator[RenderJob]:
        for batch in _batches(deliveries):
            batches.append(batch)
            if not batch[0].skip:
                yield RenderJob(batch[0].template, tuple(d.own for d in batch), batch[0].shared)

    for rendered in renderer.render_many(jobs()):
        yield from _skipped(batches)
        yield from zip(batches.popleft(), rendered, strict=True)
    yield from _skipped(batches)


def _skipped(batches: deque[list[PlannedDelivery]]) -> Iterator[tuple[PlannedDelivery, Rendered]]:
    while batches and batches[0][0].skip:
        yield from ((delivery, SKIPPED) for delivery in batches.popleft())


def _batches(deliveries: Iterable[PlannedDelivery]) -> Iterator[list[PlannedDelivery]]:
    for _, group in groupby(deliveries, key=lambda d: (d.occurrence.key, d.template, d.skip)):
        while batch := list(islice(group, BATCH)):
            yield batch

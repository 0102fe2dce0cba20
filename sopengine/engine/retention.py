"""Once a day what has been kept long enough goes, a few batches in each pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sopengine.store.purging import Purged, Walk
from sopengine.store.retention import Retention
from sopengine.store.store import Store

EVERY = timedelta(days=1)
BATCHES = 20
"""Of one pass: sending does not wait for a purge."""


class Retaining:
    def __init__(self, store: Store, keep: Retention) -> None:
        self._store, self._keep = store, keep
        self._walk: Walk | None = None  # the one that the last pass did not finish

    def due(self, now: datetime) -> None:
        if not self._keep.any:
            return
        last = self._store.last_purge()
        if last is not None and last <= now < last + EVERY:
            return
        walk, self._walk = self._walk or Walk(), None
        for number, done in enumerate(batches(self._store, self._keep, now, walk), 1):
            if any(done) and number >= BATCHES:
                self._walk = walk
                return
        self._store.set_last_purge(now)


def batches(store: Store, keep: Retention, now: datetime, walk: Walk) -> Iterator[Purged]:
    """Purges batch by batch, until nothing is left."""
    while any(done := store.purge(keep, now, walk)):
        yield done

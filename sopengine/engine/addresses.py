"""Rate buckets: one per address, opened with its channel's limits before the first delivery to it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sopengine.channels.base import Channel, Limits
from sopengine.store.delivery_rows import NewDelivery
from sopengine.store.rows import Bucket
from sopengine.store.store import Store

UNLIMITED = Limits()


class Addresses:
    def __init__(self, store: Store, channels: Mapping[str, Channel]) -> None:
        self._store, self._channels = store, channels
        self._open: set[str] = set()

    def ensure(self, deliveries: Iterable[NewDelivery], now: datetime) -> None:
        new = {d.bucket: d.channel for d in deliveries if d.bucket not in self._open}
        if new:
            self._store.set_buckets([self._bucket(name, channel) for name, channel in new.items()], now)
            self._open.update(new)

    def _bucket(self, name: str, channel: str) -> Bucket:
        limits = self._channels[channel].limits if channel in self._channels else UNLIMITED
        return Bucket(name, *limits.bucket)

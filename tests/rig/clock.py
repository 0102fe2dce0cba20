"""A clock that runs like the real one and can be set, for a process and all that it forks."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta

from sopengine.engine.daemon import AlarmClock


class SharedClock:
    """Real time plus an offset in memory that forked processes share: setting it is seen by all at once."""

    def __init__(self, start: datetime) -> None:
        self._memory = mmap.mmap(-1, 8)
        self._set(start - datetime.now(UTC))

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    @property
    def offset(self) -> timedelta:
        (seconds,) = struct.unpack("d", self._memory[:8])
        return timedelta(seconds=seconds)

    def advance(self, by: timedelta) -> None:
        self._set(self.offset + by)

    def _set(self, offset: timedelta) -> None:
        self._memory[:8] = struct.pack("d", offset.total_seconds())


class SharedAlarm(AlarmClock):
    """The daemon's alarm clock on a shared clock: rings at the real moment at which that clock shows the time."""

    clock: SharedClock

    def __init__(self, seconds: float = 0.25) -> None:
        super().__init__(0.25)

    def sleep_until(self, moment: datetime | None) -> None:
        super().sleep_until(moment and moment - self.clock.offset)

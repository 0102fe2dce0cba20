"""How long the ledger keeps what it need not keep."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct


class Retention(Struct, frozen=True):
    """Counted from when a row has ended; None keeps it for good."""

    texts: timedelta | None = None
    personal: timedelta | None = None
    log: timedelta | None = None

    @property
    def any(self) -> bool:
        return any(one is not None for one in (self.texts, self.personal, self.log))


KEEP = Retention()

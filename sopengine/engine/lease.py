"""How long a worker may go on with what it has claimed: renewed while it works, so that it may be short."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sopengine.clock import Clock
from sopengine.store.delivery_rows import Claimed
from sopengine.store.errors import StoreError
from sopengine.store.store import Store

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=40)
"""After which the work of a process that died is taken over by another."""
LONGEST = timedelta(seconds=120)
"""No lease is renewed beyond this, counted from its claim: a worker that hangs is no living one."""
MARGIN = timedelta(seconds=20)
"""A request is begun only while this much of the lease is left: the longest time-out and some more."""


class Lease:
    """What one claim took, held together. `begun` is a moment before the claim: by this clock the lease ends no later
    than in the ledger. Only the worker's own loop renews it: a thread beside it would hold what nobody works on."""

    def __init__(self, store: Store, clock: Clock, claimed: Sequence[Claimed], begun: datetime) -> None:
        self._store, self._clock = store, clock
        self._fences = {claim.id: claim.fence for claim in claimed}
        self._begun, self._until = begun, begun + LEASE

    def next(self, now: datetime) -> timedelta:
        """How long a lease that begins at `now` may last."""
        return min(LEASE, self._begun + LONGEST - now)

    def renewed(self, held: set[int], now: datetime) -> None:
        """The ledger has renewed it for these at `now`; the others are lost."""
        self._fences = {id_: fence for id_, fence in self._fences.items() if id_ in held}
        self._until = now + self.next(now)

    def keep(self) -> None:
        """Called while the worker waits: renews what is half over. Where the ledger cannot be reached it runs out."""
        now = self._clock.now()
        if self._until - now > LEASE / 2 or now + self.next(now) <= self._until:
            return
        try:
            self.renewed(self._store.renew(list(self._fences.items()), now, self.next(now)), now)
        except StoreError as error:
            log.warning("a lease could not be renewed: %s", error)

    def holds(self, delivery: int) -> bool:
        return delivery in self._fences

    def lets_begin(self, delivery: int) -> bool:
        """Whether a request for it may leave now."""
        return self.holds(delivery) and self._until - self._clock.now() >= MARGIN

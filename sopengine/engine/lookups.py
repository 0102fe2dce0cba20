"""What is unknown settles itself where its channel can say what became of it (semantics.md S2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sopengine.channels.base import Channel, LooksUp, Outcome
from sopengine.store.doubts import Doubt, Look
from sopengine.store.store import Store

SETTLE = timedelta(minutes=1)
"""No sooner is a platform asked: what is under way may arrive after its answer was lost."""
GIVE_UP = timedelta(hours=24)
"""After which a person has to find out."""


class Lookups:
    """`next_moment` is when the next one is asked about, known after `due`."""

    def __init__(self, store: Store, channels: Mapping[str, Channel]) -> None:
        self._store = store
        self._able = {name: channel for name, channel in channels.items() if isinstance(channel, LooksUp)}
        self.next_moment: datetime | None = None

    def due(self, now: datetime) -> int:
        """Ask about everything whose turn has come; the number of settled ones. The waits between two looks double."""
        self.next_moment = None
        if not self._able:
            return 0
        doubts = self._store.in_doubt(self._able, now - GIVE_UP)
        looks = [self._look(doubt, now) for doubt in doubts if _turn(doubt) <= now]
        settled = self._store.looked_up(looks, now) if looks else 0
        waiting = [_turn(doubt) for doubt in doubts if _turn(doubt) > now]
        waiting += [look.again for look in looks if look.again is not None]
        self.next_moment = min(waiting, default=None)
        return settled

    def _look(self, doubt: Doubt, now: datetime) -> Look:
        _, _, address = doubt.bucket.partition("/")
        receipt = self._able[doubt.channel].lookup(doubt.key, address)
        match receipt.outcome:
            case Outcome.SENT:
                return Look(doubt, "taken", receipt.reason)
            case Outcome.NOT_NOW | Outcome.REFUSED:
                return Look(doubt, "absent", receipt.reason)
            case _:
                return Look(doubt, "no answer", receipt.reason, now + max(SETTLE, now - doubt.since))


def _turn(doubt: Doubt) -> datetime:
    return max(doubt.since + SETTLE, doubt.look_after)

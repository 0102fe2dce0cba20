"""How late messages leave that share an address: its token bucket played through, before anything is sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import TypeAlias

from sopengine.channels.base import Limits
from sopengine.planning.model import PlannedDelivery

Leaving: TypeAlias = defaultdict[tuple[str, str], Counter[datetime]]
"""By channel and address: how many are due at each moment; places in a spread are moments of their own."""


def leaving() -> Leaving:
    return defaultdict(Counter)


def count(leaving: Leaving, one: PlannedDelivery) -> None:
    """One that is skipped names its channel and takes no turn."""
    leaving[one.channel, one.bucket][one.due_at] += not one.skip


def latest(limits: Limits, due: Counter[datetime]) -> timedelta:
    """The longest that any of these messages waits for its turn; each moment's own come after all earlier ones."""
    rate, burst = limits.bucket
    if not rate:
        return timedelta(0)
    tokens, before, longest = float(burst), min(due), 0.0
    for moment in sorted(due):
        tokens = min(burst, tokens + rate * (moment - before).total_seconds()) - due[moment]
        longest, before = max(longest, -tokens / rate), moment
    return timedelta(seconds=longest)

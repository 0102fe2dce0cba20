"""Named places at which the rig (tests/rig) ends this process; nobody listens in production, and nothing happens.

before_claim, after_claim     round the commit that takes deliveries in hand
before_send, after_send       before a channel is asked; after the first bytes of a request have left
before_commit, after_commit   round every commit of the ledger
in_plan                       occurrences are stored, and not yet how far they reach
in_migration                  the new schema stands in a transaction that is still open
"""

from __future__ import annotations

from collections.abc import Callable

PLACES = (
    "before_claim",
    "after_claim",
    "before_send",
    "after_send",
    "before_commit",
    "after_commit",
    "in_plan",
    "in_migration",
)

_listener: Callable[[str], None] | None = None


def listen(listener: Callable[[str], None] | None) -> None:
    """Called with the name of each place that this process reaches, from the thread that reaches it."""
    global _listener
    _listener = listener


def reached(place: str) -> None:
    if _listener is not None:
        _listener(place)

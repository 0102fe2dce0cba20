"""A channel's receipt → how the delivery goes on (semantics.md S2): one place that judges every answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b

from sopengine.channels.base import Outcome, Receipt
from sopengine.store.delivery_rows import Claimed, Result
from sopengine.store.rows import NewTask, State

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
REST = timedelta(seconds=60)
"""How long an address rests after a rate limit that names no time."""


def judge(
    claimed: Claimed,
    receipt: Receipt,
    now: datetime,
    *,
    on_unknown: str,
    deduplicates: timedelta | None,
    hand_over: Callable[[], NewTask],
) -> Result:
    """`deduplicates`: how long after its due time a request with the same key may still begin."""
    doubtful, last = receipt.outcome is Outcome.UNKNOWN, last_moment(claimed)

    def result(
        state: State,
        reason: str = receipt.reason,
        run_after: datetime | None = None,
        until: datetime | None = None,
    ) -> Result:
        return Result(
            claimed.id,
            claimed.fence,
            state,
            reason,
            run_after=run_after,
            expires_at=until,
            receipt=receipt.id,
            status=receipt.status,
            excerpt=receipt.excerpt,
            task=hand_over() if state is State.AWAITING_CONFIRM else None,
            doubtful=doubtful,
            settled=state is State.UNKNOWN and on_unknown == "skip",
        )

    def again(wait: timedelta, until: datetime = last) -> Result:
        if now + wait >= until:
            over = f"{receipt.reason}; no time left to try again"
            return result(State.UNKNOWN if doubtful else State.FAILED, over)
        return result(State.PLANNED, run_after=now + wait, until=until)

    match receipt.outcome:
        case Outcome.SENT:
            return result(State.SENT)
        case Outcome.HANDED_OVER:
            return result(State.AWAITING_CONFIRM)
        case Outcome.REFUSED:
            return result(State.FAILED)
        case Outcome.NOT_NOW:
            return again(receipt.retry_after or back_off(claimed.key, claimed.attempt))
        case Outcome.RATE_LIMITED:
            return again(receipt.retry_after or REST)
        case Outcome.UNKNOWN:
            wait = back_off(claimed.key, claimed.attempt)
            if deduplicates is not None:
                return again(wait, min(last, claimed.due_at + deduplicates))
            if on_unknown == "resend" and not claimed.doubtful:  # once: each may be one more message
                return again(wait)
            return result(State.UNKNOWN)


def last_moment(claimed: Claimed) -> datetime:
    """Until when it may be tried again. One that may have been taken keeps the end it has: later its channel would no
    longer know its key."""
    return claimed.expires_at if claimed.doubtful else claimed.useful_until


def back_off(key: str, attempt: int) -> timedelta:
    """Doubling waits with a jitter of ±20 % that depends on key and attempt only: a replay gives the same."""
    wait = min(FIRST_WAIT * 2 ** min(attempt - 1, 10), LONGEST_WAIT)
    dice = int.from_bytes(blake2b(f"{key}/{attempt}".encode(), digest_size=2).digest(), "big") / 0xFFFF
    jittered: timedelta = wait * (0.8 + 0.4 * dice)
    return jittered

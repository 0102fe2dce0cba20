"""What time has overtaken: leases that ran out, deliveries past their window, confirmations nobody gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from sopengine.store.columns import AnyRow
from sopengine.store.dialect import in_states
from sopengine.store.journal import ENGINE, Change, advance
from sopengine.store.outcomes import close_attempts, closing
from sopengine.store.pauses import closed
from sopengine.store.plan import CHUNK, chunks
from sopengine.store.readiness import CHANNELS, NOW, PLANNED, parameters
from sopengine.store.reasons import late, spell
from sopengine.store.rows import Reaped, State
from sopengine.store.states import WORKABLE, ending
from sopengine.store.tables import ATTEMPT, CAMPAIGN, DELIVERY, OCCURRENCE, PAUSE, TASK
from sopengine.store.tasks import withdraw_tasks

_LEASE_OVER = (
    select(
        DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.fence, DELIVERY.c.channel, DELIVERY.c.useful_until,
        DELIVERY.c.doubtful, DELIVERY.c.campaign, DELIVERY.c.arm, OCCURRENCE.c.step,
    )
    .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
    .where(in_states(DELIVERY.c.state, State.CLAIMED, State.SENDING), DELIVERY.c.lease_until <= NOW)
)  # fmt: skip
_UNCONFIRMED = select(DELIVERY.c.id).where(
    in_states(DELIVERY.c.state, State.AWAITING_CONFIRM), DELIVERY.c.useful_until <= NOW
)
_FREE = {"lease_owner": None, "lease_until": None}


OnUnknown = Callable[[str, str, str], str]
"""(campaign, step, arm) → `hold`, `resend` or `skip`, as its author wrote."""


def reap(
    conn: Connection,
    now: datetime,
    ahead: timedelta,
    deduplicating: Mapping[str, timedelta],
    on_unknown: OnUnknown,
) -> Reaped:
    """Claims go back to planned, nothing was sent. What was being sent is asked again with the same key where the
    channel honours keys for that long, measured from the first attempt; else its author decides, and without a word
    of his it is unknown. Leases and attempts go by a clock that is `ahead` of the one that says `now`."""
    over = conn.execute(_LEASE_OVER, {"now": now + ahead}).all()
    if not over:
        return Reaped()
    sending = [row for row in over if row.state is State.SENDING]
    first = _first_attempts(conn, [row.id for row in sending])
    changes = [
        _after_lease(
            row, now, first.get(row.id, now + ahead) - ahead, deduplicating.get(row.channel, timedelta(0)), on_unknown
        )
        for row in over
    ]
    advance(conn, changes, now)
    close_attempts(conn, [closing(row.id, row.fence, now, "no answer") for row in sending])
    unknown = sum(change.after is State.UNKNOWN for change in changes)
    return Reaped(len(changes) - unknown, unknown)


def _after_lease(row: AnyRow, now: datetime, first: datetime, key_window: timedelta, on_unknown: OnUnknown) -> Change:
    if row.state is State.CLAIMED:
        return Change(row.id, row.state, State.PLANNED, "the lease ran out before anything was sent", _FREE)
    known_until = min(first + key_window, row.useful_until)  # later the channel would take it for a new message
    if now < known_until:
        doubt = {**_FREE, "doubtful": True, "expires_at": known_until, "hold": "asked again"}
        return Change(row.id, row.state, State.PLANNED, "no answer was kept; asked again with its key", doubt)
    policy = on_unknown(row.campaign, row.step, row.arm)
    if policy == "resend" and not row.doubtful and now < row.useful_until:  # once: each may be one more message
        doubt = {**_FREE, "doubtful": True, "expires_at": row.useful_until, "hold": "sent again"}
        return Change(row.id, row.state, State.PLANNED, "no answer was kept; sent again (on_unknown: resend)", doubt)
    reason = "no answer was kept; it may have been sent"
    return Change(row.id, row.state, State.UNKNOWN, reason, {"reason": reason, "settled": policy == "skip", **_FREE})


def _first_attempts(conn: Connection, deliveries: list[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for some in chunks(deliveries, 500):
        query = select(ATTEMPT.c.delivery, func.min(ATTEMPT.c.started_at)).where(ATTEMPT.c.delivery.in_(some))
        found.update((delivery, at) for delivery, at in conn.execute(query.group_by(ATTEMPT.c.delivery)))
    return found


_LATE = select(
    DELIVERY.c.id, DELIVERY.c.due_at, DELIVERY.c.run_after, DELIVERY.c.expires_at, DELIVERY.c.useful_until,
    DELIVERY.c.hold, DELIVERY.c.doubtful,
).where(
    PLANNED,
    DELIVERY.c.expires_at <= NOW,
    or_(DELIVERY.c.expires_at < NOW, DELIVERY.c.useful_until <= NOW),
    DELIVERY.c.campaign.not_in(select(CAMPAIGN.c.id).where(CAMPAIGN.c.state == "paused")),
    or_(DELIVERY.c.notice.is_(True), DELIVERY.c.campaign.not_in(select(PAUSE.c.name).where(PAUSE.c.scope == "sends"))),
    DELIVERY.c.channel.not_in(CHANNELS),
).limit(CHUNK)  # fmt: skip


def expire(conn: Connection, now: datetime) -> int:
    """Planned deliveries past their window → missed, with lateness and cause; what is paused is judged when it is
    resumed. Confirmations past `useful_until` are withdrawn. Returns the number of missed deliveries."""
    _withdraw_confirmations(conn, now)
    paused = closed(conn)
    if paused.everything:
        return 0
    count = 0
    while rows := conn.execute(_LATE, parameters(now, paused)).all():
        changes = []
        for row in rows:
            reason = _why(row, now)
            changes.append(
                Change(row.id, State.PLANNED, ending(State.MISSED, row.doubtful), reason, {"reason": reason})
            )
        advance(conn, changes, now)
        count += len(rows)
    return count


def _why(row: AnyRow, now: datetime) -> str:
    slot = row.run_after if row.run_after <= now else row.due_at
    held = f", held: {row.hold}" if row.hold else ""
    if row.expires_at < row.useful_until:
        return f"{late(now, slot)} (late_ok {spell(row.expires_at - slot)}){held}"
    return f"{late(now, slot)} (useful until {row.useful_until.isoformat()}){held}"


def _withdraw_confirmations(conn: Connection, now: datetime) -> None:
    deliveries = list(conn.execute(_UNCONFIRMED, {"now": now}).scalars())
    reason = "not confirmed in time"
    for some in chunks(deliveries, 500):
        tasks = select(TASK.c.id, TASK.c.state).where(TASK.c.delivery.in_(some), TASK.c.state.in_(WORKABLE))
        withdraw_tasks(conn, [(row.id, row.state) for row in conn.execute(tasks)], now, reason, ENGINE)
        values = {"reason": reason}
        advance(conn, [Change(i, State.AWAITING_CONFIRM, State.WITHDRAWN, reason, values) for i in some], now)

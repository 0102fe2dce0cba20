"""Who may send next: ready deliveries, fair over addresses, within their rates; each claim has a lease and a fence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select

from sopengine.store.columns import AnyRow, Micros, micros
from sopengine.store.delivery_rows import Claimed
from sopengine.store.dialect import among, one_by_one, one_of
from sopengine.store.holding import Held, hold_until
from sopengine.store.journal import Change, advance
from sopengine.store.pauses import closed
from sopengine.store.rates import BUCKET_COLUMNS, available, has_token, settle_clock, spend, whole
from sopengine.store.readiness import BUCKET_NOT_PAUSED, parameters, ready
from sopengine.store.rows import State
from sopengine.store.tables import BUCKET, DELIVERY, OCCURRENCE
from sopengine.store.uses import Drop, Hold, Judge, Uses

BUCKETS = 100
"""Addresses served by one claim; those served longest ago come first."""

_WRITTEN = (DELIVERY.c.run_after, DELIVERY.c.priority.desc(), DELIVERY.c.id)
"""What goes first: the earlier; of what is due together the more important."""
_READY = select(DELIVERY.c.id).where(DELIVERY.c.bucket == BUCKET.c.id, ready()).order_by(*_WRITTEN).correlate(BUCKET)
"""The order has both databases ask the index of an address's own deliveries, also where there is none."""
_SERVED = (
    select(*BUCKET_COLUMNS)
    .where(BUCKET_NOT_PAUSED, has_token(), one_by_one(_READY))
    .order_by(BUCKET.c.served_at, BUCKET.c.id)
    .limit(BUCKETS)
)
_FIRST = _READY.limit(bindparam("share"))
_COLUMNS: list[ColumnElement[Any]] = [  # in the order of Claimed's fields
    DELIVERY.c.id,
    DELIVERY.c.fence + 1,
    DELIVERY.c.key,
    DELIVERY.c.attempt + 1,
    DELIVERY.c.occurrence,
    DELIVERY.c.campaign,
    OCCURRENCE.c.step,
    DELIVERY.c.target,
    DELIVERY.c.channel,
    BUCKET.c.name,
    DELIVERY.c.due_at,
    OCCURRENCE.c.planned_at,
    DELIVERY.c.expires_at,
    DELIVERY.c.useful_until,
    bindparam("until", type_=Micros).label("lease_until"),
    DELIVERY.c.data,
    DELIVERY.c.doubtful,
    DELIVERY.c.arm,
    DELIVERY.c.about,
    DELIVERY.c.notice,
    DELIVERY.c.during,
    DELIVERY.c.recipient,
    DELIVERY.c.priority,
    OCCURRENCE.c.zone,
    DELIVERY.c.hold,
    DELIVERY.c.person,
    DELIVERY.c.says,
    DELIVERY.c.wave,
    OCCURRENCE.c.section,
]
_CANDIDATES = (
    select(*_COLUMNS)
    .select_from(BUCKET)
    .join(DELIVERY, among(DELIVERY.c.id, _FIRST))
    .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
    .where(one_of(BUCKET.c.id, "buckets"))
    .order_by(*_WRITTEN)
)


def claim(
    conn: Connection, now: datetime, owner: str, until: datetime, limit: int, judge: Judge | None = None
) -> list[Claimed]:
    """At most `limit` deliveries that this owner may send, in written order; their lease ends at `until`. What `judge`
    says of the others, that they wait or do not go at all, is carried out in the same commit."""
    paused = closed(conn)
    if paused.everything:
        return []
    settle_clock(conn, now)
    values = parameters(now, paused)
    while True:
        buckets = conn.execute(_SERVED, {**values, "now_us": micros(now)}).all()
        if not buckets:
            return []
        share = -(-limit // len(buckets))
        of_these = {"until": until, "share": share, "buckets": [bucket.id for bucket in buckets]}
        candidates = [Claimed(*row) for row in conn.execute(_CANDIDATES, {**values, **of_these})]
        picked, others = _picked(conn, buckets, candidates, now, limit, judge)
        _refuse(conn, others, now)
        if picked or not others:  # else there may be some behind those that were refused
            break
    leased = {"lease_owner": owner, "lease_until": until, "hold": "", "claimed_at": now}
    changes = [
        Change(c.id, State.PLANNED, State.CLAIMED, values={"fence": c.fence, "attempt": c.attempt, **leased})
        for c in picked
    ]
    advance(conn, changes, now, owner)
    spend(conn, Counter(claimed.bucket for claimed in picked), buckets, now)
    return sorted(picked, key=lambda claimed: (claimed.due_at, claimed.id))


def _picked(
    conn: Connection,
    buckets: Sequence[AnyRow],
    candidates: Sequence[Claimed],
    now: datetime,
    limit: int,
    judge: Judge | None,
) -> tuple[list[Claimed], list[tuple[Claimed, Hold | Drop]]]:
    """As many of each bucket as it has tokens for, bucket by bucket as they are served, in written order; and those
    that a guard does not let go."""
    of_bucket: dict[str, list[Claimed]] = {bucket.name: [] for bucket in buckets}
    for candidate in candidates:
        of_bucket[candidate.bucket].append(candidate)
    picked: list[Claimed] = []
    others: list[tuple[Claimed, Hold | Drop]] = []
    uses = Uses(conn)
    for bucket in buckets:
        room = min(whole(available(bucket, now)), limit - len(picked))
        for candidate in of_bucket[bucket.name]:
            if room < 1:
                break
            verdict = judge(candidate, uses) if judge else None
            if verdict is not None:
                others.append((candidate, verdict))
                uses.refuse(candidate, verdict)
                continue
            uses.take(candidate, now)
            picked.append(candidate)
            room -= 1
    return picked, others


def _refuse(conn: Connection, others: Sequence[tuple[Claimed, Hold | Drop]], now: datetime) -> None:
    drops = [
        Change(c.id, State.PLANNED, v.state, v.reason, {"reason": v.reason, "hold": ""})
        for c, v in others
        if isinstance(v, Drop)
    ]
    advance(conn, drops, now)
    held = [
        Held(c.id, now, c.expires_at, c.useful_until, v.until, v.hold, v.reason, tell=not v.told)
        for c, v in others
        if isinstance(v, Hold)
    ]
    hold_until(conn, held, now)

"""Who may send next: ready deliveries, fair over addresses, within their rates; each claim has a lease and a fence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, exists, select

from sopengine.store.columns import AnyRow, micros
from sopengine.store.journal import Change, advance
from sopengine.store.pauses import closed
from sopengine.store.rates import BUCKET_COLUMNS, available, has_token, settle_clock, spend, whole
from sopengine.store.readiness import BUCKET_NOT_PAUSED, parameters, ready
from sopengine.store.rows import Claimed, State
from sopengine.store.tables import BUCKET, DELIVERY, OCCURRENCE

BUCKETS = 100
"""Addresses served by one claim; those served longest ago come first."""

_SERVED = (
    select(*BUCKET_COLUMNS)
    .where(BUCKET_NOT_PAUSED, has_token(), exists().where(DELIVERY.c.bucket == BUCKET.c.id, ready()))
    .order_by(BUCKET.c.served_at, BUCKET.c.id)
    .limit(BUCKETS)
)
_FIRST = (
    select(DELIVERY.c.id)
    .where(DELIVERY.c.bucket == BUCKET.c.id, ready())
    .order_by(DELIVERY.c.run_after, DELIVERY.c.id)
    .limit(bindparam("share"))
    .correlate(BUCKET)
)
_CANDIDATES = (
    select(
        DELIVERY.c.id,
        DELIVERY.c.fence,
        DELIVERY.c.key,
        DELIVERY.c.attempt,
        DELIVERY.c.occurrence,
        DELIVERY.c.campaign,
        OCCURRENCE.c.step,
        DELIVERY.c.target,
        DELIVERY.c.channel,
        DELIVERY.c.bucket,
        DELIVERY.c.due_at,
        OCCURRENCE.c.planned_at,
        DELIVERY.c.expires_at,
        DELIVERY.c.useful_until,
        DELIVERY.c.data,
    )
    .select_from(BUCKET)
    .join(DELIVERY, DELIVERY.c.id.in_(_FIRST))
    .join(OCCURRENCE, OCCURRENCE.c.id == DELIVERY.c.occurrence)
    .where(BUCKET.c.id.in_(bindparam("buckets", expanding=True)))
    .order_by(DELIVERY.c.run_after, DELIVERY.c.id)
)


def claim(conn: Connection, now: datetime, owner: str, lease: timedelta, limit: int) -> list[Claimed]:
    """At most `limit` deliveries that this owner may send until the lease is over, in written order."""
    paused = closed(conn)
    if paused.everything:
        return []
    settle_clock(conn, now)
    values = parameters(now, paused)
    buckets = conn.execute(_SERVED, {**values, "now_us": micros(now)}).all()
    if not buckets:
        return []
    share = -(-limit // len(buckets))
    candidates = conn.execute(_CANDIDATES, {**values, "share": share, "buckets": [b.id for b in buckets]}).all()
    picked = _within_rates(buckets, candidates, now, limit)
    until = now + lease
    common = {"lease_owner": owner, "lease_until": until, "hold": ""}
    advance(
        conn,
        [
            Change(
                row.id,
                State.PLANNED,
                State.CLAIMED,
                values={"fence": row.fence + 1, "attempt": row.attempt + 1, **common},
            )
            for row in picked
        ],
        now,
        owner,
    )
    spend(conn, Counter(row.bucket for row in picked), buckets, now)
    names = {bucket.id: bucket.name for bucket in buckets}
    return [_claimed(row, names[row.bucket], until) for row in picked]


def _within_rates(buckets: Sequence[AnyRow], candidates: Sequence[AnyRow], now: datetime, limit: int) -> list[AnyRow]:
    """As many of each bucket as it has tokens for, bucket by bucket as they are served, in written order."""
    of_bucket: dict[int, list[AnyRow]] = {bucket.id: [] for bucket in buckets}
    for row in candidates:
        of_bucket[row.bucket].append(row)
    picked: list[AnyRow] = []
    for bucket in buckets:
        mine = of_bucket[bucket.id]
        count = int(min(whole(available(bucket, now)), len(mine), limit - len(picked)))
        picked += mine[:count]
    return sorted(picked, key=lambda row: (row.due_at, row.id))


def _claimed(row: AnyRow, bucket: str, until: datetime) -> Claimed:
    return Claimed(
        id=row.id,
        fence=row.fence + 1,
        key=row.key,
        attempt=row.attempt + 1,
        occurrence=row.occurrence,
        campaign=row.campaign,
        step=row.step,
        target=row.target,
        channel=row.channel,
        bucket=bucket,
        due_at=row.due_at,
        planned_at=row.planned_at,
        expires_at=row.expires_at,
        useful_until=row.useful_until,
        lease_until=until,
        row=row.data,
    )

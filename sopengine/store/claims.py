"""Who may send next: ready deliveries, fair over addresses, within their rates; each claim has a lease and a fence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, select

from sopengine.store.columns import AnyRow, Micros, micros
from sopengine.store.delivery_rows import Claimed
from sopengine.store.journal import Change, advance
from sopengine.store.pauses import closed
from sopengine.store.rates import BUCKET_COLUMNS, available, has_token, settle_clock, spend, whole
from sopengine.store.readiness import BUCKET_NOT_PAUSED, parameters, ready
from sopengine.store.rows import State
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
]
_CANDIDATES = (
    select(*_COLUMNS)
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
    of_these = {"until": now + lease, "share": share, "buckets": [bucket.id for bucket in buckets]}
    candidates = [Claimed(*row) for row in conn.execute(_CANDIDATES, {**values, **of_these})]
    picked = _within_rates(buckets, candidates, now, limit)
    leased = {"lease_owner": owner, "lease_until": now + lease, "hold": ""}
    advance(
        conn,
        [
            Change(c.id, State.PLANNED, State.CLAIMED, values={"fence": c.fence, "attempt": c.attempt, **leased})
            for c in picked
        ],
        now,
        owner,
    )
    spend(conn, Counter(claimed.bucket for claimed in picked), buckets, now)
    return picked


def _within_rates(buckets: Sequence[AnyRow], candidates: Sequence[Claimed], now: datetime, limit: int) -> list[Claimed]:
    """As many of each bucket as it has tokens for, bucket by bucket as they are served, in written order."""
    of_bucket: dict[str, list[Claimed]] = {bucket.name: [] for bucket in buckets}
    for candidate in candidates:
        of_bucket[candidate.bucket].append(candidate)
    picked: list[Claimed] = []
    for bucket in buckets:
        mine = of_bucket[bucket.name]
        count = int(min(whole(available(bucket, now)), len(mine), limit - len(picked)))
        picked += mine[:count]
    return sorted(picked, key=lambda claimed: (claimed.due_at, claimed.id))

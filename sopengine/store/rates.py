"""The rate of each address: a token bucket, rests that a platform asked for, and the predicted turn of what waits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    or_,
    select,
    type_coerce,
    update,
)

from sopengine.store.bulk import run_many
from sopengine.store.columns import AnyRow
from sopengine.store.dialect import shared_by_hosts, upsert
from sopengine.store.holding import Held, hold_until
from sopengine.store.journal import line, write
from sopengine.store.pauses import closed
from sopengine.store.readiness import BUCKET_NOT_PAUSED, IN_WINDOW, NOW, PLANNED, RUNNING, parameters, ready
from sopengine.store.rows import Bucket, Parked
from sopengine.store.tables import BUCKET, DELIVERY, TRANSITION

RATE = "rate"
"""The `hold` of a delivery that waits for its address's rate."""
_ALMOST = 1e-6
"""A predicted moment, rounded to microseconds, may find its token this much short; the debt is carried on."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

BUCKET_COLUMNS = (
    BUCKET.c.id,
    BUCKET.c.name,
    BUCKET.c.rate,
    BUCKET.c.burst,
    BUCKET.c.tokens,
    BUCKET.c.refilled_at,
    BUCKET.c.rests_until,
)


def new_bucket(name: str, rate: float, burst: int, now: datetime) -> dict[str, Any]:
    return {
        "name": name,
        "channel": name.partition("/")[0],
        "rate": rate,
        "burst": burst,
        "tokens": float(burst),
        "refilled_at": now,
        "served_at": _NEVER,
        "rests_until": _NEVER,
    }


def set_buckets(conn: Connection, buckets: Iterable[Bucket], now: datetime) -> None:
    """Set rate and burst; the tokens of a known bucket stay as they are."""
    rows = [new_bucket(b.name, b.rate, b.burst, now) for b in buckets]
    if any(row["rate"] < 0 or row["burst"] < 1 for row in rows):
        raise ValueError("a rate is not negative, a burst at least 1")
    if rows:
        conn.execute(upsert(BUCKET, ["name"], ["rate", "burst"]), rows)


def addresses(conn: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in conn.execute(select(BUCKET.c.name).order_by(BUCKET.c.name)).scalars():
        channel, _, reference = name.partition("/")
        found.setdefault(channel, []).append(reference)
    return found


def has_token() -> ColumnElement[bool]:
    """The bucket does not rest and has a whole token, or no limit. Parameters: now, now_us."""
    elapsed = bindparam("now_us", type_=BigInteger) - type_coerce(BUCKET.c.refilled_at, BigInteger)
    tokens = BUCKET.c.tokens + BUCKET.c.rate * elapsed / 1_000_000.0
    return and_(BUCKET.c.rests_until <= NOW, or_(BUCKET.c.rate == 0, tokens >= 1 - _ALMOST))


def available(bucket: AnyRow, now: datetime) -> float:
    """Tokens at `now`, which is not before `refilled_at`; infinite without a rate."""
    if bucket.rate == 0:
        return math.inf
    elapsed = (now - bucket.refilled_at).total_seconds()
    return float(min(bucket.burst, bucket.tokens + bucket.rate * elapsed))


def whole(tokens: float) -> float:
    """How many may be sent for these tokens."""
    return tokens if math.isinf(tokens) else math.floor(tokens + _ALMOST)


_APART = timedelta(minutes=10)
"""So much the clocks of several hosts may differ, the time included for which one of them waits to write."""
_SETTLE = (
    update(BUCKET)
    .where(BUCKET.c.refilled_at > bindparam("latest", type_=BUCKET.c.refilled_at.type), BUCKET.c.rests_until <= NOW)
    .values(refilled_at=NOW)
)


def settle_clock(conn: Connection, now: datetime) -> None:
    """After the clock was set back: buckets refill from now on, with the tokens they had. Rests stay. Where hosts share
    a bucket, one whose clock is behind gets fewer tokens instead: the time that the others have used is not given out
    once more."""
    conn.execute(_SETTLE, {"now": now, "latest": now + _APART if shared_by_hosts(conn) else now})


def spend(conn: Connection, taken: Mapping[str, int], buckets: Sequence[AnyRow], now: datetime) -> None:
    """`taken` by bucket name. Take the tokens of those that were served, and let them wait behind the others."""
    rows = [
        {"id_": b.id, "tokens_": float(b.burst) if b.rate == 0 else available(b, now) - taken[b.name], "now_": now}
        for b in buckets
        if taken.get(b.name)
    ]
    run_many(conn, _SPEND, rows)


_SPEND = (
    update(BUCKET)
    .where(BUCKET.c.id == bindparam("id_"))
    .values(
        tokens=bindparam("tokens_"),
        refilled_at=bindparam("now_", type_=BUCKET.c.refilled_at.type),
        served_at=bindparam("now_", type_=BUCKET.c.served_at.type),
    )
)


def park(conn: Connection, name: str, until: datetime, now: datetime, reason: str) -> None:
    """The address rests until then, and begins again without tokens; what is ready moves behind it."""
    changed = conn.execute(
        update(BUCKET)
        .where(BUCKET.c.name == name, BUCKET.c.rests_until < until)
        .values(tokens=0.0, refilled_at=until, rests_until=until)
    )
    if changed.rowcount:
        write(conn, [line(now, "bucket", None, "", "parked", f"until {until.isoformat()}: {reason}", name=name)])
        hold_for_rate(conn, now)


_RESTING = select(BUCKET.c.name, BUCKET.c.rests_until).where(BUCKET.c.rests_until > NOW).order_by(BUCKET.c.name)


def parked(conn: Connection, now: datetime) -> list[Parked]:
    found = []
    for row in conn.execute(_RESTING, {"now": now}).all():
        why = select(TRANSITION.c.reason).where(TRANSITION.c.entity == "bucket", TRANSITION.c.name == row.name)
        reason = conn.execute(why.order_by(TRANSITION.c.id.desc()).limit(1)).scalar() or ""
        found.append(Parked(row.name, row.rests_until, reason.partition(": ")[2] or reason))
    return found


def release(conn: Connection, name: str, now: datetime, actor: str, reason: str) -> bool:
    """One message may go at once, and the rest at the address's rate; the one that was refused is asked anew."""
    bucket = conn.execute(_RESTING.add_columns(BUCKET.c.id).where(BUCKET.c.name == name), {"now": now}).first()
    if bucket is None:
        return False
    rested = update(BUCKET).where(BUCKET.c.id == bucket.id)
    conn.execute(rested.values(tokens=1.0, refilled_at=now, rests_until=now))
    refused = and_(DELIVERY.c.attempt > 0, DELIVERY.c.run_after <= bucket.rests_until)
    waits = (PLANNED, DELIVERY.c.bucket == bucket.id, DELIVERY.c.run_after > now, or_(DELIVERY.c.hold == RATE, refused))
    conn.execute(update(DELIVERY).where(*waits).values(run_after=now))
    write(conn, [line(now, "bucket", None, "parked", "running", reason, actor, name)])
    return True


_CROWDED = select(*BUCKET_COLUMNS).where(
    BUCKET_NOT_PAUSED,
    or_(BUCKET.c.rate > 0, BUCKET.c.rests_until > NOW),
    exists().where(DELIVERY.c.bucket == BUCKET.c.id, ready()),
)
_WAITING = (
    select(
        DELIVERY.c.id,
        DELIVERY.c.run_after,
        DELIVERY.c.expires_at,
        DELIVERY.c.useful_until,
        DELIVERY.c.hold,
        DELIVERY.c.doubtful,
    )
    .where(
        PLANNED,
        DELIVERY.c.bucket == bindparam("bucket"),
        or_(DELIVERY.c.run_after <= NOW, DELIVERY.c.hold == RATE),
        IN_WINDOW,
        RUNNING,
    )
    .order_by(DELIVERY.c.due_at, DELIVERY.c.id)
)


def hold_for_rate(conn: Connection, now: datetime) -> int:
    """Give what waits for a token its predicted turn, in written order. Its window moves along, never past
    `useful_until`: an address's rate is not lateness (semantics.md S3.5). Returns how many were moved."""
    values = parameters(now, closed(conn))
    moved = []
    for bucket in conn.execute(_CROWDED, values).all():
        begin = max(now, bucket.rests_until)
        tokens = available(bucket, begin)
        waiting = conn.execute(_WAITING, {**values, "bucket": bucket.id}).all()
        for turn, row in enumerate(waiting, start=1):
            short = turn - tokens
            if begin == now and short <= _ALMOST:
                continue
            wait = math.ceil(max(short, 0) / bucket.rate * 1_000_000) if bucket.rate else 0
            moment = begin + timedelta(microseconds=wait)
            if moment > row.run_after:
                moved.append((row, moment))
    if not moved:
        return 0
    held = [
        Held(
            row.id,
            row.run_after,
            row.expires_at,
            row.useful_until,
            moment,
            RATE,
            tell=row.hold != RATE,
            fixed=row.doubtful,
        )
        for row, moment in moved
    ]
    hold_until(conn, held, now)
    return len(moved)

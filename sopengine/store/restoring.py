"""The moment at which a database turns out to be an old copy: whatever was due by then is held for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from sopengine.store.dialect import in_states
from sopengine.store.epoch import REASON, copied_at, set_restored
from sopengine.store.journal import ENGINE, Change, advance, line, write
from sopengine.store.outcomes import close_attempts, closing
from sopengine.store.plan import CHUNK
from sopengine.store.rows import State
from sopengine.store.tables import DELIVERY

_OPEN = (
    select(DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.fence)
    .where(in_states(DELIVERY.c.state, State.PLANNED, State.CLAIMED, State.SENDING))
    .order_by(DELIVERY.c.id)
    .limit(CHUNK)
)


class Restored(NamedTuple):
    """`copied_at`: when the copy was made, None where that is not known; `unknown`: deliveries that are so now."""

    copied_at: datetime | None
    unknown: int


def begin(conn: Connection, now: datetime, actor: str = ENGINE) -> Restored:
    """From here on the copy is the database. Repeated, it does the same for what has fallen due meanwhile."""
    copied = copied_at(conn)
    set_restored(conn, now)
    count = sum(_park(conn, now))
    since = f"a copy made at {copied.isoformat(timespec='seconds')}" if copied else "an older copy"
    write(conn, [line(now, "ledger", None, "", "restored", f"{since}; {count} deliveries are in doubt", actor)])
    return Restored(copied, count)


def _park(conn: Connection, now: datetime) -> Iterator[int]:
    while rows := conn.execute(_OPEN.where(DELIVERY.c.due_at <= now)).all():
        values = {"reason": REASON, "lease_owner": None, "lease_until": None, "hold": ""}
        advance(conn, [Change(row.id, row.state, State.UNKNOWN, REASON, values) for row in rows], now)
        sending = [row for row in rows if row.state is State.SENDING]
        close_attempts(conn, [closing(row.id, row.fence, now, "no answer") for row in sending])
        yield len(rows)

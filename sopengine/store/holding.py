"""Deliveries that go later by the engine's own will: an address's rate, a gap, a cap. Their window moves along, never
past `useful_until`: that is not lateness (semantics.md S3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, update

from sopengine.store.bulk import run_many
from sopengine.store.journal import line, write
from sopengine.store.tables import DELIVERY

_HOLD = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("id_"))
    .values(
        run_after=bindparam("run_after_", type_=DELIVERY.c.run_after.type),
        expires_at=bindparam("expires_at_", type_=DELIVERY.c.expires_at.type),
        hold=bindparam("hold_"),
        reason=bindparam("reason_"),
    )
)


class Held(NamedTuple):
    """`until` is when it goes on, `since` when it would have gone, `hold` the word for why; `reason` explains."""

    id: int
    since: datetime
    expires_at: datetime
    useful_until: datetime
    until: datetime
    hold: str
    reason: str = ""
    tell: bool = True  # write a line in the log
    fixed: bool = False  # its window stays: after it the channel would not know its key any more


def hold_until(conn: Connection, held: Sequence[Held], now: datetime) -> None:
    run_many(
        conn,
        _HOLD,
        [
            {
                "id_": one.id,
                "hold_": one.hold,
                "reason_": one.reason,
                "run_after_": one.until,
                "expires_at_": one.expires_at
                if one.fixed
                else min(one.expires_at + (one.until - one.since), one.useful_until),
            }
            for one in held
        ],
    )
    told = (one for one in held if one.tell)
    write(conn, (line(now, "delivery", one.id, "planned", "held", _words(one)) for one in told))


def _words(one: Held) -> str:
    return f"{one.reason or one.hold}, until {one.until.isoformat()}"

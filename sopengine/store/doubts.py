"""Unknown deliveries whose channel can be asked what became of them: found, and settled by its answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from sopengine.store.columns import AnyRow
from sopengine.store.dialect import in_states
from sopengine.store.journal import ENGINE, Change, advance
from sopengine.store.plan import chunks
from sopengine.store.rows import State
from sopengine.store.tables import BUCKET, CAMPAIGN, DELIVERY

LOOKED_UP = "looked up"
"""Begins the reasons, and is the `hold`, of what a lookup has settled."""


class Doubt(NamedTuple):
    """`bucket` is `channel/address reference`; `look_after` the earliest moment of the next look."""

    id: int
    fence: int
    key: str
    channel: str
    bucket: str
    since: datetime
    look_after: datetime


class Look(NamedTuple):
    """What a channel said of one delivery. `again`: when to ask anew, of one that it could not tell."""

    doubt: Doubt
    found: Literal["taken", "absent", "no answer"]
    words: str = ""
    again: datetime | None = None


_IN_DOUBT = (
    select(
        DELIVERY.c.id, DELIVERY.c.fence, DELIVERY.c.key, DELIVERY.c.channel, BUCKET.c.name, DELIVERY.c.changed_at,
        DELIVERY.c.run_after,
    )
    .join(BUCKET, BUCKET.c.id == DELIVERY.c.bucket)
    .where(
        in_states(DELIVERY.c.state, State.UNKNOWN),
        DELIVERY.c.channel.in_(bindparam("channels", expanding=True)),
        DELIVERY.c.changed_at > bindparam("since", type_=DELIVERY.c.changed_at.type),
    )
    .order_by(DELIVERY.c.changed_at, DELIVERY.c.id)
)  # fmt: skip
_CURRENT = (
    select(
        DELIVERY.c.id, DELIVERY.c.fence, DELIVERY.c.state, DELIVERY.c.useful_until, CAMPAIGN.c.state.label("campaign")
    )
    .join(CAMPAIGN, CAMPAIGN.c.id == DELIVERY.c.campaign)
    .where(DELIVERY.c.id.in_(bindparam("ids", expanding=True)))
)
_LATER = update(DELIVERY).where(DELIVERY.c.id == bindparam("id_")).values(
    run_after=bindparam("again", type_=DELIVERY.c.run_after.type)
)  # fmt: skip


def in_doubt(conn: Connection, channels: Collection[str], since: datetime) -> list[Doubt]:
    """Unknown since then or later, on these channels; the oldest first."""
    return [Doubt(*row) for row in conn.execute(_IN_DOUBT, {"channels": list(channels), "since": since})]


def looked_up(conn: Connection, looks: Sequence[Look], now: datetime) -> int:
    """Settle what is still as it was when it was asked about; the number of settled ones. What was taken is sent;
    what was not is sent now while it is of use, else it failed."""
    changes = []
    for some in chunks(looks, 500):
        current = {row.id: row for row in conn.execute(_CURRENT, {"ids": [look.doubt.id for look in some]})}
        for look in some:
            row = current[look.doubt.id]
            if row.state is not State.UNKNOWN or row.fence != look.doubt.fence:
                continue
            if look.found == "no answer":
                conn.execute(_LATER, {"id_": row.id, "again": look.again or now})
            else:
                changes.append(_change(row, look, now))
    advance(conn, changes, now, ENGINE)
    return len(changes)


def _change(row: AnyRow, look: Look, now: datetime) -> Change:
    said = f"{LOOKED_UP}: {look.words}" if look.words else LOOKED_UP
    values: dict[str, Any] = {"reason": said}
    if look.found == "taken":
        return Change(row.id, State.UNKNOWN, State.SENT, said, {**values, "sent_at": look.doubt.since})
    values |= {"doubtful": False, "settled": False}
    if row.useful_until <= now or row.campaign == "stopped":
        over = f"{said}; no time left to send it"
        return Change(row.id, State.UNKNOWN, State.FAILED, over, {**values, "reason": over})
    values |= {"run_after": now, "expires_at": row.useful_until, "hold": LOOKED_UP}
    return Change(row.id, State.UNKNOWN, State.PLANNED, said, values)

"""Campaigns of one series, one after the other: those that wait, and what becomes of the one before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import Connection, bindparam, delete, exists, insert, select, union_all

from sopengine.store.campaigns import add_campaign
from sopengine.store.errors import name_taken
from sopengine.store.journal import ENGINE, line, write
from sopengine.store.rows import CampaignRow, QueuedRow
from sopengine.store.stopping import stop
from sopengine.store.tables import CAMPAIGN, QUEUED

UNDER_WAY = ("running", "paused")
_COLUMNS = [QUEUED.c[name] for name in QueuedRow.__struct_fields__]
_BUSY = exists().where(CAMPAIGN.c.series == bindparam("series"), CAMPAIGN.c.state.in_(UNDER_WAY))

_KNOWN = union_all(
    select(CAMPAIGN.c.id).where(CAMPAIGN.c.id == bindparam("name")),
    select(QUEUED.c.id).where(QUEUED.c.id == bindparam("name")),
)


def queued(conn: Connection) -> list[QueuedRow]:
    """In the order in which they were asked for."""
    return [QueuedRow(*row) for row in conn.execute(select(*_COLUMNS).order_by(QUEUED.c.number))]


def add_queued(conn: Connection, row: QueuedRow, after: Collection[str], actor: str) -> None:
    """NameTaken where another start came between the look at the ones before and this commit."""
    _require_free(conn, row.id)
    conn.execute(insert(QUEUED), asdict(row))
    reason = f"begins after {', '.join(after)}"
    write(conn, [line(row.asked_at, "campaign", None, "", "queued", reason, actor, row.id)])


def begin(conn: Connection, row: CampaignRow, now: datetime) -> bool:
    """A campaign that waited is one that runs, in the commit that takes it out of the queue. False where one before it
    is not over, or somebody else was faster."""
    if conn.execute(select(_BUSY), {"series": row.series}).scalar():
        return False
    if not conn.execute(delete(QUEUED).where(QUEUED.c.id == row.id)).rowcount:
        return False
    add_campaign(conn, row, now, ENGINE, before="queued", reason="those before it have ended")
    return True


def _require_free(conn: Connection, name: str) -> None:
    """The name of a start is worked out from what it found: two that found the same want the same one."""
    if conn.execute(_KNOWN, {"name": name}).first() is not None:
        raise name_taken(name)


def unqueue(conn: Connection, campaign: str, now: datetime, actor: str, reason: str) -> bool:
    """It never begins; False where it does not wait."""
    gone = conn.execute(delete(QUEUED).where(QUEUED.c.id == campaign)).rowcount
    if gone:
        write(conn, [line(now, "campaign", None, "queued", "stopped", reason, actor, campaign)])
    return bool(gone)


def take_place(conn: Connection, row: CampaignRow, of: Sequence[str], now: datetime, actor: str) -> None:
    """The others are stopped, and it runs, or nothing happens; NameTaken as in `add_queued`."""
    _require_free(conn, row.id)
    for campaign in of:
        stop(conn, campaign, now, actor, f"{row.id} takes its place")
    add_campaign(conn, row, now, actor)

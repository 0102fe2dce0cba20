"""Pauses begun, ended and looked up. A paused campaign also has that state; see `readiness.RUNNING`."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from sopengine.store.journal import line, write
from sopengine.store.rows import Pause
from sopengine.store.states import require_campaign
from sopengine.store.tables import CAMPAIGN, PAUSE

_PAUSED = select(PAUSE.c.scope, PAUSE.c.name, PAUSE.c.at, PAUSE.c.actor, PAUSE.c.reason).order_by(
    PAUSE.c.scope, PAUSE.c.name
)
SCOPES = ("all", "campaign", "channel", "sends")
"""`sends` holds back the messages of one campaign; its tasks go on."""


class Paused(Struct, frozen=True):
    everything: bool
    channels: tuple[str, ...]


def paused(conn: Connection) -> list[Pause]:
    return [Pause(*row) for row in conn.execute(_PAUSED)]


def closed(conn: Connection) -> Paused:
    pauses = paused(conn)
    return Paused(
        any(p.scope == "all" for p in pauses),
        tuple(p.name for p in pauses if p.scope == "channel"),
    )


def pause(conn: Connection, scope: str, name: str, now: datetime, actor: str, reason: str) -> bool:
    """False where it is paused already, or the campaign does not run."""
    if scope not in SCOPES:
        raise ValueError(scope)
    if conn.execute(select(PAUSE.c.at).where(PAUSE.c.scope == scope, PAUSE.c.name == name)).first():
        return False
    if scope == "campaign" and not _switch(conn, name, "running", "paused"):
        return False
    conn.execute(insert(PAUSE), {"scope": scope, "name": name, "at": now, "actor": actor, "reason": reason})
    write(conn, [line(now, scope, None, "running", "paused", reason, actor, name)])
    return True


def resume(conn: Connection, scope: str, name: str, now: datetime, actor: str, reason: str) -> bool:
    """False where it is not paused."""
    if not conn.execute(delete(PAUSE).where(PAUSE.c.scope == scope, PAUSE.c.name == name)).rowcount:
        return False
    if scope == "campaign":
        _switch(conn, name, "paused", "running")
    write(conn, [line(now, scope, None, "paused", "running", reason, actor, name)])
    return True


def _switch(conn: Connection, campaign: str, before: str, after: str) -> bool:
    require_campaign(before, after)
    change = update(CAMPAIGN).where(CAMPAIGN.c.id == campaign, CAMPAIGN.c.state == before).values(state=after)
    return bool(conn.execute(change).rowcount)

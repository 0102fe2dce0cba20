"""Campaigns and their bundles: stored at the start, changed only in their state and in how far they are planned."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from sopengine.store.dialect import insert_new
from sopengine.store.errors import Damaged
from sopengine.store.journal import line, write
from sopengine.store.rows import CampaignRow
from sopengine.store.states import require_campaign
from sopengine.store.tables import BUNDLE, CAMPAIGN, PAUSE

_ALL = select(*(CAMPAIGN.c[name] for name in CampaignRow.__struct_fields__)).order_by(
    CAMPAIGN.c.started_at, CAMPAIGN.c.id
)
_IN_STATES = _ALL.where(CAMPAIGN.c.state.in_(bindparam("states", expanding=True)))
_ONE = _ALL.where(CAMPAIGN.c.id == bindparam("campaign"))


def add_bundle(conn: Connection, digest: str, content: bytes) -> None:
    conn.execute(insert_new(BUNDLE, ["hash"]), {"hash": digest, "content": content})


def bundle(conn: Connection, digest: str) -> bytes:
    content = conn.execute(select(BUNDLE.c.content).where(BUNDLE.c.hash == digest)).scalar()
    if not isinstance(content, bytes):
        raise Damaged(f"bundle {digest} is not there")
    return content


def add_campaign(
    conn: Connection, row: CampaignRow, now: datetime, actor: str, *, before: str = "", reason: str = ""
) -> None:
    conn.execute(insert(CAMPAIGN), asdict(row))
    write(
        conn, [line(now, "campaign", None, before, row.state, reason or f"started from {row.playbook}", actor, row.id)]
    )


def campaigns(conn: Connection, states: tuple[str, ...] | None) -> list[CampaignRow]:
    found = conn.execute(_ALL) if states is None else conn.execute(_IN_STATES, {"states": states})
    return [CampaignRow(*row) for row in found]


def campaign(conn: Connection, campaign_id: str) -> CampaignRow | None:
    row = conn.execute(_ONE, {"campaign": campaign_id}).first()
    return None if row is None else CampaignRow(*row)


def set_state(conn: Connection, campaign_id: str, state: str, now: datetime, actor: str, reason: str) -> None:
    """To stopped or finished; `pause` and `resume` are the way in and out of paused. Repeating is harmless."""
    if state not in ("stopped", "finished"):
        raise ValueError(f"use pause and resume for {state!r}")
    before = conn.execute(select(CAMPAIGN.c.state).where(CAMPAIGN.c.id == campaign_id)).scalar_one()
    if before == state:
        return
    require_campaign(before, state)
    conn.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id).values(state=state))
    conn.execute(delete(PAUSE).where(PAUSE.c.scope == "campaign", PAUSE.c.name == campaign_id))
    write(conn, [line(now, "campaign", None, before, state, reason, actor, campaign_id)])


def set_planned_until(conn: Connection, campaign_id: str, instant: datetime) -> None:
    conn.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id).values(planned_until=instant))


def bundles(conn: Connection) -> dict[str, bytes]:
    return {row.hash: row.content for row in conn.execute(select(BUNDLE))}

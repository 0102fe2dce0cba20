"""Which deliveries may be sent now: one condition for claiming, holding and waking up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, or_, select

from sopengine.store.columns import Micros
from sopengine.store.dialect import in_states
from sopengine.store.pauses import Paused
from sopengine.store.rows import State
from sopengine.store.tables import BUCKET, CAMPAIGN, DELIVERY, PAUSE

NOW = bindparam("now", type_=Micros)
_leased = DELIVERY.alias("leased")

PLANNED = in_states(DELIVERY.c.state, State.PLANNED)
RUNNING = and_(
    DELIVERY.c.campaign.not_in(select(CAMPAIGN.c.id).where(CAMPAIGN.c.state.in_(("paused", "stopped")))),
    or_(DELIVERY.c.notice.is_(True), DELIVERY.c.campaign.not_in(select(PAUSE.c.name).where(PAUSE.c.scope == "sends"))),
)
"""Asked in this direction, the list is evaluated once a statement, not once a row. A finished campaign has nothing
planned, but for what a person has set going again."""
IN_WINDOW = and_(DELIVERY.c.expires_at >= NOW, DELIVERY.c.useful_until > NOW)
"""Semantics.md S3.1."""
TARGET_FREE = DELIVERY.c.target.not_in(
    select(_leased.c.target).where(in_states(_leased.c.state, State.CLAIMED, State.SENDING))
)
"""Nothing else is on its way to this target: messages to one target start in written order."""
CHANNELS: BindParameter[Any] = bindparam("paused_channels", expanding=True)
BUCKET_NOT_PAUSED = BUCKET.c.channel.not_in(CHANNELS)


def ready() -> ColumnElement[bool]:
    """Planned, its time has come, inside its window, its campaign running, its target free."""
    return and_(PLANNED, DELIVERY.c.run_after <= NOW, IN_WINDOW, RUNNING, TARGET_FREE)


def parameters(now: datetime, paused: Paused) -> dict[str, Any]:
    return {"now": now, "paused_channels": paused.channels}

"""Which deliveries may be sent now: one condition for claiming, holding and waking up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, select

from sopengine.store.columns import Micros
from sopengine.store.dialect import in_states
from sopengine.store.pauses import Paused
from sopengine.store.rows import State
from sopengine.store.tables import BUCKET, DELIVERY

NOW = bindparam("now", type_=Micros)
_leased = DELIVERY.alias("leased")

PLANNED = in_states(DELIVERY.c.state, State.PLANNED)
NOT_PAUSED = DELIVERY.c.campaign.not_in(bindparam("paused_campaigns", expanding=True))
IN_WINDOW = and_(DELIVERY.c.expires_at >= NOW, DELIVERY.c.useful_until > NOW)
"""Semantics.md S3.1."""
TARGET_FREE = DELIVERY.c.target.not_in(
    select(_leased.c.target).where(in_states(_leased.c.state, State.CLAIMED, State.SENDING))
)
"""Nothing else is on its way to this target: messages to one target start in written order."""
BUCKET_NOT_PAUSED = BUCKET.c.channel.not_in(bindparam("paused_channels", expanding=True))


def ready() -> ColumnElement[bool]:
    """Planned, its time has come, inside its window, not paused, its target free."""
    return and_(PLANNED, DELIVERY.c.run_after <= NOW, IN_WINDOW, NOT_PAUSED, TARGET_FREE)


def parameters(now: datetime, paused: Paused) -> dict[str, Any]:
    return {"now": now, "paused_campaigns": paused.campaigns, "paused_channels": paused.channels}

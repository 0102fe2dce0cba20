"""The end of a campaign by a person's word: what is unsent is withdrawn and its tasks are closed, in one commit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from sopengine.store.campaigns import set_state
from sopengine.store.dialect import in_states
from sopengine.store.plan import PLANNED
from sopengine.store.rows import State, Stopping
from sopengine.store.states import WORKABLE
from sopengine.store.tables import DELIVERY, OCCURRENCE, TASK
from sopengine.store.withdrawal import UNSENT, withdraw


def stopping(conn: Connection, campaign: str) -> Stopping:
    """What a stop would take back, and what is on its way and cannot be called back."""
    mine = DELIVERY.c.campaign == campaign

    def count(*which: object) -> int:
        return int(conn.execute(select(func.count()).where(*which)).scalar_one())  # type: ignore[arg-type]

    return Stopping(
        slots=count(OCCURRENCE.c.campaign == campaign, PLANNED),
        messages=count(mine, in_states(DELIVERY.c.state, *UNSENT)),
        tasks=count(TASK.c.campaign == campaign, in_states(TASK.c.state, *WORKABLE)),
        sending=count(mine, in_states(DELIVERY.c.state, State.SENDING)),
    )


def stop(conn: Connection, campaign: str, now: datetime, actor: str, reason: str) -> Stopping:
    found = stopping(conn, campaign)
    said = f"stopped: {reason}"
    withdraw(conn, campaign, now, actor, said)
    set_state(conn, campaign, "stopped", now, actor, reason)
    return found

"""Watched conditions: what each said last, and how often it has become true."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from sopengine.store.dialect import upsert
from sopengine.store.flow_rows import Truth
from sopengine.store.tables import TRUTH

_SET = upsert(TRUTH, ["campaign", "name", "subject"], ["value", "edges", "asked_at"])


def truths(conn: Connection, campaign: str, name: str) -> dict[str, Truth]:
    """By subject."""
    rows = conn.execute(select(TRUTH).where(TRUTH.c.campaign == campaign, TRUTH.c.name == name))
    return {
        r.subject: Truth(r.campaign, r.name, r.subject, None if r.value is None else bool(r.value), r.edges, r.asked_at)
        for r in rows
    }


def set_truth(conn: Connection, truth: Truth) -> None:
    conn.execute(
        _SET,
        {
            "campaign": truth.campaign,
            "name": truth.name,
            "subject": truth.subject,
            "value": None if truth.value is None else int(truth.value),
            "edges": truth.edges,
            "asked_at": truth.asked_at,
        },
    )


def last_asked(conn: Connection, campaign: str, name: str) -> datetime | None:
    query = select(TRUTH.c.asked_at).where(TRUTH.c.campaign == campaign, TRUTH.c.name == name)
    moments = list(conn.execute(query).scalars())
    return max(moments, default=None)

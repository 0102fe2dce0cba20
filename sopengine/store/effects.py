"""What steps do besides sending and asking: stored once by key, and carried out in the same commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from sopengine.store import events, flows, tags
from sopengine.store.flow_rows import Deed, EndScope, Jump, NewEffect, PauseSends, Raise, SetTags
from sopengine.store.journal import line, write
from sopengine.store.pauses import pause
from sopengine.store.plan import chunks
from sopengine.store.tables import EFFECT


def add_effects(conn: Connection, campaign: str, effects: Iterable[NewEffect], now: datetime) -> int:
    """Number of new ones; one that is there already is neither stored nor carried out again."""
    new = 0
    for chunk in chunks(effects, 500):
        by_key = {effect.key: effect for effect in chunk}
        for known in conn.execute(select(EFFECT.c.key).where(EFFECT.c.key.in_(list(by_key)))).scalars().all():
            del by_key[known]
        for effect in by_key.values():
            _add(conn, campaign, effect, now)
        new += len(by_key)
    return new


def _add(conn: Connection, campaign: str, effect: NewEffect, now: datetime) -> None:
    number = conn.execute(
        insert(EFFECT).returning(EFFECT.c.id),
        {
            "key": effect.key,
            "occurrence": effect.occurrence,
            "campaign": campaign,
            "target": effect.target,
            "kind": effect.kind,
            "state": effect.state,
            "result": effect.result,
            "reason": effect.reason,
            "arm": effect.arm,
            "verdict": effect.verdict,
            "at": effect.at,
        },
    ).scalar_one()
    words = (effect.kind, effect.result, effect.reason or effect.verdict)
    write(conn, [line(now, "effect", number, "", effect.state, " ".join(word for word in words if word))])
    carry_out(conn, effect.deeds, now)


def carry_out(conn: Connection, deeds: Sequence[Deed], now: datetime) -> None:
    for deed in deeds:
        match deed:
            case EndScope():
                flows.end_scope(conn, deed, now)
            case Jump():
                flows.jump(conn, deed, now)
            case PauseSends(campaign, reason):
                pause(conn, "sends", campaign, now, "engine", reason)
            case Raise(event):
                events.add_event(conn, event)
            case SetTags(campaign, changes):
                tags.set_tags(conn, changes, now, "engine", campaign)

"""The two commits of a send: the intent before the first byte, the outcome after the answer; both repeat the fence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from sopengine.store.bulk import run_many
from sopengine.store.columns import AnyRow
from sopengine.store.delivery_rows import Intent, Result
from sopengine.store.dialect import one_of
from sopengine.store.fan_out import add_tasks
from sopengine.store.journal import Change, advance
from sopengine.store.rows import State
from sopengine.store.states import ending, word
from sopengine.store.tables import ATTEMPT, DELIVERY

IN_HAND = (State.CLAIMED, State.SENDING, State.UNKNOWN)
"""States in which the holder of the fence has a say; in any other, somebody else has decided meanwhile."""

_CURRENT = select(DELIVERY.c.id, DELIVERY.c.fence, DELIVERY.c.state, DELIVERY.c.campaign, DELIVERY.c.doubtful).where(
    one_of(DELIVERY.c.id, "ids")
)
_OPEN = insert(ATTEMPT)
_CLOSE = (
    update(ATTEMPT)
    .where(ATTEMPT.c.delivery == bindparam("delivery_"), ATTEMPT.c.fence == bindparam("fence_"))
    .values(
        ended_at=bindparam("now_", type_=ATTEMPT.c.ended_at.type),
        outcome=bindparam("outcome_"),
        status=bindparam("status_"),
        excerpt=bindparam("excerpt_"),
    )
)


_RENEW = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("id_"), DELIVERY.c.fence == bindparam("fence_"))
    .values(lease_until=bindparam("until", type_=DELIVERY.c.lease_until.type))
)


def intend(
    conn: Connection, intents: Sequence[Intent], now: datetime, begun: datetime, lease: timedelta | None
) -> set[int]:
    """The deliveries that may be sent now: still claimed, and by this fence. Their text is kept. `begun` is `now` by
    the clock that leases go by; from then on the lease lasts anew, where one is given."""
    current = _current(conn, [intent.id for intent in intents])
    mine = [i for i in intents if i.id in current and _holds(current[i.id], i.fence, (State.CLAIMED,))]
    if not mine:
        return set()
    leased = {} if lease is None else {"lease_until": begun + lease}
    advance(conn, [Change(i.id, State.CLAIMED, State.SENDING, values={"text": i.text, **leased}) for i in mine], now)
    opened = [{"delivery": i.id, "fence": i.fence, "started_at": begun, "outcome": "", "excerpt": ""} for i in mine]
    run_many(conn, _OPEN, opened)
    return {intent.id for intent in mine}


def renew(conn: Connection, held: Sequence[tuple[int, int]], until: datetime) -> set[int]:
    """Of these (id, fence) what its worker still holds; for that the lease ends at `until` now."""
    current = _current(conn, [id_ for id_, _ in held])
    mine = [
        (id_, fence)
        for id_, fence in held
        if id_ in current and _holds(current[id_], fence, (State.CLAIMED, State.SENDING))
    ]
    run_many(conn, _RENEW, [{"id_": id_, "fence_": fence, "until": until} for id_, fence in mine])
    return {id_ for id_, _ in mine}


def record(conn: Connection, results: Sequence[Result], now: datetime) -> set[int]:
    """The deliveries that went on; a late writer, whose fence or state is past, changes nothing."""
    current = _current(conn, [result.id for result in results])
    mine = [
        (result, row)
        for result in results
        if (row := current.get(result.id)) and _holds(row, result.fence, IN_HAND) and row.state is not result.state
    ]
    if not mine:
        return set()
    changes = [_change(result, row, now) for result, row in mine]
    known = {change.id for change in changes if change.after is change.before}  # a late refusal of what stays in doubt
    advance(conn, [change for change in changes if change.id not in known], now)
    sent = [result for result, row in mine if row.state is not State.CLAIMED]
    close_attempts(conn, [closing(r.id, r.fence, now, word(r.state), r.status, r.excerpt) for r in sent])
    for result, row in mine:
        if result.state is State.AWAITING_CONFIRM:
            if result.task is None:
                raise ValueError("a hand-over needs the task that confirms it")
            add_tasks(conn, row.campaign, [result.task], now, delivery=result.id)
    return {result.id for result, _ in mine} - known


def closing(
    delivery: int, fence: int, now: datetime, outcome: str, status: int | None = None, excerpt: str = ""
) -> dict[str, Any]:
    return {
        "delivery_": delivery,
        "fence_": fence,
        "now_": now,
        "outcome_": outcome,
        "status_": status,
        "excerpt_": excerpt,
    }


def close_attempts(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Rows as `closing` makes them."""
    run_many(conn, _CLOSE, rows)


def _change(result: Result, row: AnyRow, now: datetime) -> Change:
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None, "reason": result.reason}
    if result.state is State.PLANNED:
        moments = {"run_after": result.run_after, "expires_at": result.expires_at}
        values |= {name: moment for name, moment in moments.items() if moment is not None}
        values |= {
            "hold": result.reason or "again",
            "doubtful": row.doubtful or result.doubtful,
        }
        return Change(result.id, row.state, State.PLANNED, result.reason, values)
    values |= {"receipt": result.receipt, "settled": result.settled}
    after: State = result.state
    if after in (State.SENT, State.AWAITING_CONFIRM):
        values |= {"sent_at": now}
    elif after is State.FAILED or row.state is State.CLAIMED:  # a refusal now says nothing of the earlier attempt
        after = ending(after, row.doubtful)
    return Change(result.id, row.state, after, result.reason, values)


def _holds(row: AnyRow, fence: int, states: Collection[State]) -> bool:
    return bool(row.fence == fence and row.state in states)


def _current(conn: Connection, ids: Sequence[int]) -> dict[int, AnyRow]:
    return {row.id: row for row in conn.execute(_CURRENT, {"ids": ids})}

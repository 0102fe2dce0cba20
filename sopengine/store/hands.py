"""What a person decides about deliveries that ended in doubt or badly; each use is a line of the completion log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, func, select

from sopengine.diagnostics import Text
from sopengine.errors import SopError, UsageError
from sopengine.store.columns import AnyRow
from sopengine.store.journal import Change, advance
from sopengine.store.rows import Resolved, State
from sopengine.store.states import word
from sopengine.store.tables import ATTEMPT, CAMPAIGN, DELIVERY, TRANSITION
from sopengine.timing.zones import zone

Verdict = Literal["sent", "not-sent", "resend"]
_CAMPAIGN = select(CAMPAIGN.c.state.label("campaign_state"), CAMPAIGN.c.zone).where(
    CAMPAIGN.c.id == bindparam("campaign")
)
AGAIN = "by hand"
"""The `hold` of a delivery that a person has set going again."""


def resolve(conn: Connection, delivery: int, verdict: Verdict, now: datetime, actor: str, reason: str) -> Resolved:
    """An unknown delivery becomes sent, failed or, inside `useful_until`, planned once more. One that is not unknown
    (any more) is left alone, and the answer says who was first. Raises UsageError where there is no such delivery."""
    row = conn.execute(select(DELIVERY).where(DELIVERY.c.id == delivery)).first()
    if row is None:
        raise UsageError(Text(f"没有编号为 {delivery} 的送达", f"there is no delivery {delivery}"))
    if row.state is not State.UNKNOWN:
        return _settled_before(conn, row)
    said = f"{verdict}: {reason}"
    if verdict == "resend":
        refuse_too_late(conn, row, now)
        change = Change(delivery, State.UNKNOWN, State.PLANNED, said, set_going(row, now))
    elif verdict == "sent":
        change = Change(
            delivery, State.UNKNOWN, State.SENT, said, {"reason": said, "sent_at": _last_attempt(conn, row)}
        )
    else:
        change = Change(delivery, State.UNKNOWN, State.FAILED, said, {"reason": said})
    advance(conn, [change], now, actor)
    return Resolved(True, State(change.after), actor, now, said)


def set_going(row: AnyRow, now: datetime) -> dict[str, Any]:
    """Columns of a delivery that may be sent from now on until it is of no use. Whether an earlier attempt may have
    been taken stays known."""
    return {
        "run_after": now,
        "expires_at": row.useful_until,
        "hold": AGAIN,
        "doubtful": row.doubtful or row.state is State.UNKNOWN,
        "settled": False,
        "lease_owner": None,
        "lease_until": None,
    }


def too_late(row: AnyRow, campaign: AnyRow, now: datetime) -> Text | None:
    """Why nothing of it may go out any more; None while it may. `campaign` has its `campaign_state` and `zone`."""
    if campaign.campaign_state == "stopped":
        return Text("活动已停止", "its campaign was stopped")
    if row.useful_until <= now:
        until = row.useful_until.astimezone(zone(campaign.zone)).isoformat(timespec="minutes")
        return Text(f"有效期到 {until} 为止", f"it was of use until {until}")
    return None


def refuse_too_late(conn: Connection, row: AnyRow, now: datetime) -> None:
    campaign = conn.execute(_CAMPAIGN, {"campaign": row.campaign}).one()
    if why := too_late(row, campaign, now):
        raise SopError(
            Text(f"送达 {row.id} 不能再发：{why.zh}", f"delivery {row.id} cannot be sent again: {why.en}"),
            Text("用 --sent 或 --not-sent 记下实情", "record what happened with --sent or --not-sent"),
        )


def _settled_before(conn: Connection, row: AnyRow) -> Resolved:
    last = conn.execute(
        select(TRANSITION.c.actor, TRANSITION.c.at)
        .where(TRANSITION.c.entity == "delivery", TRANSITION.c.ref == row.id, TRANSITION.c.after == word(row.state))
        .order_by(TRANSITION.c.id.desc())
        .limit(1)
    ).first()
    actor, at = (last.actor, last.at) if last else ("", row.changed_at)
    return Resolved(False, row.state, actor, at, row.reason)


def _last_attempt(conn: Connection, row: AnyRow) -> datetime:
    """When it went out: at its newest attempt."""
    at: datetime | None = conn.execute(
        select(func.max(ATTEMPT.c.started_at)).where(ATTEMPT.c.delivery == row.id)
    ).scalar()
    return at or row.changed_at

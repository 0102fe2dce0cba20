"""Plan ahead: the occurrences of running campaigns, stored up to a rolling horizon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sopengine import failpoints
from sopengine.engine.campaigns import Running
from sopengine.engine.rows import to_row
from sopengine.planning.occurrences import plan
from sopengine.store.rows import CampaignRow
from sopengine.store.store import Store

HORIZON = timedelta(days=14)
ALL = datetime(9000, 1, 1, tzinfo=UTC)
"""A campaign with an end is planned as a whole: a step may come long after it (`after: x + 30d`)."""


def plan_ahead(store: Store, running: Running, now: datetime) -> int:
    """Store what is due up to the horizon, when less than half of it is stored; all of it where the campaign has an
    end. Returns the number of new rows.

    The window begins where the last one ended, so slots of a time when nothing ran are stored too, and judged late.
    """
    planned, turn = running.row.planned_until, next_planning(running.row)
    if planned is not None and (turn is None or turn > now):
        return 0
    begin = planned or datetime.min.replace(tzinfo=UTC)
    end = now + HORIZON if running.row.ends_at is None else ALL
    occurrences = plan(running.campaign, running.frozen, begin, end)
    new = store.add_occurrences((to_row(o) for o in occurrences), now)
    failpoints.reached("in_plan")
    store.set_planned_until(running.row.id, end)
    return new


def next_planning(row: CampaignRow) -> datetime | None:
    """When more of this campaign has to be planned; None when all of it is, or nothing yet."""
    if row.planned_until is None or row.ends_at is not None:
        return None
    return row.planned_until - HORIZON / 2

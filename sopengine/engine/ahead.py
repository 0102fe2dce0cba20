"""Plan ahead: the occurrences of running campaigns, stored up to a rolling horizon."""

from __future__ import annotations

from datetime import datetime, timedelta

from sopengine.engine.campaigns import Running
from sopengine.engine.rows import to_row
from sopengine.planning.occurrences import plan
from sopengine.store.store import Store

HORIZON = timedelta(days=14)


def plan_ahead(store: Store, running: Running, now: datetime) -> int:
    """Store what is due up to the horizon, when less than half of it is stored. Returns the number of new rows.

    The window begins where the last one ended, so slots of a time when nothing ran are stored too, and judged late.
    """
    planned = running.row.planned_until
    begin = datetime.min.replace(tzinfo=now.tzinfo) if planned is None else planned
    if planned is not None and planned > now + HORIZON / 2:
        return 0
    end = now + HORIZON
    occurrences = plan(running.campaign, running.frozen, begin, end)
    new = store.add_occurrences((to_row(o) for o in occurrences), now)
    store.set_planned_until(running.row.id, end)
    return new

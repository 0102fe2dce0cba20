"""Plan ahead: the occurrences of running campaigns, stored up to a rolling horizon."""

from __future__ import annotations

from datetime import datetime, timedelta

from sopengine.engine.campaigns import Running
from sopengine.engine.rows import to_row
from sopengine.planning.occurrences import plan
from sopengine.store.rows import CampaignRow
from sopengine.store.store import Store

HORIZON = timedelta(days=14)
NIGHT_AFTER = timedelta(days=2)
"""A slot in the night after the last day still belongs to the campaign, so planning goes this far past its end."""


def plan_ahead(store: Store, running: Running, now: datetime) -> int:
    """Store what is due up to the horizon, when less than half of it is stored. Returns the number of new rows.

    The window begins where the last one ended, so slots of a time when nothing ran are stored too, and judged late.
    """
    planned = running.row.planned_until
    begin = datetime.min.replace(tzinfo=now.tzinfo) if planned is None else planned
    if planned is not None and (planned > now + HORIZON / 2 or next_planning(running.row) is None):
        return 0
    end = now + HORIZON
    occurrences = plan(running.campaign, running.frozen, begin, end)
    new = store.add_occurrences((to_row(o) for o in occurrences), now)
    store.set_planned_until(running.row.id, end)
    return new


def next_planning(row: CampaignRow) -> datetime | None:
    """When more of this campaign has to be planned; None when all of it is."""
    if row.planned_until is None or (row.ends_at is not None and row.planned_until >= row.ends_at + NIGHT_AFTER):
        return None
    return row.planned_until - HORIZON / 2

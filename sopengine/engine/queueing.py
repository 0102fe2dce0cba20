"""`overlap: queue(n)`: when a campaign has ended, the one that waits for it begins."""

from __future__ import annotations

import logging
from datetime import datetime

from msgspec.structs import replace

from sopengine.engine.ahead import plan_ahead
from sopengine.engine.bundle import unpack
from sopengine.engine.campaigns import Campaigns
from sopengine.store.rows import CampaignRow
from sopengine.store.store import Store

log = logging.getLogger(__name__)


def begin_queued(store: Store, campaigns: Campaigns, now: datetime) -> int:
    """Returns how many began. Its start is the moment at which it begins: what would have been before is left out, as
    with `start --skip-past`."""
    begun = 0
    tried: set[str] = set()
    for one in store.queued():
        if one.series in tried:
            continue
        tried.add(one.series)
        row = CampaignRow(
            id=one.id,
            playbook=one.playbook,
            title=one.title,
            bundle=one.bundle,
            zone=one.zone,
            state="running",
            started_at=now,
            started_by=one.asked_by,
            planned_until=None,
            ends_at=None,
            series=one.series,
        )
        made = campaigns.made(row, unpack(store.bundle(one.bundle)))
        row = replace(row, ends_at=made.frozen.calendars.span(one.zone).end)
        if store.begin_queued(row, now):
            plan_ahead(store, campaigns.running(row), now)
            log.info("campaign %s begins: those before it have ended", one.id)
            begun += 1
    return begun

"""Events that start journeys: each new event is matched once with every running campaign's welcome."""

from __future__ import annotations

from datetime import datetime

from sopengine.engine.campaigns import Campaigns
from sopengine.engine.rows import to_row
from sopengine.planning.journeys import enrol
from sopengine.store.rows import EventRow
from sopengine.store.store import Store

BATCH = 500


def enrol_new(store: Store, campaigns: Campaigns, now: datetime) -> int:
    """Returns how many enrolments were made. An event about somebody in no audience is marked, and starts nothing."""
    made = 0
    while events := store.new_events(BATCH):
        running = [campaigns.running(row) for row in store.campaigns(("running", "paused"))]
        for event in events:
            enrolments = []
            for one in running:
                journey = one.campaign.playbook.welcome
                if journey is None or journey.on_event != event.name:
                    continue
                targets = campaigns.live_or_frozen(one)
                subject = targets.subject(event.subject)
                if subject is None:
                    continue
                zone = targets.subject_zone(event.subject)
                found = enrol(one.campaign, journey, subject, zone, event_data(event), str(event.id), event.at)
                if found:
                    enrolments.append((one.row.id, journey.name, [to_row(o) for o in found]))
            made += len(enrolments)
            store.enrol(event, enrolments, now)
        if len(events) < BATCH:
            break
    return made


def event_data(event: EventRow) -> dict[str, object]:
    """What templates see as `event`: its data, and for members joining or leaving who they are (`event.members`)."""
    data = dict(event.data)
    if event.name.startswith("member."):
        data.setdefault("members", [{"id": data.get("member", ""), "name": data.get("name", "")}])
    return data

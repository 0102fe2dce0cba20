"""Planned deliveries whose table has no row for them, or several → findings that name the slot and the cell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sopengine.diagnostics import Diagnostic, Text
from sopengine.language.document import Document
from sopengine.language.model import Send
from sopengine.planning.deliveries import fan_out
from sopengine.planning.model import Campaign, PlannedDelivery
from sopengine.planning.occurrences import plan
from sopengine.planning.targets import Targets
from sopengine.timing.zones import zone as zone_named


def finding(delivery: PlannedDelivery, document: Document) -> Diagnostic | None:
    lookup = delivery.lookup
    problem = lookup.problem if lookup else None
    if lookup is None or problem is None:
        return None
    slot = _slot(delivery)
    message = Text(f"{slot.zh}：{problem.zh}", f"{slot.en}: {problem.en}")
    if not lookup.rows:
        help = Text("在表里补上这一行，或者去掉这个时点", "Add the row, or take the slot away")
        return Diagnostic("SOP-D610", message, document.place((*lookup.path, "table")), help, lookup.path)
    help = Text("每个时点正好一行：改一处，或者删一行", "Exactly one row for each slot: change one, or delete one")
    return Diagnostic("SOP-D611", message, lookup.rows[1].keys[0].place, help, lookup.path)


def findings_until(campaign: Campaign, document: Document, end: datetime) -> Iterator[Diagnostic]:
    """Of every slot from the start to `end`, each wrong lookup once."""
    told: set[tuple[str, tuple[object, ...]]] = set()
    targets = Targets(campaign)
    for occurrence in plan(campaign, targets, campaign.start, end):
        action = occurrence.step.action
        if not isinstance(action, Send) or action.message.table is None:
            continue
        for delivery in fan_out(campaign, targets, occurrence):
            found = None if delivery.skip else finding(delivery, document)
            if found is None or delivery.lookup is None:
                continue
            key = (delivery.lookup.table.file, delivery.lookup.values)
            if key not in told:
                told.add(key)
                yield found


def _slot(delivery: PlannedDelivery) -> Text:
    occurrence = delivery.occurrence
    local = f"{occurrence.due_at.astimezone(zone_named(occurrence.zone)):%Y-%m-%d %H:%M}"
    step, target = occurrence.step.id, delivery.target_id
    return Text(f"步骤 {step} {local} 给 {target}", f"step {step} at {local} for {target}")

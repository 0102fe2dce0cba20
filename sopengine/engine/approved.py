"""The words that were approved before those that wait now: found by their hash in the versions of their campaign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sopengine.engine.bundle import Bundle, unpack
from sopengine.engine.campaigns import Campaigns, Running, campaign_from
from sopengine.planning.approvals import Approval, approvals_of
from sopengine.planning.model import Campaign
from sopengine.store.rows import TaskState
from sopengine.store.store import Store


class Approved(NamedTuple):
    """What somebody approved last, and the version of the campaign that said it."""

    approval: Approval
    campaign: Campaign
    bundle: Bundle
    version: str  # the hash of the bundle
    by: str
    at: datetime


def last_approved(store: Store, campaigns: Campaigns, running: Running, approval: Approval) -> Approved | None:
    """Of the same step, by its id or its old one, or of the whole campaign; None where nothing was."""
    campaign = running.row.id
    decided = {row.key: row for row in store.approvals(campaign) if row.state is TaskState.DONE}
    if not decided:
        return None
    step = running.steps.get(approval.step)
    names = {approval.step, step.was} if step is not None and step.was else {approval.step}
    found = []
    for hash_, bundle, version in _versions(store, campaigns, running):
        for known in approvals_of(version, bundle.files):
            row = decided.get(known.key(campaign))
            if row is not None and known.step in names:
                found.append(Approved(known, version, bundle, hash_, row.by, row.at))
    return max(found, key=lambda one: one.at, default=None)


def _versions(store: Store, campaigns: Campaigns, running: Running) -> Iterator[tuple[str, Bundle, Campaign]]:
    """Each bundle that the campaign went by, as it is read now, and as it was before events confirmed its anchors."""
    row = running.row
    for hash_ in dict.fromkeys([row.bundle, *(version.before for version in reversed(store.versions(row.id)))]):
        bundle = unpack(store.bundle(hash_))
        yield hash_, bundle, campaigns.made(row, bundle).campaign
        if running.campaign.confirmed:
            yield hash_, bundle, campaign_from(row, bundle)

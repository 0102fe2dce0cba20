"""The campaigns of a store → what may be told to it: events with their fields, metrics that take values."""

from __future__ import annotations

from msgspec import Struct, field

from sopengine.engine.bundle import unpack
from sopengine.engine.campaigns import campaign_from
from sopengine.language.feed.readings import Takes
from sopengine.language.named import Fields, Metric
from sopengine.planning.belonging import Belonging
from sopengine.planning.model import Campaign
from sopengine.planning.targets import Targets
from sopengine.store.store import Store

STATES = ("running", "paused")


class Vocabulary(Struct, frozen=True):
    """`events` are those that playbooks declare, beside the built-in ones."""

    events: dict[str, Fields] = field(default_factory=dict)
    metrics: dict[str, Takes] = field(default_factory=dict)


def vocabulary(store: Store) -> Vocabulary:
    """Of campaigns that run or are paused, else of all there were. Where several declare one name differently, the one
    started last."""
    rows = store.campaigns(STATES) or store.campaigns()
    found = Vocabulary()
    for row in rows:
        campaign = campaign_from(row, unpack(store.bundle(row.bundle)))
        for name, fields in campaign.playbook.events.items():
            found.events[name] = {**found.events.get(name, {}), **fields}
        belonging = Belonging(Targets(campaign))
        found.metrics.update({m.name: takes(campaign, m, belonging) for m in campaign.playbook.metrics.values()})
    return found


def takes(campaign: Campaign, metric: Metric, belonging: Belonging) -> Takes:
    if metric.kind != "source":
        return Takes(computed=f"{metric.kind}: {metric.of}")
    return Takes(metric.per, belonging.known(metric.per) if metric.per else ())

"""The ledger → numbers for Prometheus: names and units by its conventions (base units, `_total` for what only grows).

Counters are the entries of the completion log, so they outlive a restart; what was counted once is not read again.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sopengine import __version__
from sopengine.store.store import Store

STATES = ("sent", "awaiting_confirm", "confirmed", "failed", "unknown", "missed", "skipped", "withdrawn")
BUCKETS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)


class Numbers(Collector):
    """Collected from several threads by turns; each collection is one reading of the ledger as it is then."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._counting = threading.Lock()
        self._line, self._states = 0, Counter[str]()
        self._within, self._sent, self._late_seconds = [0] * len(BUCKETS), 0, 0.0

    def collect(self) -> Iterator[Metric]:
        with self._counting:
            yield InfoMetricFamily("sopengine", "The version that answers.", {"version": __version__})
            yield from self._counted()
            yield from self._gauges()

    def _counted(self) -> Iterator[Metric]:
        ends = self._store.ends(self._line, BUCKETS)
        self._line = ends.until
        self._states.update(ends.states)
        self._within = [old + new for old, new in zip(self._within, ends.within, strict=True)]
        self._sent, self._late_seconds = self._sent + ends.sent, self._late_seconds + ends.late_seconds
        about = "Deliveries that came into a state, as the completion log has it."
        deliveries = CounterMetricFamily("sopengine_deliveries", about, labels=["state"])
        for state in STATES:
            deliveries.add_metric([state], self._states[state])
        yield deliveries
        about = "How long after its due time a message was sent."
        lateness = HistogramMetricFamily("sopengine_lateness_seconds", about)
        rows = [*zip(map(str, BUCKETS), map(float, self._within), strict=True), ("+Inf", float(self._sent))]
        lateness.add_metric([], rows, self._late_seconds)
        yield lateness

    def _gauges(self) -> Iterator[Metric]:
        found = self._store.vitals(self._now())
        campaigns = GaugeMetricFamily("sopengine_campaigns", "Campaigns by state.", labels=["state"])
        for state in ("running", "paused", "finished", "stopped"):
            campaigns.add_metric([state], found.campaigns.get(state, 0))
        yield campaigns
        about = "Failed and unknown deliveries that wait for a person."
        needs = GaugeMetricFamily("sopengine_deliveries_unsettled", about, labels=["state"])
        for state, number in found.needs.items():
            needs.add_metric([state], number)
        yield needs
        for name, about, value in (
            ("deliveries_due", "Planned deliveries whose time has come.", found.due),
            ("parked_addresses", "Addresses that rest, as their platform asked.", found.parked),
            ("pauses", "Pauses that hold.", found.pauses),
            ("tasks_open", "Tasks that are open.", found.open_tasks),
            ("tasks_overdue", "Open tasks past their time.", found.overdue_tasks),
        ):
            yield GaugeMetricFamily(f"sopengine_{name}", about, value)
        for name, about, moment in (
            ("last_pass", "When something was last at work.", found.seen_at),
            ("next_due", "When something is due next.", found.next_due),
            ("oldest_due", "Since when the oldest planned delivery that is due has waited.", found.oldest_due),
        ):
            gauge = GaugeMetricFamily(f"sopengine_{name}_timestamp_seconds", about)
            if moment is not None:  # a number that is not known is left out, not zero
                gauge.add_metric([], moment.timestamp())
            yield gauge


def registry(store: Store, now: Callable[[], datetime]) -> CollectorRegistry:
    made = CollectorRegistry(auto_describe=False)
    made.register(Numbers(store, now))
    return made


def exposition(store: Store, now: Callable[[], datetime]) -> str:
    """The text that Prometheus reads."""
    return generate_latest(registry(store, now)).decode()

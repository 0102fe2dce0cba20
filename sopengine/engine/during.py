"""What running campaigns say about each other, as the engine meets it: at fan-out, and again when sending."""

from __future__ import annotations

from collections.abc import Iterator

from sopengine.engine.campaigns import Campaigns, Running
from sopengine.engine.scopes import PLAYBOOK, has_ended
from sopengine.errors import SopError
from sopengine.language.model import Phase
from sopengine.planning.during import Ruling, Rulings, Shared, said_instead, target_of
from sopengine.planning.model import PlannedDelivery
from sopengine.planning.targets import Targets
from sopengine.store.store import Store

SPEAKING = ("running", "paused")
"""A paused campaign still says what it says; one that has ended does not."""


class DuringOthers:
    """Which campaigns run, and what of them has ended, is looked up once a pass; `begin_pass` forgets it. The targets
    of phases that were fixed at the start are kept."""

    def __init__(self, store: Store, campaigns: Campaigns) -> None:
        self._store, self._campaigns = store, campaigns
        self._rulings: Rulings | None = None
        self._fixed: dict[tuple[str, str], Ruling] = {}
        self._ended: dict[str, dict[tuple[str, str], str]] = {}
        self._shared: Shared = {}

    def begin_pass(self) -> None:
        self._rulings = None
        self._ended.clear()
        self._shared.clear()

    def applied(self, running: Running, targets: Targets, planned: PlannedDelivery) -> PlannedDelivery:
        return self.rulings().applied(running.campaign, targets, planned)

    def rulings(self) -> Rulings:
        if self._rulings is None:
            self._rulings = Rulings(self._running())
        return self._rulings

    def again(self, reference: str, running: Running, planned: PlannedDelivery) -> PlannedDelivery | None:
        """What was decided at fan-out, once more for sending; None where the other campaign cannot be read."""
        if not reference:
            return planned
        campaign, name, message = reference.split("/")
        try:
            other = self._campaigns.by_id(campaign)
        except SopError:
            return None
        phase = next((phase for phase in other.campaign.playbook.phases if phase.name == name), None)
        if phase is None or message not in other.campaign.playbook.messages:
            return None
        whom = target_of(running.frozen, planned)
        return said_instead(planned, self._ruling(other, phase), message, whom, self._shared)

    def _running(self) -> Iterator[Ruling]:
        for row in self._store.campaigns(SPEAKING):
            running = self._campaigns.running(row)
            yield from (self._ruling(running, phase) for phase in running.campaign.playbook.phases if phase.during)

    def _ruling(self, running: Running, phase: Phase) -> Ruling:
        key = (running.row.id, phase.name)
        if any(running.is_live(step) for step in phase.steps):
            return self._made(running, self._campaigns.live_or_frozen(running), phase)
        if key not in self._fixed:
            self._fixed[key] = self._made(running, running.frozen, phase)
        return self._fixed[key]

    def _made(self, running: Running, targets: Targets, phase: Phase) -> Ruling:
        def ended(target: str) -> bool:
            campaign = running.row.id
            if campaign not in self._ended:
                self._ended[campaign] = self._store.ended(campaign)
            return bool(has_ended(self._ended[campaign], (PLAYBOOK, f"phase:{phase.name}"), target))

        return Ruling(targets, phase, ended)

"""A task of the store → what its form asks for."""

from __future__ import annotations

from sopengine.engine.bundle import unpack
from sopengine.engine.campaigns import campaign_from
from sopengine.language.model import Fields
from sopengine.store.rows import TaskRow
from sopengine.store.store import Store


class Forms:
    """Each campaign is unpacked once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._of: dict[str, dict[str, Fields]] = {}

    def form(self, task: TaskRow) -> Fields:
        """Empty for a hand-over, which only asks for its message to be posted."""
        return {} if task.delivery is not None else self._forms(task.campaign).get(task.step, {})

    def _forms(self, campaign: str) -> dict[str, Fields]:
        if campaign not in self._of:
            row = self._store.campaign(campaign)
            assert row is not None
            playbook = campaign_from(row, unpack(self._store.bundle(row.bundle))).playbook
            self._of[campaign] = {step.id: step.form for step in playbook.steps()}
        return self._of[campaign]

"""A task of the store → what its form asks for, and the script that goes with it."""

from __future__ import annotations

from collections.abc import Mapping

from sopengine.engine.bundle import unpack
from sopengine.engine.campaigns import campaign_from
from sopengine.language.model import Step
from sopengine.language.named import Fields
from sopengine.store.rows import TaskRow
from sopengine.store.store import Store


class Forms:
    """Each campaign is unpacked once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._of: dict[str, Mapping[str, Step]] = {}

    def form(self, task: TaskRow) -> Fields:
        """Empty for a hand-over, which only asks for its message to be posted."""
        step = self._step(task)
        return step.form if step else {}

    def script(self, task: TaskRow) -> str:
        """ "" where its step names none, or several of which the task does not tell one."""
        step = self._step(task)
        return step.scripts[0] if step and len(step.scripts) == 1 else ""

    def role(self, task: TaskRow) -> str:
        """The role that has it now; "" for a hand-over of a message, which no role was asked for."""
        step = self._step(task)
        return task.role or (step.to if step else "")

    def _step(self, task: TaskRow) -> Step | None:
        if task.delivery is not None:
            return None
        if task.campaign not in self._of:
            row = self._store.campaign(task.campaign)
            assert row is not None
            playbook = campaign_from(row, unpack(self._store.bundle(row.bundle))).playbook
            self._of[task.campaign] = {step.id: step for step in playbook.steps()}
        step = self._of[task.campaign].get(task.step)
        return None if step is None else step.arm(task.arm)

"""What the script of a rehearsal lets people do with tasks, approvals and doubtful deliveries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sopengine.diagnostics import Text
from sopengine.engine.forms import Forms
from sopengine.errors import Refused
from sopengine.language.feed.forms import FormMistake, filled_in
from sopengine.language.rehearsal import Happening
from sopengine.language.rehearsal_names import WHOLE
from sopengine.language.values import as_text
from sopengine.store.leaving_out import LeftOut
from sopengine.store.rows import State, TaskRow
from sopengine.store.states import WORKABLE
from sopengine.store.store import Store

ACTOR = "rehearsal"


class Hands:
    """Each deed names a step; Refused where there is nothing of it that could be done."""

    def __init__(self, store: Store, zone_name: str) -> None:
        self._store, self._zone = store, zone_name
        self._deeds: dict[str, Callable[[Happening, str, datetime], Any]] = {
            "done": self._done,
            "ack": self._ack,
            "decline": self._decline,
            "hand_over": self._hand_over,
            "approve": self._approve,
            "reject": self._reject,
            "skip": self._skip,
            "resolve": self._resolve,
        }

    def can(self, kind: str) -> bool:
        return kind in self._deeds

    def carry_out(self, one: Happening, campaign: str, now: datetime) -> None:
        self._deeds[one.kind](one, campaign, now)

    def _done(self, one: Happening, campaign: str, now: datetime) -> None:
        forms = Forms(self._store)
        given = {name: as_text(value) for name, value in (one.said.get("fields") or {}).items()}
        for task in self._tasks(one):
            try:
                values = filled_in(forms.form(task), given, self._zone)
            except FormMistake as mistake:
                raise Refused(mistake.message) from None
            self._store.complete_task(task.id, now, _by(one), values)

    def _ack(self, one: Happening, campaign: str, now: datetime) -> None:
        for task in self._tasks(one):
            self._store.acknowledge_task(task.id, now, _by(one))

    def _decline(self, one: Happening, campaign: str, now: datetime) -> None:
        for task in self._tasks(one):
            self._store.decline_task(task.id, now, _by(one), one.text("reason"))

    def _hand_over(self, one: Happening, campaign: str, now: datetime) -> None:
        moved = self._store.hand_over_tasks(None, one.what, one.text("to"), now, _by(one), one.text("reason"))
        _some(one, moved, Text(f"{one.what} 手上没有任务", f"{one.what} has no tasks"))

    def _approve(self, one: Happening, campaign: str, now: datetime) -> None:
        for task in self._approvals(one):
            self._store.complete_task(task.id, now, _by(one))

    def _reject(self, one: Happening, campaign: str, now: datetime) -> None:
        for task in self._approvals(one):
            self._store.decline_task(task.id, now, _by(one), one.text("reason"))

    def _skip(self, one: Happening, campaign: str, now: datetime) -> None:
        self._store.leave_out(LeftOut(campaign, one.what, "", one.text("target")), now, _by(one), one.text("reason"))

    def _resolve(self, one: Happening, campaign: str, now: datetime) -> None:
        whom = one.text("target")
        needs = [need for need in self._store.needs() if need.step == one.what and whom in ("", need.target)]
        unknown = [need for need in needs if need.state is State.UNKNOWN]
        _some(one, unknown, Text(f"步骤 {one.what} 没有不确定的送达", f"step {one.what} has nothing that is unknown"))
        for need in unknown:
            self._store.resolve(need.id, one.said["as"], now, _by(one), one.text("reason"))

    def _tasks(self, one: Happening) -> list[TaskRow]:
        whom = one.text("target")
        tasks = [task for task in self._workable() if task.step == one.what and whom in ("", task.target)]
        whose = f" ({whom})" if whom else ""
        nothing = Text(
            f"步骤 {one.what}{whose} 没有可以做的任务", f"step {one.what}{whose} has no task that could be done"
        )
        return _some(one, [task for task in tasks if not task.approves], nothing)

    def _approvals(self, one: Happening) -> list[TaskRow]:
        tasks = [task for task in self._workable() if task.approves and one.what in (WHOLE, task.step)]
        nothing = Text(f"{one.what} 没有等着批准的文字", f"{one.what} has no words that wait for approval")
        return _some(one, tasks, nothing)

    def _workable(self) -> list[TaskRow]:
        return self._store.tasks(WORKABLE)


def _by(one: Happening) -> str:
    return one.text("by") or ACTOR


def _some(one: Happening, found: Sequence[Any], nothing: Text) -> list[Any]:
    if not found:
        raise Refused(Text(f"{one.at}：{nothing.zh}", f"{one.at}: {nothing.en}"))
    return list(found)

"""Timers of tasks that are due → reminders and escalations: a notice to whoever has the task then, or is to have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from sopengine.engine.addresses import Addresses
from sopengine.engine.campaigns import Campaigns
from sopengine.engine.holders import Holder, Holders
from sopengine.engine.rows import to_occurrence
from sopengine.engine.timers import waiting_timers
from sopengine.engine.wording import is_chinese
from sopengine.language.model import Escalation, Task
from sopengine.planning.identity import timer_key
from sopengine.store.delivery_rows import NewDelivery
from sopengine.store.reasons import late
from sopengine.store.reminding import Fired, Told
from sopengine.store.rows import DueTimer, TaskRow
from sopengine.store.store import Store
from sopengine.store.values import plain
from sopengine.timing.zones import zone

USEFUL = timedelta(hours=24)
"""How long a notice about an overdue task, or one without a limit, is worth sending."""


class Reminding:
    def __init__(self, store: Store, campaigns: Campaigns, addresses: Addresses) -> None:
        self._store, self._campaigns, self._addresses = store, campaigns, addresses
        self._holders = Holders(store, campaigns)

    def due(self, now: datetime) -> int:
        """Returns how many timers ended. Of several reminders of one task that are found late only the last is sent."""
        by_task: dict[int, list[DueTimer]] = defaultdict(list)
        for timer in self._store.due_timers(now):
            by_task[timer.task.id].append(timer)
        return sum(self._task(timers, now) for timers in by_task.values())

    def _task(self, timers: Sequence[DueTimer], now: datetime) -> int:
        last = max((t.id for t in timers if t.kind == "remind"), default=0, key=lambda id_: _when(timers, id_))
        count = 0
        for timer in timers:
            task = self._store.task(timer.task.id)  # as the timer before has left it
            assert task is not None
            match timer.kind:
                case "remind":
                    fired = self._reminded(timer, task, now, timer.id == last)
                case "escalate":
                    fired = self._escalated(timer, task, now)
                case _:
                    fired = self._opened(timer, task, now)
            self._addresses.ensure(fired.deliveries, now)
            count += self._store.fire(fired, now)
        return count

    def _reminded(self, timer: DueTimer, task: TaskRow, now: datetime, last: bool) -> Fired:
        until = task.due_at or timer.at + USEFUL
        if now >= until or not last:
            why = late(now, timer.at) if now >= until else "a later reminder is due"
            return Fired(timer.id, task, task, "missed", [Told("missed", f"reminder: {why}")])
        holder = self._holders.of(task)
        notice = self._notice(timer, task, holder, until, now, _words(task, holder, self._zone(task)))
        told = [Told("reminded", _to(holder))]
        if holder.person != task.person:
            told.insert(0, Told("reassigned", f"{task.person or '-'} → {holder.person}, as the list has it now"))
        return Fired(timer.id, task, replace(task, person=holder.person), "fired", told, notice)

    def _escalated(self, timer: DueTimer, task: TaskRow, now: datetime) -> Fired:
        rule = self._rule(timer, task)
        other = self._holders.of_role(task, rule.to)
        if not other.person:
            told = [Told("escalated", f"to {rule.to}: nobody answers for it")]
            return Fired(timer.id, task, replace(task, escalated=True), "fired", told)
        text = _escalation_words(task, rule, self._zone(task))
        notice = self._notice(timer, task, other, now + USEFUL, now, text)
        told = [Told("escalated", f"to {rule.to}: {_to(other)}")]
        if rule.how != "reassign":
            return Fired(timer.id, task, replace(task, escalated=True), "fired", told, notice)
        told.append(Told("reassigned", f"{task.person or '-'} → {other.person}"))
        after = replace(task, person=other.person, role=rule.to, handed_over=False, escalated=True)
        return Fired(timer.id, task, after, "fired", told, notice)

    def _opened(self, timer: DueTimer, task: TaskRow, now: datetime) -> Fired:
        """A missed task is work now: its holder is told as of any other, and it gets the timers that it lacked."""
        running = self._campaigns.by_id(task.campaign)
        row = self._store.occurrences([task.occurrence])[task.occurrence]
        occurrence = replace(to_occurrence(row, running.steps[row.step]), step=running.steps[row.step].arm(task.arm))
        timers = waiting_timers(running.campaign, occurrence, now, task.due_at)
        holder = self._holders.of(task)
        notice = self._notice(timer, task, holder, max(task.due_at or now, now + USEFUL), now, task.title)
        told = []
        if holder.person != task.person:
            told = [Told("reassigned", f"{task.person or '-'} → {holder.person}, as the list has it now")]
        return Fired(timer.id, task, replace(task, person=holder.person), "fired", told, notice, timers)

    def _rule(self, timer: DueTimer, task: TaskRow) -> Escalation:
        action = self._campaigns.by_id(task.campaign).steps[task.step].arm(task.arm).action
        assert isinstance(action, Task)
        return action.escalate[timer.number]

    def _zone(self, task: TaskRow) -> str:
        return self._store.occurrences([task.occurrence])[task.occurrence].zone

    def _notice(
        self, timer: DueTimer, task: TaskRow, holder: Holder, until: datetime, now: datetime, text: str
    ) -> list[NewDelivery]:
        if not holder.channel:
            return []
        return [
            NewDelivery(
                key=timer_key(task.key, timer.kind, timer.number, holder.person),
                occurrence=task.occurrence,
                target=task.target,
                channel=holder.channel,
                bucket=holder.bucket,
                due_at=now,
                expires_at=until,
                useful_until=until,
                row=plain(holder.row),
                about=plain(self._holders.subject(task)),
                notice=True,
                arm=task.arm,
                task=task.key,
                person=holder.person,
                says=text,
            )
        ]


def _when(timers: Sequence[DueTimer], id_: int) -> datetime:
    return next(timer.at for timer in timers if timer.id == id_)


def _to(holder: Holder) -> str:
    return f"{holder.person or '-'} via {holder.channel}" if holder.channel else f"{holder.person}, in the task list"


def _words(task: TaskRow, holder: Holder, zone_name: str) -> str:
    """In the language of the title that it repeats."""
    due = f"{task.due_at.astimezone(zone(zone_name)):%m-%d %H:%M}" if task.due_at else ""
    name = holder.person
    if is_chinese(task.title):
        return f"提醒{name}：{task.title}" + (f"（{due} 截止）" if due else "")
    return f"Reminder for {name}: {task.title}" + (f" (due {due})" if due else "")


def _escalation_words(task: TaskRow, rule: Escalation, zone_name: str) -> str:
    due = f"{task.due_at.astimezone(zone(zone_name)):%m-%d %H:%M}" if task.due_at else ""
    if is_chinese(task.title):
        limit = f"，{due} 截止" if due else ""
        who = f"{task.person or '没有人'}负责{limit}，还没有完成"
        return f"{'转交给你' if rule.how == 'reassign' else '升级'}：{task.title}（{who}）"
    limit = f", due {due}" if due else ""
    who = f"{task.person or 'nobody'}{limit}, not done yet"
    return f"{'Yours now' if rule.how == 'reassign' else 'Escalated'}: {task.title} ({who})"

"""What is stored and waits, deliveries and open work → the times it has from now on, after its plan has changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from sopengine.engine.campaigns import Running
from sopengine.engine.cases import case_of
from sopengine.engine.scopes import has_ended, scopes_around
from sopengine.engine.timers import waiting_timers
from sopengine.language.build.due import DUE, anchor_of_due
from sopengine.language.model import Send, Step, Task
from sopengine.planning.deliveries import again
from sopengine.planning.limits import due_of_task, for_target
from sopengine.planning.model import Campaign, Occurrence
from sopengine.planning.targets import Targets
from sopengine.planning.versions import predecessors
from sopengine.store.delivery_rows import MovedDelivery, UnsentDelivery
from sopengine.store.rows import MovedTask, OpenTask
from sopengine.store.store import Store
from sopengine.store.values import plain, typed


def moved_deliveries(
    store: Store, one: Running, campaign: Campaign, targets: Targets, planned: Mapping[int, Occurrence]
) -> Iterator[MovedDelivery]:
    """`planned` are the occurrences by the id of their row, as the plan has them now."""
    for unsent, times in _timed(one, campaign, targets, planned, store.unsent(planned)):
        if times.due_at != unsent.due_at:
            yield times


def returned_deliveries(store: Store, one: Running, planned: Mapping[int, Occurrence]) -> Iterator[MovedDelivery]:
    """What an earlier change has withdrawn because its time would have been past, with the times it has now. Who has
    been left out since, or has left, stays so."""
    withdrawn = store.past_after_changes(one.row.id, set(planned))
    ended = store.ended(one.row.id) if withdrawn else {}
    for unsent, times in _timed(one, one.campaign, one.frozen, planned, withdrawn):
        occurrence = planned[unsent.occurrence]
        gone = store.left_out(one.row.id, occurrence.step.id, occurrence.key)
        if not (gone.keys() & {"", unsent.target} or has_ended(ended, scopes_around(occurrence), unsent.target)):
            yield times


def unaddressed(
    store: Store, old: Running, new: Running, lists: Targets, planned: Mapping[int, Occurrence]
) -> list[int]:
    """Unsent deliveries to targets that their step, which now goes to others, does not go to any more."""
    was = predecessors(old.campaign.playbook, new.campaign.playbook)
    reached: dict[str, set[str]] = {}
    found = []
    for unsent in store.unsent(planned):
        step = planned[unsent.occurrence].step
        before = was.get(step.id)
        if before is None:
            continue
        to = step.arm(unsent.arm).to
        if before.arm(unsent.arm).to == to:
            continue
        if to not in reached:
            reached[to] = {str(row["id"]) for row in lists.rows(to)}
        if unsent.target not in reached[to]:
            found.append(unsent.id)
    return found


def _timed(
    one: Running,
    campaign: Campaign,
    targets: Targets,
    planned: Mapping[int, Occurrence],
    unsent_: Iterable[UnsentDelivery],
) -> Iterator[tuple[UnsentDelivery, MovedDelivery]]:
    """Each with the times that the plan gives it."""
    by_occurrence = defaultdict(list)
    for unsent in unsent_:
        by_occurrence[unsent.occurrence].append(unsent)
    for id_, waiting in by_occurrence.items():
        occurrence = planned[id_]
        known = [(unsent, case) for unsent in waiting if (case := case_of(unsent, one.frozen, occurrence.step))]
        cases = [(target, receiver, unsent.arm) for unsent, (target, receiver) in known]
        for (unsent, _), delivery in zip(known, again(campaign, targets, occurrence, cases), strict=True):
            delivery = delivery._replace(wave=unsent.wave)
            times = for_target(campaign, delivery)
            if isinstance(delivery.step.action, Send):
                own = times.planned_at if times.anchors is not None else None
                yield unsent, MovedDelivery(unsent.id, times.due_at, times.expires_at, times.useful_until, own)


def followed_deliveries(
    store: Store, campaign: Campaign, targets: Targets, planned: Mapping[int, Occurrence]
) -> Iterator[MovedDelivery]:
    """Those of targets whose own time is another now, with their rows as they are now. A target that is in the list no
    more, or has no such slot, leaves its delivery as it is: it was decided at its turn."""
    by_occurrence = defaultdict(list)
    for unsent in store.unsent(planned):
        by_occurrence[unsent.occurrence].append(unsent)
    for id_, waiting in by_occurrence.items():
        occurrence = planned[id_]
        calendar = targets.calendars.of(occurrence)
        if calendar is None or not calendar.needed:
            continue
        rows = {str(row["id"]): row for _, _, row in calendar.each(occurrence)}
        known = [(unsent, rows[unsent.target]) for unsent in waiting if unsent.target in rows]
        cases = [(row, row if one.about is None else typed(one.row or {}), one.arm) for one, row in known]
        for (unsent, row), delivery in zip(known, again(campaign, targets, occurrence, cases), strict=True):
            times = for_target(campaign, delivery)
            if times.due_at != unsent.due_at:
                data, about = (row, None) if unsent.about is None else (delivery.receiver, row)
                limits = times.due_at, times.expires_at, times.useful_until, times.planned_at
                yield MovedDelivery(unsent.id, *limits, plain(data), about and plain(about))


def moved_work(
    store: Store, campaign: Campaign, targets: Targets, planned: Mapping[int, Occurrence]
) -> Iterator[MovedTask]:
    """Open tasks whose due time or timers are counted from an anchor: what counts from a task's own beginning does not
    change any more."""
    anchored = {id_: one for id_, one in planned.items() if any(_anchors_of_work(one.step))}
    for task in store.open_work(anchored):
        due = _due(campaign, targets, anchored[task.occurrence], task)
        if due is not None:
            yield due


def counts_work_from(step: Step, anchor: str) -> bool:
    """Whether the due time of its task, or one of its timers, is this anchor or counted from it."""
    return anchor in _anchors_of_work(step)


def _anchors_of_work(step: Step) -> Iterable[str]:
    tasks = (arm.action for _, arm in step.all_arms() if isinstance(arm.action, Task))
    found = (anchor_of_due(text) for task in tasks for text in task.times())
    return [anchor.name for anchor in found if anchor is not None and anchor.name != DUE]


def _due(campaign: Campaign, targets: Targets, occurrence: Occurrence, task: OpenTask) -> MovedTask | None:
    step = occurrence.step.arm(task.arm)
    if not isinstance(step.action, Task):
        return None
    if occurrence.subject is not None:
        mine = replace(occurrence, step=step)
    else:
        row = targets.row(step.action.about or step.to, task.target)
        if row is None:
            return None
        (planned,) = again(campaign, targets, occurrence, [(row, row, task.arm)])
        mine = for_target(campaign, planned)
    moves = anchor_of_due(step.action.due) is not None
    due = due_of_task(campaign, mine, mine.due_at) if moves else task.due_at
    if due == task.due_at and not any(_anchors_of_work(step)):
        return None
    return MovedTask(task.id, due, waiting_timers(campaign, mine, task.created_at, due))

"""What a running campaign goes by and a new version of it → the comparison that `diff --running` and `upgrade` show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from sopengine.cli.diff_sides import Side, compared
from sopengine.cli.new_playbook import NewPlaybook
from sopengine.diagnostics import Text
from sopengine.engine.bundle import Bundle
from sopengine.engine.campaigns import document_of
from sopengine.engine.change import Change
from sopengine.engine.upgrading import Status, StepChange
from sopengine.planning.facts import FromLedger
from sopengine.review.comparison.model import Comparison, Standing, What
from sopengine.review.comparison.pairing import IsOver
from sopengine.review.model import Item
from sopengine.store.rows import OccurrenceState, State
from sopengine.store.store import Store
from sopengine.workspace import Sources, Workspace, open_channels
from sopengine.workspace.reading import shown

STATUSES: dict[Status, tuple[What, Text]] = {
    "same": ("same", Text("不变", "same")),
    "edited-unsent": ("changed", Text("改了，还没发", "edited, unsent")),
    "edited-waiting": ("changed", Text("改了，有的正等着", "edited, some are waiting")),
    "edited-sent": ("changed", Text("改了，都已发过", "edited, all sent")),
    "removed": ("removed", Text("删了", "removed")),
    "removed-with-waiters": ("removed", Text("删了，未发的撤回", "removed, what waits is withdrawn")),
    "added-ahead": ("added", Text("新增", "added")),
    "added-behind": ("added", Text("新增，时间已过，不执行", "added in the past, never runs")),
}


def against_running(
    place: Workspace,
    store: Store,
    current: Bundle,
    new: NewPlaybook,
    wanted: Bundle,
    change: Change,
    found: Sequence[StepChange],
    now: datetime,
) -> Comparison:
    """`found` is what an upgrade to `wanted` says of each step; what went out is no part of the comparison."""
    channels, facts = open_channels(place), FromLedger(store, Sources(place).rows)
    name = change.before.row.id
    before = Side(name, change.before.campaign, document_of(current), current, channels, facts)
    after = Side(shown(Path(new.file).absolute()), change.after.campaign, new.document, wanted, channels, facts)
    comparison = compared(before, after, now, done(store, name, now))
    standing = {
        one.step: (one.status, Standing(one.status, STATUSES[one.status][1], one.sent, one.waiting)) for one in found
    }
    steps = []
    for step in comparison.steps:
        status, words = standing[step.step]
        what = STATUSES[status][0] if step.what == "same" else step.what
        steps.append(replace(step, what=what, standing=words))
    return replace(comparison, steps=steps, before=comparison.before._replace(running=True))


def done(store: Store, campaign: str, now: datetime) -> IsOver:
    """What nothing can change any more: it went out, was handed to a person, is final, or lies behind and was never
    planned."""
    ahead = (State.PLANNED, State.CLAIMED)  # what is claimed and not begun is planned anew with the change
    done = {row.key for row in store.deliveries(campaign) if row.state not in ahead}
    done |= {task.key for task in store.tasks(campaign=campaign)}
    waiting = set()
    for row, state in store.whole_course(campaign):
        if state in (OccurrenceState.PLANNED, OccurrenceState.FANNED_OUT):
            waiting.add(row.key)
        elif state in (OccurrenceState.SKIPPED, OccurrenceState.MISSED):
            done.add(row.key)

    def is_over(item: Item) -> bool:
        behind = item.at is not None and item.at < now and item.slot not in waiting
        return behind or item.key in done or item.slot in done

    return is_over

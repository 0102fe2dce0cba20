"""An approval that waits → what the approver has to read: only what changed since the words that were approved last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from sopengine.cli.diff_running import done
from sopengine.cli.diff_sides import Side, filled_in, planned, written
from sopengine.cli.workplace import sources_of
from sopengine.diagnostics import Text
from sopengine.engine.approved import Approved, last_approved
from sopengine.engine.bundle import Bundle, unpack
from sopengine.engine.campaigns import Campaigns, document_of
from sopengine.messages.renderer import Renderer
from sopengine.planning.approvals import approvals_of, approved_with
from sopengine.planning.facts import FromLedger
from sopengine.planning.model import Campaign
from sopengine.review.comparison.compare import Written, compare
from sopengine.review.comparison.model import StepChange
from sopengine.review.model import Item
from sopengine.store.rows import TaskRow
from sopengine.store.store import Store
from sopengine.workspace import Sources, Workspace, open_channels


class Waiting(NamedTuple):
    """`since` is None where nothing was approved before: all words are new. `outdated`: they were edited once more, and
    will be asked for anew."""

    task: TaskRow
    since: Approved | None = None
    steps: Sequence[StepChange] = ()
    besides: Sequence[Text] = ()
    outdated: bool = False


class Approver:
    """Reads for the approver; each version of a campaign is planned once."""

    def __init__(self, place: Workspace, store: Store, now: datetime, renderer: Renderer) -> None:
        self._store, self._now, self._renderer = store, now, renderer
        self._campaigns = Campaigns(store, sources_of(place), place.guards)
        self._channels, self._facts = open_channels(place), FromLedger(store, Sources(place).rows)
        self._planned: dict[tuple[str, str], list[Item]] = {}

    def waiting(self, task: TaskRow) -> Waiting:
        running = self._campaigns.by_id(task.campaign)
        needed = approvals_of(running.campaign, running.files)
        approval = next((one for one in needed if one.key(task.campaign) == task.key), None)
        if approval is None:
            return Waiting(task, outdated=True)
        about = set(approved_with(running.campaign.playbook, approval))
        since = last_approved(self._store, self._campaigns, running, approval)
        new = self._side(running.campaign, unpack(self._store.bundle(running.row.bundle)))
        items = self._items(new, running.row.bundle)
        is_over = done(self._store, task.campaign, self._now)
        if since is None:
            steps = running.campaign.playbook.steps()
            fresh = [Written(step.id, "", False, True) for step in steps if step.id in about]
            return Waiting(task, None, compare([], items, fresh, is_over))
        old = self._side(since.campaign, since.bundle)
        gone = set(approved_with(since.campaign.playbook, since.approval))
        both = written(since.campaign.playbook, running.campaign.playbook)
        mine = [one for one in both if one.step in (about if one.after else gone)]
        found = map(_words, compare(self._items(old, since.version), items, mine, is_over))
        told = [step for step in found if step.changes or step.settings or step.what in ("added", "removed")]
        return Waiting(task, since, told, list(filled_in(old, new)))

    def _side(self, campaign: Campaign, bundle: Bundle) -> Side:
        return Side(campaign.id, campaign, document_of(bundle), bundle, self._channels, self._facts)

    def _items(self, side: Side, version: str) -> list[Item]:
        key = side.campaign.id, version
        if key not in self._planned:
            self._planned[key] = planned(side, self._now, self._renderer)
        return self._planned[key]


def _words(step: StepChange) -> StepChange:
    """Without what is no matter of an approval: when it goes out, and what else it is told to do."""
    changes = tuple(one for one in step.changes if one.what != "moved")
    return replace(step, changes=changes, settings=tuple(name for name in step.settings if name == "send"))

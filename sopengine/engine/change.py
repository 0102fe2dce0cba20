"""Change a running campaign: another bundle under its own hash, the plan that follows from it, one commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.engine.bundle import Bundle, unpack
from sopengine.engine.campaigns import Campaigns, ReadSources, Running
from sopengine.engine.replan import Became, Outcome, Version, replanned
from sopengine.errors import SopError
from sopengine.language.guards import FREE, Guards
from sopengine.planning.journeys import flows
from sopengine.store.change_rows import Kind, NewVersion
from sopengine.store.rows import CampaignRow
from sopengine.store.store import Store

CHANGEABLE = ("running", "paused")


class Wanted(Struct, frozen=True):
    """What a campaign is to be: `bundle`, in place of the one whose hash is `before`. `renamed`: steps, old id → new
    id."""

    kind: Kind
    reason: str
    before: str
    bundle: Bundle
    renamed: Mapping[str, str] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)


class Change(Struct, frozen=True):
    """A change worked out: the campaign before and after, and what becomes of its plan. `sent` counts by step."""

    before: Running
    after: Running
    outcome: Outcome
    sent: Mapping[str, int]

    def became(self, *what: str) -> list[Became]:
        return [one for one in self.outcome.became if one.what in what]


class Changing:
    """Works out changes of one campaign, and carries them out."""

    def __init__(self, store: Store, campaign: str, read_sources: ReadSources, guards: Guards = FREE) -> None:
        self._store, self._id = store, campaign
        self._read_sources, self._guards = read_sources, guards

    def row(self) -> CampaignRow:
        row = self._store.campaign(self._id)
        if row is None or row.state not in CHANGEABLE:
            text = Text(f"活动 {self._id} 已经结束，不能改", f"campaign {self._id} is over and cannot be changed")
            raise SopError(text)
        return row

    def now(self) -> tuple[Running, Bundle]:
        """The campaign as it is, and its bundle."""
        row = self.row()
        return self._campaigns().running(row), unpack(self._store.bundle(row.bundle))

    def preview(self, wanted: Wanted, now: datetime) -> Change:
        """Nothing is written."""
        row = self.row()
        if row.bundle != wanted.before:
            text = Text(f"活动 {self._id} 刚被别人改过，再看一遍", f"{self._id} was changed meanwhile; look again")
            raise SopError(text)
        old, new = self._campaigns(), self._campaigns()
        before, after = old.running(row), new.made(row, wanted.bundle)
        ends_at = after.frozen.calendars.span(after.campaign.playbook.timezone).end
        after = replace(after, row=replace(row, ends_at=ends_at))
        outcome = replanned(
            self._store, Version(before, old), Version(after, new), now, wanted.renamed, open_ended=ends_at is None
        )
        return Change(before, after, outcome, self._store.sent_by_step(self._id))

    def apply(self, wanted: Wanted, now: datetime, actor: str) -> Change:
        """Worked out once more while nobody else writes, and carried out in the same commit."""
        with self._store.changing() as apply:
            change = self.preview(wanted, now)
            hash_, content = wanted.bundle.pack()
            apply(
                NewVersion(
                    campaign=self._id,
                    kind=wanted.kind,
                    bundle=hash_,
                    content=content,
                    title=change.after.campaign.playbook.title,
                    reason=wanted.reason,
                    ends_at=change.outcome.ends_at,
                    planned_until=change.outcome.planned_until,
                    flows=[flow.name for flow in flows(change.after.campaign.playbook)],
                    detail=wanted.detail,
                ),
                change.outcome.plan,
                now,
                actor,
            )
        return change

    def _campaigns(self) -> Campaigns:
        return Campaigns(self._store, self._read_sources, self._guards)

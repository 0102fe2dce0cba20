"""Stored campaigns made ready to plan and send: bundle → Campaign and Targets, each unpacked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.engine.bundle import Bundle, unpack
from sopengine.engine.scopes import exit_rules
from sopengine.errors import SopError
from sopengine.language.asking import audience_asks
from sopengine.language.document import Document
from sopengine.language.guards import FREE, Guards
from sopengine.language.inputs import typed_inputs
from sopengine.language.load import Loaded, load
from sopengine.language.model import Exit, Playbook, Step
from sopengine.language.named import Row
from sopengine.planning.data import typed_sources
from sopengine.planning.guards import guards_by_step
from sopengine.planning.model import Campaign
from sopengine.planning.targets import Targets
from sopengine.planning.versions import known_as
from sopengine.store.rows import CampaignRow
from sopengine.store.store import Store
from sopengine.timing.workcalendar import work_calendar
from sopengine.timing.zones import zone

ReadSources = Callable[[Sequence[str]], Mapping[str, Sequence[Mapping[str, str]]]]
"""Reads sources of the workspace as they are now; raises SopError when one cannot be read."""


class Running(Struct, frozen=True, dict=True):
    """One campaign in the engine's hands. `frozen` are the targets as they were at the start; the sources in
    `given` were chosen for this campaign alone and stay as they were, whatever the workspace has."""

    row: CampaignRow
    campaign: Campaign
    frozen: Targets
    given: frozenset[str] = frozenset()
    files: Mapping[str, bytes] = field(default_factory=dict)  # what its messages name, by the path they name it by
    former: Mapping[str, Step] = field(default_factory=dict)

    def standing(self, row: CampaignRow) -> Running:
        """The same with its row as it is now."""
        return self if row == self.row else replace(self, row=row)

    @cached_property
    def steps(self) -> Mapping[str, Step]:
        """By id; those that an upgrade has removed among them, for what is left of them in the store."""
        return {**self.former, **{step.id: step for step in self.campaign.playbook.steps()}}

    @cached_property
    def guards(self) -> Mapping[str, Guards]:
        """By step: those of the workspace, the playbook and its flow, added up."""
        outer = self.campaign.guards + self.campaign.playbook.guards
        return {**dict.fromkeys(self.former, outer), **guards_by_step(self.campaign)}

    @cached_property
    def may_end(self) -> bool:
        """Whether anything in the playbook can end a scope while deliveries are under way."""
        steps = (step for top in self.campaign.playbook.steps() for _, step in top.all_arms())
        return any(exit_rules(self.campaign.playbook)) or any(isinstance(step.action, Exit) for step in steps)

    def is_live(self, step: Step) -> bool:
        """Frozen by default in phases and weekly of a campaign with an end, else live, as audiences that ask of the
        past or of tags always are (semantics.md S1)."""
        if audience_asks(self.campaign.playbook, step.to):
            return True
        if step.audience:
            return step.audience == "live"
        audience = self.campaign.playbook.audiences.get(step.to)
        if audience is None:
            return False
        if audience.live is not None:
            return audience.live
        return self.row.ends_at is None


class Campaigns:
    """Every campaign this process has touched. `begin_pass` is called once a pass, so that rows and live data are
    fresh."""

    def __init__(self, store: Store, read_sources: ReadSources, guards: Guards = FREE) -> None:
        self._store, self._read_sources, self._guards = store, read_sources, guards
        self._bundles: dict[str, tuple[str, Running]] = {}
        self._running: dict[str, Running] = {}
        self._live: dict[str, Targets] = {}
        self._before: dict[str, tuple[Campaign, Any, Targets]] = {}  # of the last pass: the same data, the same targets
        self._tables: dict[str, Sequence[Row] | None] = {}

    def running(self, row: CampaignRow) -> Running:
        known = self._bundles.get(row.id)
        if known is None or known[0] != row.bundle:
            self.forget(row.id)
            known = self._bundles[row.id] = row.bundle, self.made(row, unpack(self._store.bundle(row.bundle)))
        return known[1].standing(row)

    def made(self, row: CampaignRow, bundle: Bundle) -> Running:
        """The campaign with this bundle, whichever its row names."""
        campaign = replace(campaign_from(row, bundle, self._store.anchors(row.id)), guards=self._guards)
        former = self._former(row, campaign.playbook)
        return Running(row, campaign, Targets(campaign), frozenset(bundle.given), bundle.files, former)

    def _former(self, row: CampaignRow, playbook: Playbook) -> Mapping[str, Step]:
        """Steps of earlier versions: what was sent by them may still be asked for, and failed ones sent again."""
        steps: dict[str, Step] = {}
        for version in self._store.versions(row.id):
            before = campaign_from(row, unpack(self._store.bundle(version.before))).playbook
            steps |= {step.id: step for step in before.steps()}
        return {id_: step for id_, step in steps.items() if id_ not in {one.id for one in playbook.steps()}}

    def by_id(self, campaign_id: str) -> Running:
        if campaign_id not in self._running:
            row = self._store.campaign(campaign_id)
            if row is None:
                raise SopError(Text(f"没有活动 {campaign_id}", f"no campaign {campaign_id}"))
            self._running[campaign_id] = self.running(row)
        return self._running[campaign_id]

    def live(self, running: Running) -> Targets:
        """The targets as the workspace's sources have them now."""
        campaign = running.campaign
        if campaign.id not in self._live:
            wanted = [name for name in campaign.sources if name not in running.given]
            rows = self._read_sources(wanted)
            if gone := [name for name in wanted if name not in rows]:  # the sample must never stand in
                names = ", ".join(gone)
                raise SopError(Text(f"工作区里没有数据源 {names}", f"the workspace has no source {names}"))
            self._live[campaign.id] = self._with(campaign, rows)
        return self._live[campaign.id]

    def _with(self, campaign: Campaign, rows: Mapping[str, Sequence[Mapping[str, str]]]) -> Targets:
        known = self._before.get(campaign.id)
        if known is not None and known[0] is campaign and known[1] == rows:
            return known[2]
        fresh = typed_sources(campaign.playbook, rows)
        if fresh.diagnostics:
            first = fresh.diagnostics[0].message
            raise SopError(Text(f"数据读不了：{first.zh}", f"data cannot be read: {first.en}"))
        targets = Targets(replace(campaign, sources={**campaign.sources, **fresh.rows}))
        self._before[campaign.id] = (campaign, rows, targets)
        return targets

    def table(self, campaign: str, name: str) -> Sequence[Row] | None:
        """A table of the workspace that metrics take their values from, as it is now: the campaign's own copy where it
        was chosen for it alone, None where there is none. SopError when it cannot be read now."""
        running = self.by_id(campaign)
        if name in running.given:
            return running.campaign.sources.get(name)
        if name not in self._tables:
            self._tables[name] = self._read_sources([name]).get(name)
        return self._tables[name]

    def live_or_frozen(self, running: Running) -> Targets:
        """For newcomers, who are not left waiting because a file is being written."""
        try:
            return self.live(running)
        except SopError:
            return running.frozen

    def on_unknown(self, campaign: str, step: str, arm: str) -> str:
        """What the author wants done with a delivery of which nobody can say whether it arrived."""
        return self.by_id(campaign).steps[step].arm(arm).on_unknown

    def begin_pass(self) -> None:
        self._running.clear()
        self._live.clear()
        self._tables.clear()

    def forget(self, campaign_id: str) -> None:
        """Something of the campaign itself has changed: its anchors, its end."""
        for kept in (self._bundles, self._running, self._live):
            kept.pop(campaign_id, None)


def _loaded(bundle: Bundle) -> Loaded:
    columns = {name: rows[0].keys() for name, rows in bundle.sources.items() if rows}
    return load(bundle.playbook, bundle.file, bundle.files.get, columns)


def document_of(bundle: Bundle) -> Document:
    """The stored playbook as it was written, for places in it."""
    return _loaded(bundle).document or Document(bundle.file, "", {})


def campaign_from(
    row: CampaignRow, bundle: Bundle, confirmed: Mapping[str, datetime] = MappingProxyType({})
) -> Campaign:
    """`confirmed` are the anchors whose event has come: it has the last word on their time."""
    loaded = _loaded(bundle)
    if loaded.playbook is not None and bundle.identities:
        loaded = replace(loaded, playbook=known_as(loaded.playbook, bundle.identities))
    if loaded.playbook is None:
        raise SopError(
            Text(f"活动 {row.id} 存下的剧本读不了", f"the stored playbook of campaign {row.id} cannot be read")
        )
    inputs, _ = typed_inputs(loaded.playbook, bundle.inputs)
    here = zone(loaded.playbook.timezone)
    inputs |= {name: at.astimezone(here) for name, at in confirmed.items()}
    overrides = {date.fromisoformat(day): working for day, working in bundle.calendar_overrides.items()}
    sources: Mapping[str, Sequence[Row]] = typed_sources(loaded.playbook, bundle.sources).rows
    return Campaign(
        id=row.id,
        playbook=loaded.playbook,
        inputs=inputs,
        calendar=work_calendar(loaded.playbook.calendar, overrides),
        start=row.started_at,
        sources=sources,
        default_channel=bundle.default_channel,
        tasks_via=bundle.tasks_via,
        confirmed=frozenset(confirmed),
    )

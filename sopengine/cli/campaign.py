"""A playbook file, a workspace, inputs and data → what a dry run or a start needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sopengine.cli.files import Files, read_playbook
from sopengine.cli.options import moment
from sopengine.clock import SystemClock
from sopengine.diagnostics import Diagnostic, Severity, Stage
from sopengine.engine.bundle import Bundle
from sopengine.language.document import Document
from sopengine.language.ignores import Ignores
from sopengine.language.load import load
from sopengine.language.model import Playbook
from sopengine.planning.assembly import assemble, used_sources
from sopengine.planning.model import Campaign
from sopengine.timing.zones import zone
from sopengine.workspace import Sources, Workspace

CHECK: tuple[Stage, ...] = ("check",)


@dataclass(frozen=True, slots=True)
class ReadCampaign:
    """`campaign` is None when the playbook or an input has an error that leaves nothing to plan."""

    playbook: Playbook | None
    document: Document
    campaign: Campaign | None
    bundle: Bundle
    diagnostics: tuple[Diagnostic, ...]
    missing_sources: tuple[str, ...]

    @property
    def has_errors(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self.diagnostics)

    @property
    def shown(self) -> tuple[Diagnostic, ...]:
        """Without what comments in the playbook set aside."""
        return Ignores(self.document).judge(self.diagnostics, CHECK).kept

    def named(self, campaign_id: str) -> Campaign:
        assert self.campaign is not None
        return replace(self.campaign, id=campaign_id)


def read_campaign(
    path: str, workspace: Workspace, given: Mapping[str, str], data: Mapping[str, Path], now: str | None
) -> ReadCampaign:
    """`given` are inputs as text, `data` files by source name; `now` without an offset is in the campaign's zone."""
    content = read_playbook(Path(path))
    files = Files(Path(path).parent)
    sources = Sources(workspace, data)
    loaded = load(content, path, files, sources)
    playbook = loaded.playbook
    found = list(loaded.diagnostics)
    document = loaded.document or Document(path, "", {})
    rows: dict[str, Sequence[Mapping[str, str]]] = {}
    missing: tuple[str, ...] = ()
    campaign = None
    if playbook is not None:
        wanted = used_sources(playbook)
        rows = {name: table for name in wanted if (table := sources.rows(name)) is not None}
        missing = tuple(name for name in wanted if name not in rows)
        found += sources.diagnostics
        start = SystemClock().now() if now is None else moment(now, zone(playbook.timezone))
        made = assemble(
            playbook,
            given,
            rows,
            start,
            calendar_overrides=workspace.calendar_overrides,
            default_channel=workspace.default_channel,
            tasks_via=workspace.tasks_via,
        )
        found += made.diagnostics
        campaign = made.campaign
    bundle = Bundle(
        file=Path(path).name,
        playbook=content,
        files=files.read,
        inputs=dict(given),
        sources=rows,
        calendar_overrides={day.isoformat(): working for day, working in workspace.calendar_overrides.items()},
        default_channel=workspace.default_channel,
        tasks_via=workspace.tasks_via,
        given=[name for name in data if name in rows],
    )
    return ReadCampaign(playbook, document, campaign, bundle, tuple(found), missing)

"""A playbook or campaign file, a workspace, inputs and data → what a dry run or a start needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.cli.asked import asked_for
from sopengine.cli.files import Files
from sopengine.cli.options import moment
from sopengine.cli.others import misfits_of_during
from sopengine.clock import SystemClock
from sopengine.diagnostics import Diagnostic, Severity, Stage, Text
from sopengine.engine.bundle import Bundle
from sopengine.errors import UsageError
from sopengine.language.campaign_file import check_audiences
from sopengine.language.checks.wording.given import contradictions
from sopengine.language.document import Document
from sopengine.language.ignores import Ignores
from sopengine.language.load import load_opened
from sopengine.language.model import Playbook
from sopengine.language.plannable import plannable
from sopengine.language.suggest import closest
from sopengine.planning.assembly import assemble, used_sources
from sopengine.planning.density import too_often
from sopengine.planning.model import Campaign
from sopengine.planning.targets import Targets
from sopengine.timing.zones import zone
from sopengine.workspace import Sources, Workspace

CHECK: tuple[Stage, ...] = ("check",)


class ReadCampaign(Struct, frozen=True):
    """`campaign` is None when the playbook or an input has an error that leaves nothing to plan; `bundle` is None when
    there is nothing to keep. `texts` are those that findings point into, by file; `files` those it depends on, there or
    not."""

    playbook: Playbook | None
    document: Document
    campaign: Campaign | None
    bundle: Bundle | None
    diagnostics: tuple[Diagnostic, ...]
    missing_sources: tuple[str, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

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
    """`path` is a playbook or a campaign file; `given` are inputs as text, `data` files by source name, and both
    outrank the campaign file's. `now` without an offset is in the campaign's zone."""
    asked = asked_for(path)
    if asked.opened is None or asked.content is None:
        return ReadCampaign(None, Document(path, "", {}), None, None, asked.diagnostics, (), {}, (Path(path),))
    written = asked.campaign
    inputs = {**(written.inputs if written else {}), **given}
    lists = {**asked.lists, **data}
    files = Files(Path(asked.file).parent, workspace.root)
    sources = Sources(workspace, lists)
    loaded = load_opened(asked.opened, files, sources, files.names)
    playbook = loaded.playbook
    found = [*asked.diagnostics, *loaded.diagnostics]
    document = loaded.document or Document(asked.file, "", {})
    texts = {**loaded.texts, **({written.document.file: written.document.text} if written else {})}
    looked = (Path(path), Path(asked.file), *files.asked, *lists.values())
    if playbook is None:
        return ReadCampaign(None, document, None, None, tuple(found), (), texts, looked)
    wanted = used_sources(playbook)
    _refuse_unknown_lists(data, wanted)
    rows = {name: table for name in wanted if (table := sources.rows(name)) is not None}
    found += misfits_of_during(playbook, document, workspace)
    found += contradictions(document, playbook, inputs)
    found += [*sources.diagnostics, *(check_audiences(written, playbook) if written else ())]
    left = plannable(playbook, found)
    if left is None:
        return ReadCampaign(playbook, document, None, None, tuple(found), (), texts, looked)
    made = assemble(
        left,
        inputs,
        rows,
        SystemClock().now() if now is None else moment(now, zone(playbook.timezone)),
        campaign_id=written.id if written else "",
        calendar_overrides=workspace.calendar_overrides,
        default_channel=workspace.default_channel,
        tasks_via=workspace.tasks_via,
        guards=workspace.guards,
        written=written.written_but(given) if written else None,
    )
    sound = made.campaign if not any(d.severity is Severity.ERROR for d in (*found, *made.diagnostics)) else None
    dense = list(too_often(sound, Targets(sound), document)) if sound else []  # with wrong data there is no plan
    bundle = Bundle(
        file=Path(asked.file).name,
        playbook=asked.content,
        files=files.read,
        inputs=inputs,
        sources=rows,
        calendar_overrides={day.isoformat(): working for day, working in workspace.calendar_overrides.items()},
        default_channel=workspace.default_channel,
        tasks_via=workspace.tasks_via,
        given=[name for name in lists if name in rows],
    )
    missing = tuple(name for name in wanted if name not in rows)
    campaign = None if dense else made.campaign
    said = (*found, *made.diagnostics, *dense)
    return ReadCampaign(playbook, document, campaign, bundle, said, missing, texts, looked)


def _refuse_unknown_lists(data: Mapping[str, Path], sources: Sequence[str]) -> None:
    """A list of the command line that no audience or role would read."""
    for name in data:
        if name not in sources:
            guess = closest(name, sources)
            listed = ", ".join(sources)
            raise UsageError(
                Text(
                    f"--audience：这份 playbook 没有数据源 {name}" + (f"，是不是 {guess}？" if guess else ""),
                    f"--audience: the playbook has no source {name}" + (f"; did you mean {guess}?" if guess else ""),
                ),
                Text(f"它的数据源：{listed}", f"its sources: {listed}") if listed else None,
            )

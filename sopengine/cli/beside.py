"""The campaigns beside the one that is looked at: those that run, and those that a campaign file plans."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from sopengine.cli.files import playbooks_beneath, read_playbook
from sopengine.diagnostics import Severity
from sopengine.errors import SopError
from sopengine.workspace.reading import shown

if TYPE_CHECKING:
    from sopengine.planning.model import Campaign
    from sopengine.planning.targets import Targets
    from sopengine.review.across.model import Beside
    from sopengine.review.preview import Preview
    from sopengine.workspace import Workspace

CAMPAIGNS = "campaigns"
"""The folder of a workspace whose campaign files count as planned, until they are started."""


def look_beside(preview: Preview, file: Path, workspace: Workspace, open_things: ExitStack, *, history: bool) -> None:
    """Tells `preview` of the others. The ledger is read if there is one and `history` is wanted, and never written."""
    from sopengine.cli.workplace import history_of, sources_of
    from sopengine.review.across.model import Beside

    started: set[str] = set()
    beside: list[Beside] = []
    store = history_of(workspace) if history else None
    if store is not None:
        from sopengine.engine.campaigns import Campaigns
        from sopengine.engine.during import SPEAKING, DuringOthers
        from sopengine.engine.guarding import COUNTED_BY

        open_things.enter_context(store)
        campaigns = Campaigns(store, sources_of(workspace), workspace.guards)
        preview.rulings = DuringOthers(store, campaigns).rulings()
        rows = store.campaigns()
        started = {row.id for row in rows}
        running = [campaigns.running(r) for r in rows if r.state in SPEAKING and r.id != preview.campaign.id]
        preview.running = [(one.campaign, one.frozen) for one in running]
        beside = [Beside(one.campaign.id, one.campaign.playbook.id, "running") for one in running]
        preview.used_before = lambda scope, value, since: store.uses_since(COUNTED_BY[scope], value, since)
    planned = list(_planned(preview, file, workspace, {*started, preview.campaign.id}))
    preview.planned = [pair for _, pair in planned if pair is not None]
    preview.beside = [*beside, *(one for one, _ in planned)]


def _planned(
    preview: Preview, file: Path, workspace: Workspace, known: Collection[str]
) -> Iterator[tuple[Beside, tuple[Campaign, Targets] | None]]:
    """A campaign file of the playbook that is looked at by itself is taken for the one that will start it."""
    from sopengine.cli.asked import asked_for
    from sopengine.cli.campaign import read_campaign
    from sopengine.language.opening import open_document
    from sopengine.planning.targets import Targets
    from sopengine.review.across.model import Beside

    folder = workspace.root / CAMPAIGNS
    for path in playbooks_beneath(folder) if folder.is_dir() else ():
        name = shown(path)
        opened = open_document(read_playbook(path), name)
        if opened.kind != "campaign" or path.resolve() == file.resolve():
            continue
        asked = asked_for(name, opened)
        id = asked.campaign.id if asked.campaign is not None else ""
        if id in known or (asked.file and Path(asked.file).resolve() == file.resolve()):
            continue
        try:
            read = read_campaign(name, workspace, {}, {}, preview.as_of.isoformat())
        except SopError:
            yield Beside(id, "", "planned", name, errors=1), None
            continue
        errors = sum(d.severity is Severity.ERROR for d in read.diagnostics)
        playbook = read.playbook.id if read.playbook is not None else ""
        plannable = read.campaign is not None and not errors
        yield (
            Beside(id, playbook, "planned", name, errors),
            (read.campaign, Targets(read.campaign)) if read.campaign is not None and plannable else None,
        )

"""The playbook that a running campaign is to go on with: found, read with the campaign's inputs, refused where it is
wrong; for `upgrade` and `patch-copy`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sopengine.cli.campaign import ReadCampaign, read_campaign
from sopengine.cli.files import playbooks_beneath, read_playbook
from sopengine.diagnostics import Text
from sopengine.errors import Refused, UsageError
from sopengine.language.opening import open_document

if TYPE_CHECKING:
    from sopengine.engine.bundle import Bundle
    from sopengine.engine.campaigns import Running
    from sopengine.language.document import Document
    from sopengine.language.model import Playbook
    from sopengine.workspace import Workspace


class NewPlaybook(Struct, frozen=True):
    """`bundle` has its files, the campaign's inputs and what `--set` gives besides; its lists are those of today.
    `file` is where it was found."""

    file: str
    playbook: Playbook
    document: Document
    bundle: Bundle


def read_new(
    path: str | None, place: Workspace, running: Running, current: Bundle, given: Mapping[str, str], now: str | None
) -> NewPlaybook:
    """Refused with errors."""
    file = path or _same_file(place.root, current.file, running.campaign.playbook.id)
    first = read_campaign(file, place, {}, {}, now)
    declared = first.playbook.inputs if first.playbook is not None else {}
    kept = {name: value for name, value in current.inputs.items() if name in declared}
    read = read_campaign(file, place, {**kept, **given}, {}, now)
    if read.playbook is None or read.campaign is None or read.bundle is None or read.has_errors:
        raise Refused(
            Text("新剧本有错误，活动没有改动", "the new playbook has errors, the campaign is as it was"), read.shown
        )
    _refuse_without_data(read, current)
    return NewPlaybook(file, read.playbook, read.document, replace(read.bundle, inputs={**kept, **given}))


def _same_file(root: Path, name: str, playbook: str) -> str:
    """The playbook of the workspace with the name of the one that was started, and its id."""
    named = [file for file in playbooks_beneath(root) if file.name == name]
    found = [file for file in named if _id(file) == playbook]
    if len(found) != 1:
        listed = ", ".join(str(file) for file in found)
        raise UsageError(
            Text(
                f"要指明新剧本：工作区里叫 {name} 的有 {len(found)} 份",
                f"name the new playbook: {len(found)} in the workspace are called {name}",
            ),
            Text(listed, listed) if listed else None,
        )
    return str(found[0])


def _id(file: Path) -> object:
    document = open_document(read_playbook(file), file.as_posix()).document
    return document.data.get("playbook") if document is not None and isinstance(document.data, dict) else None


def _refuse_without_data(read: ReadCampaign, current: Bundle) -> None:
    if missing := [name for name in read.missing_sources if name not in current.sources]:
        names = ", ".join(missing)
        raise Refused(
            Text(
                f"新剧本要的数据源 {names} 没有数据；在 sopengine.toml 的 [sources] 里写上",
                f"the new playbook wants source {names}, which has no data; list it under [sources] in sopengine.toml",
            )
        )

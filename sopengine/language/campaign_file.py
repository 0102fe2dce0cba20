"""The document of a campaign file → which playbook it starts, with which inputs and lists, and where it says so."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from sopengine.diagnostics import Diagnostic, Edit, Findings, Fix, Path, Severity, Text
from sopengine.language.document import Document
from sopengine.language.inputs import Written
from sopengine.language.model import Playbook
from sopengine.language.named import Audience, Role
from sopengine.language.shape import check_shape
from sopengine.language.suggest import closest, is_slip
from sopengine.language.values import as_text

Given = str | list[str]


class CampaignFile(Struct, frozen=True):
    """`playbook` and the files of `audiences` (by source) are paths from where the campaign file's own name starts;
    `inputs` hold what was written as text, or as a list of texts."""

    id: str
    playbook: str
    inputs: Mapping[str, Given]
    audiences: Mapping[str, str]
    document: Document
    uncertain: bool = False  # its inputs cannot be read whole, so that none counts as lacking

    def written_but(self, flags: Collection[str]) -> Written:
        """Where the inputs stand, except those that flags say anew."""
        spots = {name: self.document.spots[("inputs", name)] for name in self.inputs if name not in flags}
        part: Path = ("inputs",) if "inputs" in self.document.data else ("playbook",)
        return Written(spots, None if self.uncertain else self.document.place(part, of_key=True))


def read_campaign_file(document: Document, findings: Findings) -> CampaignFile:
    """What is wrong with the file itself becomes a finding and is left out."""
    meant = check_shape(document, findings, "campaign")
    wrong = {found.path for found in findings if found.severity is Severity.ERROR}
    data = document.data

    def entries(key: str) -> dict[str, Any]:
        part = data.get(key)
        return {n: v for n, v in part.items() if (key, n) not in wrong} if isinstance(part, dict) else {}

    def text(key: str) -> str:
        value = data.get(key)
        return value if isinstance(value, str) and (key,) not in wrong else ""

    return CampaignFile(
        id=text("campaign"),
        playbook=beside(document.file, text("playbook")),
        inputs={name: given(value) for name, value in entries("inputs").items()},
        audiences={name: beside(document.file, value) for name, value in entries("audiences").items()},
        document=document,
        uncertain=bool(document.broken) or any(path[:1] == ("inputs",) for path in wrong | meant),
    )


def check_audiences(campaign: CampaignFile, playbook: Playbook) -> list[Diagnostic]:
    """SOP-R320 for each list whose name is no source of the playbook."""
    receivers: list[Audience | Role] = [*playbook.audiences.values(), *playbook.roles.values()]
    sources = list(dict.fromkeys(receiver.source for receiver in receivers if receiver.source))
    return [_unknown_source(campaign, name, playbook, sources) for name in campaign.audiences if name not in sources]


def beside(file: str, path: str) -> str:
    """`path` as written in `file`, from where `file`'s own name starts; "" for none."""
    written = path.replace("\\", "/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(file.replace("\\", "/")), written)) if written else ""


def given(value: Any) -> Given:
    return [as_text(item) for item in value] if isinstance(value, list) else as_text(value)


def _unknown_source(campaign: CampaignFile, name: str, playbook: Playbook, sources: Collection[str]) -> Diagnostic:
    path = ("audiences", name)
    place = campaign.document.place(path, of_key=True)
    audience = playbook.audiences.get(name)
    if audience is not None and (source := _source_of(audience, playbook)):
        message = Text(
            f"{name} 是人群的名字，这里要写它的数据源 {source}",
            f"{name} is an audience; its source {source} is what to write here",
        )
        return Diagnostic("SOP-R320", message, place, path=path, fix=Fix((Edit(place, source),), safe=True))
    guess = closest(name, [source for source in sources if source not in campaign.audiences])
    listed = ", ".join(sources)
    return Diagnostic(
        "SOP-R320",
        Text(
            f"这份 playbook 没有数据源 {name}" + (f"，是不是 {guess}？" if guess else ""),
            f"The playbook has no source {name}" + (f"; did you mean {guess}?" if guess else ""),
        ),
        place,
        help=Text(f"它的数据源：{listed}", f"Its sources: {listed}")
        if sources
        else Text("这份 playbook 没有用到任何数据源", "The playbook uses no source"),
        path=path,
        fix=Fix((Edit(place, guess),), safe=is_slip(name, guess)) if guess else None,
    )


def _source_of(audience: Audience, playbook: Playbook) -> str:
    seen: set[str] = set()
    while audience.of and audience.of not in seen and audience.of in playbook.audiences:
        seen.add(audience.of)
        audience = playbook.audiences[audience.of]
    return audience.source

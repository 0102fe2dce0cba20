"""What a rehearsal speaks of → findings where its playbooks have no such thing, or where it is never reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path as FilePath

from sopengine.diagnostics import Edit, Findings, Fix, Path, Text
from sopengine.language.events import BUILT_IN
from sopengine.language.model import Playbook
from sopengine.language.rehearsal import Happening, Rehearsal
from sopengine.language.suggest import closest, is_slip

WHOLE = "all"
"""The approval of a whole campaign, and every campaign of a pause."""


def check_names(rehearsal: Rehearsal, main: str, cast: Mapping[str, Playbook], findings: Findings) -> None:
    """`cast` are the playbooks by the ids of their campaigns, that of the rehearsal itself under `main`."""
    names = _Names(rehearsal, findings)
    everywhere = [step.id for playbook in cast.values() for step in playbook.steps()]
    events = [*BUILT_IN, *(name for playbook in cast.values() for name in playbook.events)]
    metrics = [name for playbook in cast.values() for name in playbook.metrics]
    for one in rehearsal.happens:
        match one.kind:
            case "event":
                names.known("SOP-R312", one.what, events, (*one.path, "event"))
            case "metric":
                names.known("SOP-R312", one.what, metrics, (*one.path, "metric"))
            case "done" | "ack" | "decline" | "skip" | "resolve":
                names.known("SOP-R304", one.what, everywhere, (*one.path, one.kind))
            case "approve" | "reject":
                names.known("SOP-R304", one.what, [WHOLE, *everywhere], (*one.path, one.kind))
            case "slip":
                names.known("SOP-R304", one.what, list(cast[_of(one, main, cast)].inputs), (*one.path, "slip"))
            case "upgrade" | "patch_copy" if not FilePath(one.what).is_file():
                names.no_file(one.what, (*one.path, one.kind))
            case "pause" | "resume":
                names.known("SOP-R304", one.what, [WHOLE, *cast], (*one.path, one.kind))
        if one.campaign:
            names.known("SOP-R304", one.campaign, list(cast), (*one.path, "campaign"))
        if not rehearsal.main.start <= one.at <= rehearsal.until:
            names.outside((*one.path, "at"))
    for wanted in rehearsal.expects:
        if wanted.campaign and wanted.campaign not in cast:
            names.known("SOP-R304", wanted.campaign, list(cast), (*wanted.path, "campaign"))
            continue
        steps = [step.id for step in cast[wanted.campaign or main].steps()]
        names.known("SOP-R304", wanted.step, steps, (*wanted.path, "step"))
        if wanted.at is not None and wanted.at > rehearsal.until:
            names.outside((*wanted.path, "at"))


def _of(one: Happening, main: str, cast: Mapping[str, Playbook]) -> str:
    return one.campaign if one.campaign in cast else main


class _Names:
    def __init__(self, rehearsal: Rehearsal, findings: Findings) -> None:
        self._document, self._findings = rehearsal.document, findings

    def known(self, code: str, name: str, names: Collection[str], path: Path) -> None:
        if name in names:
            return
        guess, place = closest(name, names), self._document.place(path)
        self._findings.add(
            code,
            Text(
                f"没有 {name}" + (f"，是不是 {guess}？" if guess else ""),
                f"there is no {name}" + (f"; did you mean {guess}?" if guess else ""),
            ),
            place,
            path=path,
            fix=Fix((Edit(place, guess),), safe=is_slip(name, guess)) if guess else None,
        )

    def no_file(self, name: str, path: Path) -> None:
        place = self._document.place(path)
        self._findings.add("SOP-R308", Text(f"找不到文件 {name}", f"There is no file {name}"), place, path=path)

    def outside(self, path: Path) -> None:
        self._findings.add(
            "SOP-S251",
            Text("不在彩排的时间里", "This moment is not part of the rehearsal"),
            self._document.place(path),
            help=Text("改这里，或改 start、until", "Change it, or start and until"),
            path=path,
        )

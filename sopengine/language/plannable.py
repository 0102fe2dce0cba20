"""A playbook with errors → what of it can be planned all the same: a dry run shows it beside the findings."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from sopengine.diagnostics import Diagnostic, Path, Severity
from sopengine.language.build.times import complete
from sopengine.language.model import Playbook, Step
from sopengine.language.modules.expansion import with_steps

_WHOLE = ("timezone", "calendar", "runs")
_TIMES = ("on", "at", "after", "except", "shift", "spread", "max", "useful_until", "due")
_BOUNDS = ("from", "until")


def plannable(playbook: Playbook, found: Iterable[Diagnostic]) -> Playbook | None:
    """Without the steps and phases of whose time an error is found; None where the days of all are wrong. Of a
    playbook without errors the playbook itself."""
    wrong = [d.path for d in found if d.severity is Severity.ERROR]
    if not wrong:
        return playbook
    if any(_any_at(wrong, (key,)) for key in _WHOLE):
        return None

    def timed(step: Step) -> bool:
        return complete(step.when) and not any(_any_at(wrong, (*step.path, key)) for key in _TIMES)

    dated = (p for p in playbook.phases if not any(_any_at(wrong, (*p.path, key)) for key in _BOUNDS))
    return with_steps(replace(playbook, phases=tuple(dated)), lambda steps: tuple(filter(timed, steps)))


def _any_at(wrong: Iterable[Path], place: Path) -> bool:
    return any(path[: len(place)] == place for path in wrong)

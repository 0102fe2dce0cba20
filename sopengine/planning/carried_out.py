"""A playbook → the part of it that this version carries out: what a dry run shows of it (language.md)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from sopengine.diagnostics import Path
from sopengine.language.model import Playbook, Send, Step


def carried_out(playbook: Playbook) -> Playbook:
    """Without the steps that hold anything not built yet, or send a message that does, or come after such a step, and
    without phases that cannot be placed. `check` and `dry-run` name each part; `start` refuses the playbook."""
    if not playbook.unbuilt:
        return playbook
    unbuilt = [part.path for part in playbook.unbuilt]
    phases = [phase for phase in playbook.phases if not _unplaced(phase.path, unbuilt)]
    flows = [phase.steps for phase in phases]
    flows += [flow.steps for flow in (playbook.weekly, playbook.welcome, *playbook.journeys) if flow is not None]
    flows += [watch.do for watch in playbook.watches]
    kept = _kept((step for steps in flows for step in steps), unbuilt)

    def of(steps: Iterable[Step]) -> tuple[Step, ...]:
        return tuple(step for step in steps if step.id in kept)

    return replace(
        playbook,
        phases=tuple(replace(phase, steps=of(phase.steps)) for phase in phases),
        weekly=playbook.weekly and replace(playbook.weekly, steps=of(playbook.weekly.steps)),
        welcome=playbook.welcome and replace(playbook.welcome, steps=of(playbook.welcome.steps)),
        journeys=tuple(replace(journey, steps=of(journey.steps)) for journey in playbook.journeys),
        watches=tuple(replace(watch, do=of(watch.do)) for watch in playbook.watches),
        runs=None if _unplaced(("runs",), unbuilt) else playbook.runs,
    )


def _kept(steps: Iterable[Step], unbuilt: list[Path]) -> set[str]:
    """Ids of the steps that are built, less those that wait for one that is not, and so on."""
    built = {step.id: step for step in steps if not _holds(step, unbuilt)}
    while waiting := [s.id for s in built.values() if _comes_after(s) and _comes_after(s) not in built]:
        for step in waiting:
            del built[step]
    return set(built)


def _comes_after(step: Step) -> str:
    return step.when.after.subject if step.when.after else ""


def _holds(step: Step, unbuilt: list[Path]) -> bool:
    messages = [arm.action.message for _, arm in step.all_arms() if isinstance(arm.action, Send)]
    if not all(message.variants or message.table for message in messages):
        return True
    return any(path[: len(step.path)] == step.path for path in unbuilt)


def _unplaced(owner: Path, unbuilt: list[Path]) -> bool:
    return any(path[: len(owner) + 1] in ((*owner, "from"), (*owner, "until")) for path in unbuilt)

"""Steps that wait for each other, and audiences taken from each other → each circle as one finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sopengine.diagnostics import Path, Text
from sopengine.language.checks.references import References
from sopengine.language.model import Playbook, Step


def check_circles(steps: Sequence[Step], playbook: Playbook, references: References) -> None:
    """Adds SOP-R313."""
    waits = {s.id: s.when.after.subject for s in steps if s.when.after and s.when.after.of_step}
    by_id = {step.id: step for step in steps}
    for circle in _circles(waits):
        path: Path = (*by_id[circle[0]].path, "after")
        _report("步骤互相等待", "Steps wait for each other", circle, path, references)
    taken = {audience.name: audience.of for audience in playbook.audiences.values() if audience.of}
    for circle in _circles(taken):
        path = ("audiences", circle[0], "of")
        _report("人群互相取自对方", "Audiences are taken from each other", circle, path, references)
    _check_order(playbook, references)


def _circles(edges: dict[str, str]) -> Iterator[list[str]]:
    """Each node leads to one other at most."""
    done: set[str] = set()
    for start in edges:
        trail: list[str] = []
        node = start
        while node in edges and node not in done:
            done.add(node)
            trail.append(node)
            node = edges[node]
        if node in trail:
            yield trail[trail.index(node) :]


def _report(zh: str, en: str, circle: list[str], path: Path, references: References) -> None:
    shown = " → ".join([*circle, circle[0]])
    references.findings.add(
        "SOP-R313",
        Text(f"{zh}，谁也不会开始：{shown}", f"{en} and none ever begins: {shown}"),
        references.document.place(path),
        path=path,
    )


def _check_order(playbook: Playbook, references: References) -> None:
    """In a triggered flow a step starts when the earlier ones are final, so it cannot wait for a later one."""
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        position = {step.id: i for i, step in enumerate(journey.steps)}
        for i, step in enumerate(journey.steps):
            after = step.when.after
            if after is None or not after.of_step or position.get(after.subject, -1) <= i:
                continue
            path: Path = (*step.path, "after")
            references.findings.add(
                "SOP-R313",
                Text(
                    f"步骤 {after.subject} 排在后面，要等前面的步骤完成才开始，这里等不到它",
                    f"Step {after.subject} comes later and begins only when this one is final",
                ),
                references.place_of(after.subject, path),
                help=Text(f"把 {after.subject} 移到前面", f"Move {after.subject} before it"),
                path=path,
            )

"""What a playbook says about other playbooks of its workspace → findings where these have nothing of that name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sopengine.cli.files import Files, playbooks_beneath, read_playbook
from sopengine.diagnostics import Diagnostic, Edit, Fix, Place, Text
from sopengine.language.document import Document
from sopengine.language.load import load_opened
from sopengine.language.model import During, Playbook, Send, Step
from sopengine.language.opening import open_document
from sopengine.language.suggest import closest, is_slip


def misfits_of_during(playbook: Playbook, document: Document, root: Path) -> Iterator[Diagnostic]:
    """SOP-R323 for a playbook that is nowhere beneath `root`, SOP-R324 for what it does not have or cannot reword."""
    rules = [rule for phase in playbook.phases for rule in phase.during]
    if not rules:
        return
    files = _by_id(root)
    others = {name: _load(files[name], root) for name in {rule.playbook for rule in rules} & files.keys()}
    for rule in rules:
        if rule.playbook == playbook.id:
            continue
        other = others.get(rule.playbook)
        if other is None:
            yield from _no_playbook(rule, document, files)
        else:
            yield from _nothing_there(rule, document, other)


def _by_id(root: Path) -> dict[str, Path]:
    """The playbooks beneath a folder."""
    found: dict[str, Path] = {}
    for file in playbooks_beneath(root):
        opened = open_document(read_playbook(file), file.as_posix())
        if opened.document is not None and opened.kind == "playbook":
            found.setdefault(str(opened.document.data.get("playbook", "")), file)
    return found


def _load(file: Path, root: Path) -> Playbook | None:
    files = Files(file.parent, root)
    return load_opened(open_document(read_playbook(file), file.as_posix()), files).playbook


def _no_playbook(rule: During, document: Document, files: Mapping[str, Path]) -> Iterator[Diagnostic]:
    guess = closest(rule.playbook, files)
    place = _part(document, rule, 0, len(rule.playbook))
    yield Diagnostic(
        "SOP-R323",
        Text(
            f"工作区里没有 playbook {rule.playbook}" + (f"，是不是 {guess}？" if guess else ""),
            f"The workspace has no playbook {rule.playbook}" + (f"; did you mean {guess}?" if guess else ""),
        ),
        place,
        help=None
        if guess
        else Text("写那份 playbook 的编号，不是文件名", "Write the id of that playbook, not the name of its file"),
        path=rule.path,
        fix=Fix((Edit(place, guess),), safe=is_slip(rule.playbook, guess)) if guess else None,
    )


def _nothing_there(rule: During, document: Document, other: Playbook) -> Iterator[Diagnostic]:
    steps = {step.id: step for step in other.steps()}
    place = _part(document, rule, len(rule.playbook) + 1, len(rule.name))
    if rule.name in steps:
        if rule.message and not _speaks(steps[rule.name]):
            yield Diagnostic(
                "SOP-R324",
                Text(
                    f"{rule.playbook} 的步骤 {rule.name} 不发消息，不能换成别的话",
                    f"The step {rule.name} of {rule.playbook} sends no message that another could replace",
                ),
                place,
                help=Text("要跳过它，写 skip", "To leave it out write `skip`"),
                path=rule.path,
            )
    elif rule.name not in other.messages:
        known = [*steps, *other.messages]
        guess = closest(rule.name, known)
        listed = ", ".join(dict.fromkeys(known))
        yield Diagnostic(
            "SOP-R324",
            Text(
                f"{rule.playbook} 里没有步骤或消息 {rule.name}" + (f"，是不是 {guess}？" if guess else ""),
                f"{rule.playbook} has no step or message {rule.name}" + (f"; did you mean {guess}?" if guess else ""),
            ),
            place,
            help=None if guess else Text(f"它有：{listed}", f"It has: {listed}"),
            path=rule.path,
            fix=Fix((Edit(place, guess),), safe=is_slip(rule.name, guess)) if guess else None,
        )


def _speaks(step: Step) -> bool:
    return any(isinstance(arm.action, Send) for _, arm in step.all_arms())


def _part(document: Document, rule: During, start: int, length: int) -> Place:
    """A part of the key `tea-week/rules`; a quoted key begins one sign later."""
    key = document.place(rule.path, of_key=True)
    quoted = key.end_col - key.col > len(f"{rule.playbook}/{rule.name}")
    col = key.col + start + quoted
    return Place(key.file, key.line, col, key.line, col + length)

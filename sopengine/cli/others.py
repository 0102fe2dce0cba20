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
from sopengine.workspace import Workspace, open_channels


def misfits_of_during(playbook: Playbook, document: Document, workspace: Workspace) -> Iterator[Diagnostic]:
    """SOP-R323 for a playbook that the workspace does not have, SOP-R324 for what that does not have or cannot reword,
    SOP-D613 for an image that would go where the other playbook sends its words."""
    root = workspace.root
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
            message = playbook.messages.get(rule.message)
            if message is not None and message.has_image:
                yield from _no_images(rule, document, other, workspace)


def _no_images(rule: During, document: Document, other: Playbook, workspace: Workspace) -> Iterator[Diagnostic]:
    """The first channel of the other playbook's that would be given a picture and carries none."""
    channels = open_channels(workspace)
    for step in (arm for whole in other.steps() for _, arm in whole.all_arms()):
        if not isinstance(step.action, Send) or rule.name not in (step.id, step.action.message.name):
            continue
        receiver = other.audiences.get(step.to) or other.roles.get(step.to)
        name = step.via or (receiver.via if receiver else "") or workspace.default_channel
        if name in channels and not channels[name].images:
            message = Text(
                f"{rule.playbook} 的步骤 {step.id} 走渠道 {name}，带不了 {rule.message} 的图片",
                f"the step {step.id} of {rule.playbook} goes through channel {name}, "
                f"which cannot carry the image of {rule.message}",
            )
            yield Diagnostic("SOP-D613", message, document.place(rule.path), help=_NO_IMAGE, path=rule.path)
            return


_NO_IMAGE = Text("换成一条不带图的消息", "Give it a message without an image instead")


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

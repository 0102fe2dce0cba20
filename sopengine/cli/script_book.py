"""Where a script comes from (a playbook file, or the copy a campaign keeps) and with which inputs it is walked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from sopengine.diagnostics import Diagnostic, Severity, Text
from sopengine.engine.bundle import unpack
from sopengine.errors import Refused, SopError, UsageError
from sopengine.language.document import Document
from sopengine.language.expressions.conditions import condition_names
from sopengine.language.expressions.templates import names_used
from sopengine.language.inputs import typed_inputs
from sopengine.language.load import Loaded, load
from sopengine.language.model import Playbook
from sopengine.language.named import Value
from sopengine.language.script import Script
from sopengine.language.suggest import closest
from sopengine.store.rows import CampaignRow, TaskRow
from sopengine.store.store import Store


class Book(Struct, frozen=True):
    """A playbook with the inputs it is given, not typed yet, and what is wrong with it."""

    playbook: Playbook
    document: Document
    given: Mapping[str, Any]
    diagnostics: tuple[Diagnostic, ...]

    def script(self, name: str) -> Script:
        """UsageError where there is none of that name; Refused where it, or an input, has errors."""
        scripts = self.playbook.scripts
        if name not in scripts:
            raise UsageError(*_no_script(name, list(scripts)))
        wrong = tuple(
            d
            for d in self.diagnostics
            if d.severity is Severity.ERROR and (d.path[:1] in ((), ("inputs",)) or d.path[:2] == ("scripts", name))
        )
        if wrong:
            raise Refused(Text(f"话术 {name} 有错误，走不了", f"script {name} has errors and cannot be walked"), wrong)
        return scripts[name]

    def inputs(self, script: Script) -> dict[str, Value]:
        """Typed; what has no value may be missing as long as the script does not read it. Refused otherwise."""
        values, found = typed_inputs(self.playbook, self.given)
        needed = _inputs_of(script)
        wrong = tuple(d for d in found if d.code != "SOP-R310" or d.path[1] in needed)
        if wrong:
            raise Refused(Text("输入的值不对", "an input is wrong"), wrong)
        return values


def book_of_file(path: str, given: Mapping[str, Any]) -> Book:
    """`path` is a playbook or a campaign file, whose inputs `given` outrank."""
    from sopengine.cli.asked import asked_for
    from sopengine.cli.files import Files
    from sopengine.language.load import load_opened

    asked = asked_for(path)
    if asked.opened is None:
        raise _unreadable(asked.diagnostics)
    loaded = load_opened(asked.opened, Files(Path(asked.file).parent))
    return _book(loaded, {**(asked.campaign.inputs if asked.campaign else {}), **given})


def book_of_campaign(store: Store, campaign: CampaignRow, given: Mapping[str, Any]) -> Book:
    """The copy made at the campaign's start, with its inputs, which `given` outrank."""
    bundle = unpack(store.bundle(campaign.bundle))
    return _book(load(bundle.playbook, bundle.file, bundle.files.get), {**bundle.inputs, **given})


def book_for_task(store: Store, campaign: CampaignRow, task: TaskRow, book: Book) -> Book:
    """A file instead of the campaign's copy, as it may be after an edit: with the campaign's inputs beneath its own.
    UsageError for another playbook."""
    if campaign.playbook != book.playbook.id:
        raise UsageError(
            Text(
                f"任务 {task.id} 属于剧本 {campaign.playbook}，不是 {book.playbook.id}",
                f"task {task.id} belongs to the playbook {campaign.playbook}, not {book.playbook.id}",
            )
        )
    inputs = unpack(store.bundle(campaign.bundle)).inputs
    known = {name: value for name, value in inputs.items() if name in book.playbook.inputs}
    return replace(book, given={**known, **book.given})


def script_of_task(playbook: Playbook, task: TaskRow) -> str:
    """The script that a task goes with; UsageError where its step names none, or more than one."""
    names = [name for step in playbook.steps() if step.id == task.step for name in step.scripts]
    if len(names) == 1:
        return names[0]
    listed = ", ".join(names or playbook.scripts)
    raise UsageError(
        Text(f"任务 {task.id} 没有写明用哪份话术", f"task {task.id} does not say which script goes with it"),
        Text(f"指明一份：{listed}", f"name one: {listed}") if listed else None,
    )


def _book(loaded: Loaded, given: Mapping[str, Any]) -> Book:
    if loaded.playbook is None or loaded.document is None:
        raise _unreadable(loaded.diagnostics)
    return Book(loaded.playbook, loaded.document, given, loaded.diagnostics)


def _unreadable(diagnostics: tuple[Diagnostic, ...]) -> SopError:
    return Refused(Text("剧本读不了", "the playbook cannot be read"), diagnostics)


def _no_script(name: str, known: list[str]) -> tuple[Text, Text | None]:
    if not known:
        return Text("这份剧本没有话术", "this playbook has no scripts"), None
    guess, listed = closest(name, known), ", ".join(known)
    return (
        Text(
            f"没有话术 {name}" + (f"，是不是 {guess}？" if guess else ""),
            f"there is no script {name}" + (f", did you mean {guess}?" if guess else ""),
        ),
        Text(f"这份剧本的话术：{listed}", f"scripts of this playbook: {listed}"),
    )


def _inputs_of(script: Script) -> set[str]:
    names = [name for node in script.nodes.values() for _, text in node.lines() for name in names_used(text)]
    for node in script.nodes.values():
        names += [name for branch in node.branches() for name in condition_names(branch.condition.text)]
    return {name.parts[1] for name in names if name.parts[0] == "input" and len(name.parts) > 1}

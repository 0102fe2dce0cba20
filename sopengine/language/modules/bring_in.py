"""The steps of a playbook that use modules → what each brings in, checked, and named as the playbook names it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from sopengine.diagnostics import Edit, Findings, Fix, Path, Text
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.part import Desk, Part
from sopengine.language.build.playbook import Built
from sopengine.language.document import Document
from sopengine.language.kinds import WORDS
from sopengine.language.model import Handed, Playbook, Step, Use
from sopengine.language.modules import fit
from sopengine.language.modules.brought import Brought, Modules
from sopengine.language.modules.expansion import Names, handed_on, renamed, renamed_message
from sopengine.language.modules.handed import hidden_anchor
from sopengine.language.modules.inputs import hand_over
from sopengine.language.modules.receivers import Receivers, alias, match_receivers, with_subjects
from sopengine.language.modules.shelf import DEPTH, MOST, Shelf, beside
from sopengine.language.modules.view import inside, own_findings, view
from sopengine.language.suggest import closest


class Standing(Struct, frozen=True):
    """The file that is being loaded: the names of the files around it, outermost first, its own last ("" for the
    playbook); `unknown` are the parts of a playbook around it that nobody knows, when a module is checked alone."""

    trail: tuple[str, ...] = ("",)
    unknown: frozenset[str] = frozenset()

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.trail[-1])


class Unit(NamedTuple):
    """A loaded document with its modules in it."""

    playbook: Playbook
    document: Document


LoadUnit = Callable[[Document, frozenset[Path], MessageFiles, Findings, Standing], Unit]


def bring_in(built: Built, desk: Desk, shelf: Shelf, standing: Standing, load: LoadUnit) -> Modules:
    """Adds findings about each `use` and, with their own places, about what the modules hold."""
    modules = Modules()
    for step in built.steps:
        if isinstance(step.action, Use):
            modules.ids[step.id] = step.path
            bringing = _Bringing(step, step.action, built.playbook, desk, shelf, standing, load)
            if (brought := bringing.brought()) is not None:
                modules.brought[step.path] = brought
    return modules


class _Bringing(Struct, frozen=True):
    step: Step
    action: Use
    playbook: Playbook
    desk: Desk
    shelf: Shelf
    standing: Standing
    load: LoadUnit

    @property
    def use(self) -> Part:
        data: Any = self.desk.document.data
        for key in self.step.path:
            data = data[key]
        return Part(data, self.step.path, self.desk)

    @property
    def flow(self) -> Path:
        return self.step.path[:-2]

    @property
    def name(self) -> str:
        return beside(self.standing.folder, self.action.module)

    def brought(self) -> Brought | None:
        if not self.action.module or self._goes_on_for_ever() or self._is_too_much():
            return None
        module = self._module()
        if module is None:
            return None
        document, meant = module
        if self._does_not_fit(document):
            return None
        return self._loaded(document, meant)

    def _loaded(self, module: Document, meant: frozenset[Path]) -> Brought:
        outer, use = self.desk.document.data, self.use
        receivers = match_receivers(Part(module.data, (), self.desk), use, self.playbook, outer)
        if fit.is_triggered(self.flow):
            receivers = with_subjects(receivers, self.playbook, outer)
        to, receivers = self._receiver(module, receivers)
        seen = view(module, outer, self.flow, to, receivers.declared)
        findings = Findings()
        unit = self.load(
            seen,
            frozenset(inside(path, self.flow) for path in meant),
            self.shelf.files_of(self.name, findings),
            findings,
            Standing((*self.standing.trail, self.name), self.standing.unknown),
        )
        base = (*self.step.path, "use")
        self.desk.findings.extend(own_findings(findings, module, self.flow, base))
        others = [*_names(module, "audiences"), *_names(module, "roles")]
        handed = hand_over(use, unit.playbook.inputs, _names(module, "inputs"), others, self.playbook)
        return self._named(module, unit, receivers, handed)

    def _named(self, module: Document, unit: Unit, receivers: Receivers, handed: dict[str, Handed]) -> Brought:
        id, inner = self.step.id, unit.playbook.modules
        anchors = {name: one.input or hidden_anchor(id, name) for name, one in handed.items()}
        anchors |= {
            hidden_anchor(nested, name): hidden_anchor(f"{id}.{nested}", name)
            for nested, values in inner.items()
            for name in values
        }
        steps = unit.playbook.steps()
        ids = frozenset(step.id for step in steps)
        names = Names(id, (*self.step.path, "use"), self.flow, ids, receivers.names, anchors)
        was = self.step.was
        messages = (renamed_message(message, names) for message in unit.playbook.messages.values())
        nested = {path[len(self.flow) :]: document for path, document in unit.document.modules.items()}
        return Brought(
            tuple(renamed(step, names, was) for step in steps),
            {message.name: message for message in messages},
            {id: handed, **handed_on(inner, names, handed)},
            replace(module, modules=nested),
            frozenset(receivers.names.values()),
        )

    def _receiver(self, module: Document, receivers: Receivers) -> tuple[str, Receivers]:
        """Whom steps without `to` speak to, by the name it has inside; asked for where nobody says."""
        if self.step.to:
            return alias(self.step.to, receivers, self.playbook, self.desk.document.data)
        names = [str(step.get("id", "")) for step in _speaking(module.data) if not step.get("to")]
        if not names or ("to" in self.use):
            return "", receivers
        listed = "、".join(names)
        self.use.get("use").wrong(
            "SOP-S201",
            Text(
                f"模块的步骤 {listed} 没有写给谁，这里也没有写",
                f"The module's steps {', '.join(names)} do not say to whom, nor does this one",
            ),
            Text("在这一步加上 to: 人群或角色的名字", "Add `to:` with the name of an audience or role to this step"),
        )
        return "target", receivers

    def _module(self) -> tuple[Document, frozenset[Path]] | None:
        shelved = self.shelf.module(self.name)
        if shelved is None:
            self._no_file()
            return None
        base = (*self.step.path, "use")
        if shelved.document is not None and shelved.kind != "module":
            kind = WORDS[shelved.kind]
            self.use.get("use").wrong(
                "SOP-S207",
                Text(f"{self.action.module} 是{kind.zh}，不是模块", f"{self.action.module} is a {kind.en}, no module"),
                Text("模块的第一个键是 module", "The first key of a module is `module`"),
            )
            return None
        self.desk.findings.extend(replace(found, path=(*base, *found.path)) for found in shelved.diagnostics)
        return None if shelved.document is None else (shelved.document, shelved.meant)

    def _no_file(self) -> None:
        part = self.use.get("use")
        guess = self._nearest()
        place = self.desk.document.place(part.path)
        self.desk.findings.add(
            "SOP-R308",
            Text(
                f"找不到模块 {self.action.module}" + (f"，是不是 {guess}？" if guess else ""),
                f"There is no module {self.action.module}" + (f"; did you mean {guess}?" if guess else ""),
            ),
            place,
            help=Text("路径从这个文件所在的目录算起", "The path counts from the folder of this file"),
            path=part.path,
            fix=Fix((Edit(place, guess),)) if guess else None,
        )

    def _nearest(self) -> str | None:
        """The file whose name comes nearest, among those there are, as this file would write it."""
        folder = self.standing.folder
        by_stem = {posixpath.splitext(posixpath.basename(name))[0]: name for name in self.shelf.known()}
        by_stem.pop(posixpath.splitext(posixpath.basename(self.desk.document.file))[0], None)
        written = posixpath.basename(self.action.module)
        guess = closest(posixpath.splitext(written)[0], by_stem)
        return posixpath.relpath(by_stem[guess], folder or ".") if guess else None

    def _goes_on_for_ever(self) -> bool:
        trail = self.standing.trail
        if self.name not in trail:
            return False
        shown = " → ".join([*trail[trail.index(self.name) :], self.name])
        self.use.get("use").wrong(
            "SOP-R313", Text(f"模块互相使用，没有尽头：{shown}", f"Modules use each other without end: {shown}")
        )
        return True

    def _is_too_much(self) -> bool:
        self.shelf.taken += 1
        part = self.use.get("use")
        if len(self.standing.trail) > DEPTH:
            part.wrong(
                "SOP-Y109",
                Text(f"模块里套模块超过 {DEPTH} 层", f"Modules stand more than {DEPTH} deep in each other"),
            )
        elif self.shelf.taken == MOST + 1:
            part.wrong(
                "SOP-Y109",
                Text(f"一份 playbook 用到的模块超过 {MOST} 处", f"A playbook uses modules more than {MOST} times"),
            )
        return len(self.standing.trail) > DEPTH or self.shelf.taken > MOST

    def _does_not_fit(self, module: Document) -> bool:
        """A module made for a flow that an event starts, in one that nothing starts; phase days in `weekly`."""
        if fit.is_triggered(self.flow):
            return False
        found, flows = fit.needs_trigger(module.data), fit.TRIGGERED
        if found is None and self.flow[:1] == ("weekly",):
            found, flows = fit.needs_phase(module.data), fit.PHASES
        if found is None:
            return False
        step, why = found
        self.use.get("use").wrong(
            "SOP-R322",
            Text(
                f"这个模块只能用在 {flows.zh} 里：步骤 {step}，{why.zh}",
                f"This module is for {flows.en} only: step {step}, {why.en}",
            ),
            Text(f"移到 {flows.zh} 里，或者改模块", f"Move it to {flows.en}, or change the module"),
        )
        return True


def _names(module: Document, key: str) -> list[str]:
    part = module.data.get(key)
    return list(part) if isinstance(part, dict) else []


def _speaking(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    steps = data.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and ("send" in step or "task" in step):
            yield step

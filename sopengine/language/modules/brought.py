"""What the modules of a playbook bring in, and the playbook with it in its places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Path
from sopengine.language.build.playbook import Built
from sopengine.language.document import Document
from sopengine.language.model import Handed, Playbook, Split, Step, Task, Use
from sopengine.language.modules.expansion import with_steps
from sopengine.language.named import Message
from sopengine.timing.words import When


class Brought(Struct, frozen=True):
    """What one step with `use` stands for."""

    steps: tuple[Step, ...]
    messages: Mapping[str, Message]
    modules: Mapping[str, Mapping[str, Handed]]
    document: Document
    receivers: frozenset[str]


class Modules(Struct):
    """What all of a playbook's `use` bring in, by the path of the step; `ids` of the steps, also of those that could
    not be loaded."""

    brought: dict[Path, Brought] = field(default_factory=dict)
    ids: dict[str, Path] = field(default_factory=dict)

    @property
    def steps(self) -> dict[str, Path]:
        """The ids of all steps brought in, with the path of the one that brought them in."""
        return {step.id: path for path, brought in self.brought.items() for step in brought.steps}

    @property
    def receivers(self) -> set[str]:
        """The playbook's own names that modules speak of without saying so."""
        return {name for brought in self.brought.values() for name in brought.receivers}

    def own(self, built: Built) -> Built:
        """The playbook for its own checks: where it speaks of modules' steps this is known, and these are there by
        name, place in their flow and form alone, since what they hold has been checked. `steps` are its own only."""
        ids = self.steps
        if not self.ids:
            return built

        def known(steps: tuple[Step, ...]) -> Iterator[Step]:
            for step in steps:
                if not isinstance(step.action, Use):
                    yield _resolved(step, ids)
                elif (brought := self.brought.get(step.path)) is not None:
                    yield from map(_stand_in, brought.steps)

        own = tuple(_resolved(step, ids) for step in built.steps if not isinstance(step.action, Use))
        return Built(self._measuring(with_steps(built.playbook, lambda steps: tuple(known(steps)))), own)

    def expanded(self, playbook: Playbook) -> Playbook:
        """The playbook with the modules' steps in their places."""
        if not self.ids:
            return playbook
        ids = self.steps

        def opened(steps: tuple[Step, ...]) -> Iterator[Step]:
            for step in steps:
                if not isinstance(step.action, Use):
                    yield _resolved(step, ids)
                elif (brought := self.brought.get(step.path)) is not None:
                    yield from brought.steps

        changed = self._measuring(with_steps(playbook, lambda steps: tuple(opened(steps))))
        messages = {name: text for brought in self.brought.values() for name, text in brought.messages.items()}
        modules = {id: handed for brought in self.brought.values() for id, handed in brought.modules.items()}
        return replace(changed, messages={**changed.messages, **messages}, modules=modules)

    def _measuring(self, playbook: Playbook) -> Playbook:
        """Metrics know whether they add up what modules' steps ask for."""
        ids = self.steps
        metrics = {name: replace(one, of_step=one.owner in ids) for name, one in playbook.metrics.items()}
        return replace(playbook, metrics=metrics)

    def mounted(self, document: Document) -> Document:
        if not self.brought:
            return document
        return replace(document, modules={(*path, "use"): one.document for path, one in self.brought.items()})


def _stand_in(step: Step) -> Step:
    action = step.action if isinstance(step.action, Split) else Task("", form=step.form)
    return Step(step.id, step.path, When(), action, step.to, module=step.module)


def _resolved(step: Step, ids: Mapping[str, Path]) -> Step:
    after = step.when.after
    if after is None or after.of_step or after.subject not in ids:
        return step
    return replace(step, when=replace(step.when, after=replace(after, of_step=True)))

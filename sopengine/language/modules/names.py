"""The names that modules add to what a playbook declares, and where they stand in each other's way."""

from __future__ import annotations

from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.language.build.part import Desk
from sopengine.language.checks.declared import FLOWS, Declared, flow_of
from sopengine.language.expressions.names import step_word
from sopengine.language.modules.bring_in import Standing
from sopengine.language.modules.brought import Modules

UNKNOWN_ALONE = frozenset(["events", "metrics", "goals", "scripts"])
"""What a module may take from the playbook that uses it."""


def with_modules(declared: Declared, modules: Modules, standing: Standing) -> Declared:
    """A step that uses a module is no step that others can wait for; the module's are."""
    own = {name: flow for name, flow in declared.steps.items() if name not in modules.ids}
    brought = {name: flow_of(path) for name, path in modules.steps.items()}
    lost = modules.ids.values() - modules.brought.keys()
    return replace(
        declared,
        steps={**own, **brought},
        uncertain=declared.uncertain | standing.unknown | (FLOWS if lost else frozenset()),
        modules=frozenset(modules.ids),
    )


def check_ids(modules: Modules, declared: Declared, desk: Desk) -> None:
    """Adds SOP-S208 where a module's step gets the name of an event, or one that conditions confuse."""
    words = {step_word(name): name for name in declared.steps if name not in modules.steps}
    for name, path in modules.steps.items():
        word = step_word(name)
        other = words.setdefault(word, name)
        if declared.is_event(name):
            _report(desk, path, Text(f"{name} 已经是事件的名字", f"{name} is already the name of an event"))
        elif other != name:
            _report(
                desk,
                path,
                Text(
                    f"步骤 {name} 和 {other} 在条件里都写作 step.{word}",
                    f"The steps {name} and {other} are both step.{word} in conditions",
                ),
            )


def _report(desk: Desk, path: tuple[str | int, ...], message: Text) -> None:
    place = desk.document.place((*path, "id"))
    desk.findings.add("SOP-S208", message, place, help=Text("换一个编号", "Choose another id"), path=(*path, "id"))

"""What a playbook's modules were handed, and the values of its inputs → the values that a module's own names have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time

from sopengine.language.model import Playbook, Step
from sopengine.language.named import Value


def hidden_anchor(module: str, name: str) -> str:
    """The anchor of a module's own date: inputs of a playbook have no hyphen in their names."""
    return f"{module.replace('.', '--')}-{name}"


def inputs_for(playbook: Playbook, step: Step, inputs: Mapping[str, Value]) -> Mapping[str, Value]:
    """What `input.` means in the step's texts and conditions: a module's step sees what the module was handed."""
    if not step.module:
        return inputs
    given = playbook.modules[step.module]
    values = {name: inputs.get(one.input) if one.input else one.value for name, one in given.items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def module_anchors(playbook: Playbook) -> dict[str, date | time]:
    """The dates and times that modules were given as such, under the names that their steps count from."""
    return {
        hidden_anchor(module, name): one.value
        for module, given in playbook.modules.items()
        for name, one in given.items()
        if isinstance(one.value, date | time)
    }

"""Every anchor a playbook's times lean on → findings where there is none, or its type cannot carry that time."""

from __future__ import annotations

from collections.abc import Sequence

from sopengine.diagnostics import Text
from sopengine.language.checks.anchor_use import BESIDE_DUE, Use, item_of, report_type, uses
from sopengine.language.checks.named_anchors import check_named_anchor
from sopengine.language.checks.references import Kind, References
from sopengine.language.model import Playbook, Step
from sopengine.language.named import FieldType

ANCHOR = Kind("SOP-R303", "时间锚点", "anchor", frozenset(["inputs"]))


def check_anchors(playbook: Playbook, steps: Sequence[Step], references: References) -> None:
    """Adds SOP-R303 and R312."""
    for use in uses(playbook, steps):
        if "." in use.anchor.name:
            check_named_anchor(use, playbook, references)
        else:
            _check_input(use, playbook, references)


def _check_input(use: Use, playbook: Playbook, references: References) -> None:
    declared, name, path = references.declared, use.anchor.name, item_of(use, references)
    if name not in declared.inputs:
        anchors = [n for n, i in playbook.inputs.items() if i.type in (FieldType.DATE, FieldType.DATETIME)]
        anchors += ["due"] * any(key in BESIDE_DUE for key in use.path)
        help = Text("锚点是 inputs 里类型为 date 或 datetime 的输入", "An anchor is an input of type date or datetime")
        references.unknown(ANCHOR, name, path, anchors, help, part=True, of_key=use.of_key)
        return
    declaration = playbook.inputs.get(name)
    if declaration is not None:  # else its own mistake has been reported
        report_type(use, path, declaration.type, references)

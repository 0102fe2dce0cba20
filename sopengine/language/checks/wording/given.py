"""Inputs as a campaign gives them → where the texts say otherwise and do not by the defaults already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopengine.diagnostics import Diagnostic, Findings
from sopengine.language.checks.wording.hardcoded import check_hardcoded
from sopengine.language.checks.wording.prose import own_prose
from sopengine.language.document import Document
from sopengine.language.inputs import typed_inputs
from sopengine.language.model import Playbook


def contradictions(document: Document, playbook: Playbook, given: Mapping[str, Any]) -> list[Diagnostic]:
    """SOP-W524 for what `given`, as written, changes; a module's texts name inputs of their own and are left out."""
    values = typed_inputs(playbook, given)[0]
    known = {name: values.get(name) for name in playbook.inputs}
    defaults = {name: declared.default for name, declared in playbook.inputs.items()}
    if known == defaults:
        return []
    texts = own_prose(document, playbook)
    found, before = Findings(), Findings()
    check_hardcoded(document, playbook, texts, known, found)
    check_hardcoded(document, playbook, texts, defaults, before)
    told = {(one.place, one.path) for one in before}
    return [one for one in found if (one.place, one.path) not in told]

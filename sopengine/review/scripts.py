"""The scripts of a campaign, their lines rendered with values as a clerk types them → findings where no text comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sopengine.diagnostics import Diagnostic, Path, Severity, Text
from sopengine.language.checks.kinds import EXAMPLES
from sopengine.language.document import Document
from sopengine.language.named import FieldType
from sopengine.language.script import Question, Script
from sopengine.messages.model import Rendered, RenderJob
from sopengine.messages.renderer import Renderer
from sopengine.planning.model import Campaign
from sopengine.review.text_doubts import FAILURES

_NUMBERS = (FieldType.NUMBER, FieldType.INTEGER, FieldType.MONEY)


def script_findings(
    campaign: Campaign, document: Document, renderer: Renderer, given: Sequence[Diagnostic]
) -> Iterator[Diagnostic]:
    """One for each line that has no text whichever of the values is typed; scripts with errors among those `given`
    cannot be walked and are left out."""
    wrong = {found.path[:2] for found in given if found.severity is Severity.ERROR}
    for script in campaign.playbook.scripts.values():
        if script.path in wrong:
            continue
        contexts = tuple({"ask": values} for values in _typed_values(script))
        lines = [
            ((*node.path, key), text) for node in script.nodes.values() for key, text in node.lines() if "{" in text
        ]
        jobs = (RenderJob(text, contexts, {"input": campaign.inputs}) for _, text in lines)
        for (path, _), results in zip(lines, renderer.render_many(jobs), strict=True):
            if not any(rendered.ok for rendered in results):
                yield _no_text(path, results[0], document)


def _typed_values(script: Script) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Two values of every question: what fails with one number only (a division by zero) is no mistake of the line."""
    questions = script.questions()
    return {q.name: _one(q) for q in questions}, {q.name: _another(q) for q in questions}


def _one(question: Question) -> Any:
    return question.choices[0] if question.choices else EXAMPLES[question.type]


def _another(question: Question) -> Any:
    if question.choices:
        return question.choices[-1]
    if question.type is FieldType.BOOL:
        return False
    return EXAMPLES[question.type] + 6 if question.type in _NUMBERS else EXAMPLES[question.type]


def _no_text(path: Path, rendered: Rendered, document: Document) -> Diagnostic:
    message = Text(
        f"话术 {path[1]} 的节点 {path[3]}：{path[-1]} 出不来文字：{rendered.error}",
        f"script {path[1]}, node {path[3]}: `{path[-1]}` has no text: {rendered.error}",
    )
    place = document.inside(path, rendered.line) if rendered.line else document.place(path)
    return Diagnostic(FAILURES.get(rendered.kind, "SOP-T403"), message, place, path=path)

"""A playbook as built → every finding about its words, from what is written alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sopengine.diagnostics import Findings, Text
from sopengine.language.checks.wording.dates import check_dates, known_days
from sopengine.language.checks.wording.hardcoded import check_hardcoded
from sopengine.language.checks.wording.ladders import check_ladders
from sopengine.language.checks.wording.leftovers import check_keys, check_leftovers
from sopengine.language.checks.wording.prose import Prose, prose
from sopengine.language.checks.wording.sameness import check_sameness
from sopengine.language.document import Document
from sopengine.language.model import Playbook, Step


def check_wording(
    document: Document,
    playbook: Playbook,
    steps: Iterable[Step],
    shown_file: Callable[[str], str],
    file_texts: Mapping[str, str],
    findings: Findings,
) -> None:
    """Adds SOP-T404, W523 to W527 and D621. Inputs count with their defaults."""
    steps = list(steps)
    texts = prose(playbook, steps, shown_file)
    _check_empty(document, texts, findings)
    check_leftovers(document, texts, findings)
    check_ladders(document, texts, findings)
    check_dates(document, texts, known_days(playbook, steps), findings)
    defaults = {name: declared.default for name, declared in playbook.inputs.items()}
    check_hardcoded(document, playbook, texts, defaults, findings)
    check_sameness(document, texts, findings)
    check_keys(document, file_texts.items(), findings)


def _check_empty(document: Document, texts: Iterable[Prose], findings: Findings) -> None:
    for text in texts:
        if not text.text.strip():
            findings.add(
                "SOP-T404",
                Text("这里没有文字", "There is no text here"),
                text.whole(document),
                help=Text("写上要发的内容", "Write what is to be sent"),
                path=text.path,
            )

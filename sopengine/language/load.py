"""Bytes of a playbook → the playbook, the document it was read from, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sopengine.diagnostics import Diagnostic, Findings, Severity, Text, in_order
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.part import Desk
from sopengine.language.build.playbook import Built, build_playbook
from sopengine.language.checks.anchors import check_anchors
from sopengine.language.checks.content import check_content
from sopengine.language.checks.declared import Declared, declared_names
from sopengine.language.checks.figures import check_figures
from sopengine.language.checks.named import check_named
from sopengine.language.checks.references import References
from sopengine.language.checks.scope import Scopes
from sopengine.language.checks.scripts import check_scripts
from sopengine.language.checks.texts import check_texts
from sopengine.language.checks.unbuilt import with_unbuilt
from sopengine.language.checks.unused import check_unused
from sopengine.language.checks.wording.all import check_wording
from sopengine.language.document import Document
from sopengine.language.model import Playbook
from sopengine.language.opening import Opened, open_document
from sopengine.language.shape import check_shape


@dataclass(frozen=True, slots=True)
class Loaded:
    """`playbook` is None only if nothing could be read; with errors among the diagnostics it serves no other purpose
    than further checks. `texts` maps each file read, by the name findings use, to its text."""

    playbook: Playbook | None
    document: Document | None
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str] = field(default_factory=dict)


def load(
    data: bytes,
    file: str,
    open_file: Callable[[str], bytes | None],
    source_columns: Mapping[str, Collection[str]] | None = None,
) -> Loaded:
    """Takes any bytes. `open_file` gets paths relative to the playbook; `source_columns` are the columns of the
    workspace's sources, as far as they are known: without them the sample says which columns there are."""
    return load_opened(open_document(data, file), open_file, source_columns)


def load_opened(
    opened: Opened,
    open_file: Callable[[str], bytes | None],
    source_columns: Mapping[str, Collection[str]] | None = None,
) -> Loaded:
    """The same for a file that has been opened, whatever kind it seemed to be."""
    findings = Findings(list(opened.diagnostics))
    document = opened.document
    if document is None:
        return Loaded(None, None, tuple(in_order(findings)))
    file = document.file
    meant = check_shape(document, findings)
    files = MessageFiles(file, open_file, findings)
    built = build_playbook(Desk(document, findings, meant), files)
    names = declared_names(document, meant, built.playbook.scripts.values())
    _check_names(document, built, names, files, source_columns or {}, findings)
    check_wording(document, built.playbook, built.steps, files.shown, files.texts, findings)
    playbook = with_unbuilt(built.playbook)
    _name_unbuilt(document, playbook, findings)
    return Loaded(playbook, document, tuple(in_order(findings)), {file: document.text, **files.texts})


def _check_names(
    document: Document,
    built: Built,
    declared: Declared,
    files: MessageFiles,
    source_columns: Mapping[str, Collection[str]],
    findings: Findings,
) -> None:
    playbook, steps = built.playbook, built.steps
    references = References(document, declared, findings)
    check_named(playbook, steps, references)
    check_anchors(playbook, steps, references)
    check_figures(playbook, references)
    scopes = Scopes(playbook, source_columns)
    meant = check_texts(document, playbook, steps, declared, scopes, files.shown, findings)
    check_scripts(playbook, steps, references)
    check_content(document, steps, findings)
    if not document.broken:
        check_unused(document, files.texts.values(), references.meant | meant, findings)


def _name_unbuilt(document: Document, playbook: Playbook, findings: Findings) -> None:
    wrong = {found.path for found in findings if found.severity is Severity.ERROR}
    for unbuilt in playbook.unbuilt:
        if unbuilt.path in wrong and unbuilt.feature != unbuilt.path[-1]:
            continue  # the feature is a misspelt name: one mistake, not two
        findings.add(
            "SOP-S220",
            Text(
                f"这一版还不能执行 `{unbuilt.feature}`：检查和预演会略过它，start 会拒绝",
                f"This version does not carry out `{unbuilt.feature}`: check and dry-run pass over it, start refuses",
            ),
            document.place(unbuilt.path, of_key=True),
            path=unbuilt.path,
        )

"""Bytes of a playbook → the playbook, the document it was read from, and everything that is wrong with it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from sopengine.diagnostics import Diagnostic, Findings, Path, in_order
from sopengine.language.build.files import MessageFiles
from sopengine.language.build.part import Desk
from sopengine.language.build.playbook import Built, build_playbook
from sopengine.language.checks.anchors import check_anchors
from sopengine.language.checks.content import check_content
from sopengine.language.checks.declarations import check_declarations
from sopengine.language.checks.declared import Declared, declared_names
from sopengine.language.checks.figures import check_figures
from sopengine.language.checks.flows import check_flows
from sopengine.language.checks.hours import check_hours
from sopengine.language.checks.misnamed import tell_once
from sopengine.language.checks.modifiers import check_modifiers
from sopengine.language.checks.named import check_named
from sopengine.language.checks.reach import check_reach
from sopengine.language.checks.references import References
from sopengine.language.checks.rollouts import check_rollouts
from sopengine.language.checks.samples import check_samples
from sopengine.language.checks.schedule import check_schedule
from sopengine.language.checks.scope import Scopes
from sopengine.language.checks.scripts import check_scripts
from sopengine.language.checks.texts import check_texts
from sopengine.language.checks.timers import check_timers
from sopengine.language.checks.unused import check_unused
from sopengine.language.checks.wording.all import check_wording
from sopengine.language.document import Document
from sopengine.language.model import Playbook
from sopengine.language.modules.alone import view_alone
from sopengine.language.modules.bring_in import Standing, Unit, bring_in
from sopengine.language.modules.names import UNKNOWN_ALONE, check_ids, with_modules
from sopengine.language.modules.shelf import Shelf
from sopengine.language.modules.view import inside, own_findings
from sopengine.language.opening import Opened, open_document
from sopengine.language.shape import check_shape


class Loaded(Struct, frozen=True):
    """`playbook` is None only if nothing could be read; with errors among the diagnostics it serves no other purpose
    than further checks. `texts` maps each file read, by the name findings use, to its text."""

    playbook: Playbook | None
    document: Document | None
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str] = field(default_factory=dict)


OpenFile: TypeAlias = Callable[[str], bytes | None]
Columns: TypeAlias = Mapping[str, Collection[str]]
Names: TypeAlias = Callable[[], Iterable[str]]


def load(
    data: bytes, file: str, open_file: OpenFile, source_columns: Columns | None = None, known_files: Names = tuple
) -> Loaded:
    """Takes any bytes. `open_file` gets paths relative to the playbook; `source_columns` are the columns of the
    workspace's sources, as far as they are known: without them the sample says which columns there are. `known_files`
    lists the YAML files beneath the playbook's folder, for suggestions."""
    return load_opened(open_document(data, file), open_file, source_columns, known_files)


def load_opened(
    opened: Opened, open_file: OpenFile, source_columns: Columns | None = None, known_files: Names = tuple
) -> Loaded:
    """The same for a file that has been opened, whatever kind it seemed to be."""
    findings = Findings(list(opened.diagnostics))
    document = opened.document
    if document is None:
        return Loaded(None, None, tuple(in_order(findings)))
    meant = check_shape(document, findings)
    files = MessageFiles(document.file, open_file, findings)
    loader = _Loader(Shelf(files, known_files), source_columns or {})
    unit = loader.unit(document, meant, files, findings, Standing())
    return Loaded(unit.playbook, unit.document, tuple(in_order(findings)), loader.texts(document, files))


def load_module(opened: Opened, open_file: OpenFile, known_files: Names = tuple) -> Loaded:
    """A module by itself: what can be said of it before a playbook uses it. The result has no playbook."""
    findings = Findings(list(opened.diagnostics))
    document = opened.document
    if document is None:
        return Loaded(None, None, tuple(in_order(findings)))
    meant = check_shape(document, findings, "module")
    found = Findings()
    files = MessageFiles(document.file, open_file, found)
    loader = _Loader(Shelf(files, known_files), {})
    seen, flow = view_alone(document)
    name = posixpath.basename(document.file)
    standing = Standing((name,), UNKNOWN_ALONE)
    unit = loader.unit(seen, frozenset(inside(path, flow) for path in meant), files, found, standing)
    findings.extend(own_findings(found, document, flow, ()))
    modules = {path[len(flow) :]: one for path, one in unit.document.modules.items()}
    return Loaded(None, replace(document, modules=modules), tuple(in_order(findings)), loader.texts(document, files))


class _Loader(Struct, frozen=True):
    """What the playbook and its modules are loaded with."""

    shelf: Shelf
    source_columns: Columns

    def unit(
        self, document: Document, meant: frozenset[Path], files: MessageFiles, findings: Findings, standing: Standing
    ) -> Unit:
        """Modules come first: the ids of their steps are names here."""
        desk = Desk(document, findings, meant)
        built = build_playbook(desk, files)
        modules = bring_in(built, desk, self.shelf, standing, self.unit)
        declared = with_modules(declared_names(document, meant, built.playbook.scripts.values()), modules, standing)
        own = modules.own(built)
        mounted = modules.mounted(document)
        elsewhere = [*files.texts.values(), *(module.text for module in mounted.modules.values())]
        self._check_names(document, own, declared, files, modules.receivers, elsewhere, findings)
        check_ids(modules, declared, desk)
        check_wording(document, own.playbook, own.steps, files.shown, files.texts, findings)
        return Unit(modules.expanded(built.playbook), mounted)

    def _check_names(
        self,
        document: Document,
        built: Built,
        declared: Declared,
        files: MessageFiles,
        spoken_to: Collection[str],
        elsewhere: Collection[str],
        findings: Findings,
    ) -> None:
        playbook, steps = built.playbook, built.steps
        references = References(document, declared, findings)
        check_named(playbook, steps, references)
        check_anchors(playbook, steps, references)
        check_figures(playbook, references)
        check_flows(playbook, references)
        scopes = Scopes(playbook, self.source_columns)
        check_modifiers(document, playbook, steps, findings)
        check_rollouts(document, playbook, steps, findings)
        check_declarations(playbook, steps, scopes, references)
        check_samples(playbook, references)
        meant = check_texts(document, playbook, steps, declared, scopes, files.shown, findings)
        check_schedule(document, playbook, findings)
        check_hours(document, playbook, findings)
        check_timers(document, steps, findings)
        check_reach(playbook, references)
        check_scripts(playbook, steps, references)
        check_content(document, steps, findings)
        tell_once(document, findings)
        if not document.broken:
            check_unused(document, elsewhere, {*references.meant, *meant, *spoken_to}, findings)

    def texts(self, document: Document, files: MessageFiles) -> dict[str, str]:
        return {document.file: document.text, **files.texts, **self.shelf.texts()}

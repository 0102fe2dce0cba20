"""Every template and condition of a playbook → findings about its syntax and its names, at their exact columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Literal

from msgspec import Struct

from sopengine.diagnostics import Edit, Findings, Fix, Path, Place, Text
from sopengine.language.checks.acting import acting
from sopengine.language.checks.declared import Declared
from sopengine.language.checks.history import Wrong, wrong_asks
from sopengine.language.checks.kinds import Kinds, Where
from sopengine.language.checks.named import exit_rules
from sopengine.language.checks.scope import NoMeaning, Scope, Scopes, meaning
from sopengine.language.checks.silent import oddities
from sopengine.language.checks.types import check_types
from sopengine.language.document import Document
from sopengine.language.expressions.comparing import Side
from sopengine.language.expressions.conditions import condition_names, parse_condition, parse_value
from sopengine.language.expressions.names import NAMESPACES, Name
from sopengine.language.expressions.plain import plain_names
from sopengine.language.expressions.syntax import Problem, parse_expression, parse_text, place
from sopengine.language.expressions.templates import check_template, names_used
from sopengine.language.model import Choose, Playbook, Send, Step, Task
from sopengine.language.named import Condition, Message
from sopengine.language.reading.sheet import Cell
from sopengine.language.suggest import is_slip

_OF_ROLLOUT = frozenset(["failed"])
_NO_KEYS = NAMESPACES - {"event"}
"""A `key` that begins so is told of where the declarations are checked."""
_MOST_LISTED = 14
_MOST = 100
"""Findings about texts in one file: listing more helps nobody."""
_MOST_OF_ONE = 20
"""Of them in one text."""
_T = {"syntax": "SOP-T401", "forbidden": "SOP-T402"}


class Written(Struct, frozen=True):
    """One text; `file` is empty for a text of the playbook itself, `cell` is set for one from a table."""

    text: str
    path: Path
    scope: Scope
    kind: Literal["template", "condition", "value"] = "template"
    file: str = ""
    cell: Cell | None = None


def check_texts(
    document: Document,
    playbook: Playbook,
    steps: Iterable[Step],
    declared: Declared,
    scopes: Scopes,
    shown_file: Callable[[str], str],
    findings: Findings,
) -> set[str]:
    """Adds SOP-T401, T402, T404 to T407, R302, R303, R305, R312 and S203; returns what misspelt names were meant to be.

    `shown_file` turns a message file's path, relative to the playbook, into the name findings use.
    """
    meant: set[str] = set()
    before = len(findings.items)
    kinds = Kinds(playbook)
    for written in dict.fromkeys(_all(document, playbook, steps, scopes, shown_file)):
        if len(findings.items) - before > _MOST:
            break
        judge = _Judge(document, playbook, declared, written, findings)
        judge.check(kinds)
        meant |= judge.meant
    return meant


def _all(
    document: Document, playbook: Playbook, steps: Iterable[Step], scopes: Scopes, shown_file: Callable[[str], str]
) -> Iterator[Written]:
    sent: set[str] = set()
    for step in acting(steps):
        scope = scopes.of(step)
        match step.action:
            case Send(message):
                sent.add(message.name)
                yield from _message(message, scope, shown_file)
            case Task(title):
                yield Written(title, (*step.path, "task"), scope)
            case Choose(arms):
                yield from (_condition(arm.condition, scopes.of_choice(step)) for arm in arms if arm.condition)
        if step.if_:
            yield _condition(step.if_, scope)
        if step.rollout and step.rollout.stop_if:
            yield _condition(step.rollout.stop_if, Scope(extra=_OF_ROLLOUT))
    for message in playbook.messages.values():
        if message.name not in sent:
            yield from _message(message, Scope(), shown_file)
    for audience in playbook.audiences.values():
        if audience.where:
            yield _condition(audience.where, scopes.of_audience(audience))
    for journey in playbook.journeys:
        if journey.when:
            yield _condition(journey.when, scopes.of_trigger(journey))
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        if journey.key and journey.key.partition(".")[0] not in _NO_KEYS:
            yield Written(journey.key, (*journey.path, "key"), scopes.of_trigger(journey), kind="value")
    for watch in playbook.watches:
        yield _condition(watch.when, Scope(event=False, subject=False))
    for rule in exit_rules(playbook):
        if rule.condition:
            yield _condition(rule.condition, scopes.of_exit(rule))
    yield from _scripts(playbook)


def _condition(condition: Condition, scope: Scope) -> Written:
    return Written(condition.text, condition.path, scope, kind="condition")


def _scripts(playbook: Playbook) -> Iterator[Written]:
    for script in playbook.scripts.values():
        scope = Scope(asked=frozenset(script.asked()), where=Where(script=script.name))
        for node in script.nodes.values():
            for key, text in node.lines():
                yield Written(text, (*node.path, key), scope)
            for branch in node.branches():
                yield Written(branch.condition.text, branch.condition.path, scope, kind="condition")


def _message(message: Message, scope: Scope, shown_file: Callable[[str], str]) -> Iterator[Written]:
    file = shown_file(message.file) if message.file else ""
    for text, path in zip(message.variants, message.paths, strict=True):
        yield Written(text, path, scope, file=file)
    if message.table is None:
        return
    for column, wanted in message.table.where.items():
        if isinstance(wanted, str):
            yield Written(wanted, (*message.path, "where", column), scope, kind="value")
    for row in message.table.rows:
        yield Written(row.text.text, (*message.path, "table"), scope, cell=row.text)


class _Judge:
    """One text in the light of what its names can mean."""

    def __init__(
        self, document: Document, playbook: Playbook, declared: Declared, written: Written, findings: Findings
    ) -> None:
        self._document = document
        self._playbook = playbook
        self._declared = declared
        self._written = written
        self._findings = findings
        self._told = 0
        self.meant: set[str] = set()

    def check(self, kinds: Kinds) -> None:
        text = self._written.text
        problems = self._problems(text)
        for problem in problems:
            code = _T[problem.kind] if self._written.kind == "template" else "SOP-T405"
            place = self._place(problem.line, problem.col, problem.length)
            fix = self._rewritten(place, problem) if problem.write else None
            message = self._named(problem.message)
            self._add(code, message, place, help=problem.help, path=self._written.path, fix=fix)
        if any(problem.kind == "syntax" for problem in problems):
            return
        for name, wrong in islice(self._wrong_names(text), _MOST_OF_ONE):
            self._report(name, wrong)
        self._check_asks(text)
        if not problems and self._written.kind != "value":
            is_condition = self._written.kind == "condition"
            for odd in () if is_condition else oddities(text):
                where = self._place(odd.line, odd.col, 1)
                self._add(odd.code, self._named(odd.message), where, help=odd.help, path=self._written.path)
            check_types(text, kinds, self._written.scope.where, self._report_type, condition=is_condition)

    def _wrong_names(self, text: str) -> Iterator[tuple[Name, NoMeaning]]:
        for name in names_used(text) if self._written.kind == "template" else condition_names(text):
            wrong = meaning(name.parts, self._written.scope, self._declared)
            if wrong is not None:
                yield name, wrong

    def _add(
        self, code: str, message: Text, place: Place, *, help: Text | None, path: Path, fix: Fix | None = None
    ) -> None:
        if self._told < _MOST_OF_ONE:
            self._told += 1
            self._findings.add(code, message, place, help=help, path=path, fix=fix)

    def _check_asks(self, text: str) -> None:
        """What it asks of the past."""
        is_template = self._written.kind == "template"
        if is_template and plain_names(text) is not None:
            return
        tree = parse_text(text) if is_template else parse_expression(text)
        if not isinstance(tree, Problem):
            for asked in wrong_asks(text, tree, self._written.scope, self._playbook, self._declared):
                self._report_asked(text, asked)

    def _report_type(
        self, code: str, message: Text, side: Side, shown: str, help: Text | None, fix: Callable[[Place], Fix] | None
    ) -> None:
        place = self._place(side.line, side.col, len(shown))
        row = self._written.text.split("\n")[side.line - 1]
        mend = fix(place) if fix and self._stands_at(place, row[side.col - 1 : side.col - 1 + len(shown)]) else None
        self._add(code, self._named(message), place, help=help, path=self._written.path, fix=mend)

    def _report_asked(self, text: str, wrong: Wrong) -> None:
        at = text.find(wrong.word, wrong.spot - 1)  # an anchor stands behind the name it belongs to, a list before it
        at = at if at >= 0 else max(text.rfind(wrong.word, 0, wrong.spot), 0)
        line, col = place(text, at + 1)
        where = self._place(line, col, len(wrong.word))
        fix = None
        if wrong.guess is not None:
            self.meant.add(wrong.guess)
            if self._stands_at(where, wrong.word):
                fix = Fix((Edit(where, wrong.guess),), safe=is_slip(wrong.word, wrong.guess))
        self._add(wrong.code, self._named(wrong.message), where, help=wrong.help, path=self._written.path, fix=fix)

    def _problems(self, text: str) -> list[Problem]:
        if self._written.kind == "template":
            return check_template(text)
        parsed = parse_condition(text) if self._written.kind == "condition" else parse_value(text)
        return [parsed] if isinstance(parsed, Problem) else []

    def _place(self, line: int, col: int, length: int) -> Place:
        if self._written.cell:
            return self._written.cell.inside(line, col, length)
        if self._written.file:
            return Place(self._written.file, line, col, line, col + length)
        return self._document.inside(self._written.path, line, col, length)

    def _rewritten(self, place: Place, problem: Problem) -> Fix | None:
        """The edit a problem proposes, where the file holds its stretch as the text does."""
        row = self._written.text.split("\n")[problem.line - 1]
        word = row[problem.col - 1 : problem.col - 1 + problem.length]
        return Fix((Edit(place, problem.write),)) if self._stands_at(place, word) else None

    def _named(self, message: Text) -> Text:
        """With the cell, where the text stands in one."""
        cell = self._written.cell
        return Text(f"{cell.name.zh}：{message.zh}", f"{cell.name.en}: {message.en}") if cell else message

    def _report(self, name: Name, wrong: NoMeaning) -> None:
        full = ".".join(name.parts[: wrong.wrong + 1])
        # `a.b` is nearly always written as such; with `a['b']` the caret still begins at the name
        before = sum(len(part) + 1 for part in name.parts[: wrong.wrong])
        place = self._place(name.line, name.col + before, len(name.parts[wrong.wrong]))
        fix = None
        if wrong.guess is not None:
            self.meant.add(wrong.guess.removeprefix("input."))
            safe = is_slip(name.parts[wrong.wrong], wrong.guess)
            fix = (
                Fix((Edit(place, wrong.guess),), safe=safe) if self._stands_at(place, name.parts[wrong.wrong]) else None
            )
        self._add(
            "SOP-R305",
            self._named(_message_of(full, wrong)),
            place,
            help=_help(name.parts[0], wrong),
            path=self._written.path,
            fix=fix,
        )

    def _stands_at(self, place: Place, word: str) -> bool:
        """Whether the file really has `word` there: folded and escaped texts have columns of their own."""
        if self._written.file or self._written.cell:
            return False
        lines = self._document.text.split("\n")
        return place.line <= len(lines) and lines[place.line - 1][place.col - 1 : place.end_col - 1] == word


def _message_of(full: str, wrong: NoMeaning) -> Text:
    if wrong.reason is not None:
        return Text(f"`{full}` 用不了：{wrong.reason.zh}", f"`{full}` cannot be used: {wrong.reason.en}")
    guess = wrong.guess
    if guess is not None:
        whole = guess if wrong.wrong == 0 else f"{full.rpartition('.')[0]}.{guess}"
        return Text(f"没有 `{full}`，是不是 `{whole}`？", f"There is no `{full}`; did you mean `{whole}`?")
    return Text(f"没有 `{full}`", f"There is no `{full}`")


def _help(root: str, wrong: NoMeaning) -> Text | None:
    if wrong.reason is not None or wrong.guess is not None:
        return None
    prefix = f"{root}." if wrong.wrong else ""
    shown = sorted(wrong.known)[:_MOST_LISTED]
    if not shown:
        return Text(f"这份 playbook 没有声明任何 {root}", f"This playbook declares no {root}")
    listed = ", ".join(prefix + name for name in shown)
    if root in ("target", "member") and wrong.wrong:
        zh = f"这些列可用：{listed}；别的列先写进人群的 sample 或 columns"
        return Text(zh, f"Known columns: {listed}; others go into the audience's sample or columns first")
    return Text(f"可以用：{listed}", f"Known: {listed}")

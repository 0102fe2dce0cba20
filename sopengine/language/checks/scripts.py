"""Every script of a playbook → findings: names that mean nothing, answers that cannot be given, roads that go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from unicodedata import normalize

from sopengine.diagnostics import Diagnostic, Severity, Text
from sopengine.language.checks.references import Kind, References
from sopengine.language.checks.script_map import ScriptMap
from sopengine.language.checks.script_roads import wrong_roads
from sopengine.language.document import Document, value_at
from sopengine.language.model import Playbook, Step, Task
from sopengine.language.script import ANSWERS, BACK, PATH, QUIT, TASK, Answer, Question, Script, ToNode

SCRIPT = Kind("SOP-R331", "话术", "script", frozenset(["scripts"]))
NODE = Kind("SOP-R332", "节点", "node", frozenset(["scripts"]))
_MOST = 100
"""Findings of one kind about one script: listing more helps nobody."""
_DECLARE = Text("话术写在 scripts 里", "Scripts are declared under `scripts`")


def check_scripts(playbook: Playbook, steps: Iterable[Step], references: References) -> None:
    """Adds SOP-R331 to R333, S205 and S232 to S235. Expects what is wrong with shape and texts to be found already:
    a script that is not sound in itself is not judged as a whole."""
    for step in steps:
        for _, arm in step.all_arms():
            named = arm.action.script if isinstance(arm.action, Task) else ""
            if named and named not in playbook.scripts:
                references.unknown(SCRIPT, named, (*arm.path, "script"), playbook.scripts, _DECLARE)
    for script in playbook.scripts.values():
        _check_targets(script, references)
        references.findings.extend(islice(_wrong_words(script, references.document), _MOST))
        if not _unsound(script, references):
            references.findings.extend(islice(wrong_roads(ScriptMap(script), references.document), _MOST))


def _unsound(script: Script, references: References) -> bool:
    """Whether something in it is wrong or could not be read, so that its roads are not known."""
    unread = {(), script.path[:1]} & references.document.broken
    wrong = [found.path for found in references.findings if found.severity is Severity.ERROR]
    targets = [script.start, *(way.node for way in script.ways() if isinstance(way, ToNode))]
    return (
        bool(unread)
        or any(name not in script.nodes for name in targets)
        or any(path[: len(script.path)] == script.path for path in (*wrong, *references.document.broken))
    )


def _check_targets(script: Script, references: References) -> None:
    if not script.nodes:
        return  # that is the mistake, and has been told
    start = (*script.path, "start")
    targets = [(script.start, start), *((way.node, way.path) for way in script.ways() if isinstance(way, ToNode))]
    for name, path in targets:
        if name not in script.nodes and isinstance(value_at(references.document, path), str):
            references.unknown(NODE, name, path, script.nodes, _node_help(name, script))


def _node_help(name: str, script: Script) -> Text | None:
    """Who writes an ending's name where a node's belongs has forgotten `end`."""
    if name in script.endings():
        return Text(f"以它结束要写 {{end: {name}}}", f"To end with it, write `{{end: {name}}}`")
    listed = list(script.nodes)[:14]
    return Text(f"这份话术的节点：{'、'.join(listed)}", f"Nodes of this script: {', '.join(listed)}")


def _wrong_words(script: Script, document: Document) -> Iterator[Diagnostic]:
    yield from _questions(script, document)
    for node in script.nodes.values():
        answers = node.onward if isinstance(node.onward, tuple) else ()
        yield from _unclear_answers(answers, document)


def _questions(script: Script, document: Document) -> Iterator[Diagnostic]:
    """What is asked for becomes a field of the ending's event: of one type, under a name of its own."""
    first: dict[str, Question] = {}
    for question in script.questions():
        name = question.name
        before = first.setdefault(name, question)
        if name in (PATH, ANSWERS, TASK):
            why = Text("结局的事件里已经有它", "the event of an ending has a field of that name")
        elif before.type is not question.type:
            why = Text(f"它前面问的是 {before.type}", f"it was asked for as {before.type} before")
        else:
            continue
        yield Diagnostic(
            "SOP-S205",
            Text(f"`{name}` 不能作名字：{why.zh}", f"`{name}` cannot be a name: {why.en}"),
            document.place(question.path, of_key=True),
            Text("换一个名字", "Choose another name"),
            question.path,
        )


def _unclear_answers(answers: Sequence[Answer], document: Document) -> Iterator[Diagnostic]:
    """An answer may be typed as its text or as its number on the screen: the two must not be confused."""
    seen: set[str] = set()
    for place, answer in enumerate(answers, 1):
        text = normalize("NFKC", answer.text).strip().casefold()
        if text in seen:
            why = Text("它和另一个回答键入起来一样", "it is typed like another answer")
        elif text in (BACK, QUIT):
            why = Text(f"键入 {text} 是命令（b 返回，q 退出）", f"{text} is a command (b back, q quit)")
        elif text.isdecimal() and len(text) < 9 and int(text) <= len(answers) and int(text) != place:
            why = Text(f"它是第 {place} 个，键入 {text} 分不清是哪个", f"it is number {place}, {text} is unclear")
        elif not text or "\n" in text:
            why = Text("店员没法键入它", "a clerk cannot type it")
        else:
            seen.add(text)
            continue
        yield Diagnostic(
            "SOP-S234",
            Text(f"回答 `{answer.text}` 不能这样写：{why.zh}", f"Answer `{answer.text}` does not work: {why.en}"),
            document.place(answer.path, of_key=True),
            Text("写成一句话，例如 2 位", "Write words, such as `2 people`"),
            answer.path,
        )

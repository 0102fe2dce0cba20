"""Every script of a playbook → findings: names that mean nothing, answers that cannot be given, roads that go wrong."""

from __future__ import annotations

from collections.abc import Iterable

from sopengine.diagnostics import Severity, Text
from sopengine.language.checks.references import Kind, References
from sopengine.language.checks.script_map import ScriptMap
from sopengine.language.checks.script_roads import check_roads
from sopengine.language.document import value_at
from sopengine.language.model import Playbook, Step, Task
from sopengine.language.script import ANSWERS, BACK, PATH, QUIT, TASK, Question, Script, ToNode

SCRIPT = Kind("SOP-R331", "话术", "script", frozenset(["scripts"]))
NODE = Kind("SOP-R332", "节点", "node", frozenset(["scripts"]))
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
        _check_questions(script, references)
        _check_answers(script, references)
        if not _unsound(script, references):
            check_roads(ScriptMap(script), references)


def _unsound(script: Script, references: References) -> bool:
    """Whether something in it is wrong or could not be read, so that its roads are not known."""
    unread = {(), script.path[:1]} & references.document.broken
    wrong = [found.path for found in references.findings if found.severity is Severity.ERROR]
    return (
        bool(unread)
        or script.start not in script.nodes
        or any(path[: len(script.path)] == script.path for path in (*wrong, *references.document.broken))
    )


def _check_targets(script: Script, references: References) -> None:
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


def _check_questions(script: Script, references: References) -> None:
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
        references.findings.add(
            "SOP-S205",
            Text(f"`{name}` 不能作名字：{why.zh}", f"`{name}` cannot be a name: {why.en}"),
            references.document.place(question.path, of_key=True),
            help=Text("换一个名字", "Choose another name"),
            path=question.path,
        )


def _check_answers(script: Script, references: References) -> None:
    """An answer may be typed as its text or as its number on the screen: the two must not be confused."""
    for node in script.nodes.values():
        answers = node.onward if isinstance(node.onward, tuple) else ()
        for place, answer in enumerate(answers, 1):
            text = answer.text.strip()
            if text.lower() in (BACK, QUIT):
                why = Text(f"键入 {text} 是命令（b 返回，q 退出）", f"{text} is a command (b back, q quit)")
            elif text.isdecimal() and int(text) <= len(answers) and int(text) != place:
                why = Text(f"它是第 {place} 个，键入 {text} 分不清是哪个", f"it is number {place}, {text} is unclear")
            elif not text or "\n" in text:
                why = Text("店员没法键入它", "a clerk cannot type it")
            else:
                continue
            references.findings.add(
                "SOP-S234",
                Text(f"回答 `{answer.text}` 不能这样写：{why.zh}", f"Answer `{answer.text}` does not work: {why.en}"),
                references.document.place(answer.path, of_key=True),
                help=Text("写成一句话，例如 2 位", "Write words, such as `2 people`"),
                path=answer.path,
            )

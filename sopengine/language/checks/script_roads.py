"""The map of a script → findings: circles, what is never reached or never taken, values used before they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sopengine.diagnostics import Diagnostic, Path, Text
from sopengine.language.checks.never_true import never_true
from sopengine.language.checks.script_map import ScriptMap, asked_names
from sopengine.language.document import Document
from sopengine.language.expressions.knowledge import asks_for_unknown, known_if, needed_names
from sopengine.language.script import Node, ToEnd

_MOST_SHOWN = 8
"""Nodes of one way: a longer one is told by its ends."""


def wrong_roads(script_map: ScriptMap, document: Document) -> Iterator[Diagnostic]:
    """SOP-S232, S233, S235 and R333."""
    yield from _unreached(script_map, document)
    yield from _circles(script_map, document)
    for name, node in script_map.script.nodes.items():
        if name in script_map.reached:
            yield from _asked_too_late(node, script_map, document)
            yield from _never_taken(node, document)


def _unreached(script_map: ScriptMap, document: Document) -> Iterator[Diagnostic]:
    script = script_map.script
    reached = [script.nodes[name] for name in script_map.reached]
    ends = {way.ending for node in reached for way in node.ways() if isinstance(way, ToEnd)}
    for name, behind in script_map.unreached().items():
        ways = [way for n in (name, *behind) for way in script.nodes[n].ways()]
        lost = dict.fromkeys(way.ending for way in ways if isinstance(way, ToEnd) and way.ending not in ends)
        zh, en = "", ""
        if behind:
            zh, en = f"，后面的 {_listed(behind, '、')} 也走不到", f", nor {_listed(behind, ', ')} behind it"
        if lost:
            zh += f"；结局 {_listed(list(lost), '、')} 不会出现"
            en += f"; the ending {_listed(list(lost), ', ')} cannot come about"
        yield _of_node(
            "SOP-S233",
            script.nodes[name],
            document,
            Text(f"节点 {name} 走不到{zh}", f"Node {name} is never reached{en}"),
            Text("让一个回答通向它，或者删掉它", "Let an answer lead to it, or remove it"),
        )
    if script.always and not any(isinstance(node.onward, tuple) for node in reached):
        path = (*script.path, "always")
        message = Text("没有哪个节点有回答，always 用不上", "No node has answers, so `always` is never used")
        yield Diagnostic("SOP-S233", message, document.place(path, of_key=True), path=path)


def _circles(script_map: ScriptMap, document: Document) -> Iterator[Diagnostic]:
    """One finding for each circle: one that no answer leaves is not told of again because nothing is asked in it."""
    trapped = script_map.trapped()
    for circle in trapped:
        way = _shown(circle)
        yield _of_node(
            "SOP-S232",
            script_map.script.nodes[circle[0]],
            document,
            Text(f"走到 {circle[0]} 就出不去了，怎么答都到不了结局：{way}", f"No answer leads out of this: {way}"),
            Text("给其中一个节点加上通向结局的路", "Give one of these nodes a way to an ending"),
        )
    told = {name for circle in trapped for name in circle}
    for circle in script_map.spinning():
        if told & set(circle):
            continue
        way = _shown(circle)
        yield _of_node(
            "SOP-S232",
            script_map.script.nodes[circle[0]],
            document,
            Text(f"这一圈里什么都不问，会一直转下去：{way}", f"Nothing is asked in this endless circle: {way}"),
            Text("在其中一个节点问一句（ask 或 answers）", "Ask something at one of its nodes (`ask`, `answers`)"),
        )


def _asked_too_late(node: Node, script_map: ScriptMap, document: Document) -> Iterator[Diagnostic]:
    """Lines need what was asked before the node. Conditions may also use what it asks itself, and what one of them asks
    for: where that is unknown, the branch that says so is taken."""
    answered = script_map.answered[node.name]
    for key, text in node.lines():
        yield from _lacking(text, (*node.path, key), answered, node, script_map, document)
    conditions = [branch.condition for branch in node.branches()]
    handled = [asked_names(known_if(c.text, False)) for c in conditions if asks_for_unknown(c.text)]
    known = answered.union((question.name for question in node.ask), *handled)
    for condition in conditions:
        yield from _lacking(condition.text, condition.path, known, node, script_map, document, condition=True)
        known |= asked_names(known_if(condition.text, False))


def _lacking(
    text: str,
    path: Path,
    answered: frozenset[str],
    node: Node,
    script_map: ScriptMap,
    document: Document,
    *,
    condition: bool = False,
) -> Iterator[Diagnostic]:
    for name in needed_names(text, condition=condition) if "ask" in text else ():
        if name.parts[0] != "ask" or len(name.parts) < 2 or name.parts[1] in answered:
            continue
        full = f"ask.{name.parts[1]}"
        if any(question.name == name.parts[1] for question in node.ask):
            why = Text("这个节点说完才问它", "this node asks for it after it has spoken")
        else:
            way = _shown(script_map.way_without(name.parts[1], node.name))
            why = Text(f"走 {way} 就没有问", f"the way {way} does not ask for it")
        yield Diagnostic(
            "SOP-R333",
            Text(f"说到这里可能还没有问过 `{full}`：{why.zh}", f"`{full}` may not have been asked yet: {why.en}"),
            document.inside(path, name.line, name.col, len(full)),
            Text("写进话术开头的 ask，或者在前面的节点先问", "Ask at the script's start, or at a node before"),
            path,
        )


def _never_taken(node: Node, document: Document) -> Iterator[Diagnostic]:
    conditions = [branch.condition for branch in node.branches()]
    for found in never_true([condition.text for condition in conditions]):
        path = conditions[found.at].path
        why = Text("它自相矛盾", "it contradicts itself")
        if found.earlier:
            earlier = [str(i + 1) for i in found.earlier]
            why = Text(
                f"它成立的时候，前面第 {'、'.join(earlier)} 条总已经成立",
                f"wherever it is true, number {', '.join(earlier)} before it is true already",
            )
        yield Diagnostic(
            "SOP-S235",
            Text(f"第 {found.at + 1} 个分支永远轮不到：{why.zh}", f"Arm {found.at + 1} is never taken: {why.en}"),
            document.place(path),
            Text("调整先后，或者删掉它", "Change the order, or remove it"),
            path,
        )


def _of_node(code: str, node: Node, document: Document, message: Text, help: Text) -> Diagnostic:
    return Diagnostic(code, message, document.place(node.path, of_key=True), help, node.path)


def _shown(way: Sequence[str]) -> str:
    half = _MOST_SHOWN // 2
    return " → ".join(way if len(way) <= _MOST_SHOWN else [*way[:half], "…", *way[-half:]])


def _listed(names: Sequence[str], between: str) -> str:
    return between.join(names[:_MOST_SHOWN]) + ("…" if len(names) > _MOST_SHOWN else "")

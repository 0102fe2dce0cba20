"""The map of a script → findings: circles, what is never reached or never taken, values used before they are asked."""

from __future__ import annotations

from sopengine.diagnostics import Path, Text
from sopengine.language.checks.never_true import never_true
from sopengine.language.checks.references import References
from sopengine.language.checks.script_map import ScriptMap, asked_names
from sopengine.language.expressions.knowledge import asks_for_unknown, known_if, needed_names
from sopengine.language.script import Node, ToEnd


def check_roads(script_map: ScriptMap, references: References) -> None:
    """Adds SOP-R333, S232, S233 and S235."""
    _check_unreached(script_map, references)
    _check_circles(script_map, references)
    for name in script_map.script.nodes:
        if name in script_map.reached:
            _check_asked(script_map.script.nodes[name], script_map, references)
            _check_branches(script_map.script.nodes[name], references)


def _check_unreached(script_map: ScriptMap, references: References) -> None:
    script = script_map.script
    reached = [script.nodes[name] for name in script_map.reached]
    ends = {way.ending for node in reached for way in node.ways() if isinstance(way, ToEnd)}
    for name, behind in script_map.unreached().items():
        ways = [way for n in (name, *behind) for way in script.nodes[n].ways()]
        lost = dict.fromkeys(way.ending for way in ways if isinstance(way, ToEnd) and way.ending not in ends)
        zh, en = "", ""
        if behind:
            zh, en = f"，后面的 {'、'.join(behind)} 也走不到", f", nor {', '.join(behind)} behind it"
        if lost:
            zh += f"；结局 {'、'.join(lost)} 不会出现"
            en += f"; the ending {', '.join(lost)} cannot come about"
        references.findings.add(
            "SOP-S233",
            Text(f"节点 {name} 走不到{zh}", f"Node {name} is never reached{en}"),
            references.document.place(script.nodes[name].path, of_key=True),
            help=Text("让一个回答通向它，或者删掉它", "Let an answer lead to it, or remove it"),
            path=script.nodes[name].path,
        )
    if script.always and not any(isinstance(node.onward, tuple) for node in reached):
        references.findings.add(
            "SOP-S233",
            Text("没有哪个节点有回答，always 用不上", "No node has answers, so `always` is never used"),
            references.document.place((*script.path, "always"), of_key=True),
            path=(*script.path, "always"),
        )


def _check_circles(script_map: ScriptMap, references: References) -> None:
    trapped = script_map.trapped()
    for circle in trapped:
        way = " → ".join(circle)
        _report_circle(
            circle[0],
            script_map,
            references,
            Text(f"走到 {circle[0]} 就出不去了，怎么答都到不了结局：{way}", f"No answer leads out of this: {way}"),
            Text("给其中一个节点加上通向结局的路", "Give one of these nodes a way to an ending"),
        )
    inside = {name for circle in trapped for name in circle}
    for circle in script_map.spinning():
        if not inside & set(circle):
            way = " → ".join(circle)
            _report_circle(
                circle[0],
                script_map,
                references,
                Text(f"这一圈里什么都不问，会一直转下去：{way}", f"Nothing is asked in this endless circle: {way}"),
                Text("在其中一个节点问一句（ask 或 answers）", "Ask something at one of its nodes (`ask`, `answers`)"),
            )


def _report_circle(name: str, script_map: ScriptMap, references: References, message: Text, help: Text) -> None:
    path = script_map.script.nodes[name].path
    references.findings.add("SOP-S232", message, references.document.place(path, of_key=True), help=help, path=path)


def _check_asked(node: Node, script_map: ScriptMap, references: References) -> None:
    """Lines need what was asked before the node. Conditions may also use what it asks itself, and what one of them asks
    for: where that is unknown, the branch that says so is taken."""
    answered = script_map.answered[node.name]
    for key, text in node.lines():
        _check_needs(text, (*node.path, key), answered, node, script_map, references)
    texts = [branch.condition.text for branch in node.branches()]
    handled = [asked_names(known_if(text, False)) for text in texts if asks_for_unknown(text)]
    known = answered.union((question.name for question in node.ask), *handled)
    for branch in node.branches():
        _check_needs(branch.condition.text, branch.condition.path, known, node, script_map, references, condition=True)
        known |= asked_names(known_if(branch.condition.text, False))


def _check_needs(
    text: str,
    path: Path,
    answered: frozenset[str],
    node: Node,
    script_map: ScriptMap,
    references: References,
    *,
    condition: bool = False,
) -> None:
    for name in needed_names(text, condition=condition):
        if name.parts[0] != "ask" or len(name.parts) < 2 or name.parts[1] in answered:
            continue
        full = f"ask.{name.parts[1]}"
        if any(question.name == name.parts[1] for question in node.ask):
            why = Text("这个节点说完才问它", "this node asks for it after it has spoken")
        else:
            way = " → ".join(script_map.way_without(name.parts[1], node.name))
            why = Text(f"走 {way} 就没有问", f"the way {way} does not ask for it")
        references.findings.add(
            "SOP-R333",
            Text(f"说到这里可能还没有问过 `{full}`：{why.zh}", f"`{full}` may not have been asked yet: {why.en}"),
            references.document.inside(path, name.line, name.col, len(full)),
            help=Text("写进话术开头的 ask，或者在前面的节点先问", "Ask at the script's start, or at a node before"),
            path=path,
        )


def _check_branches(node: Node, references: References) -> None:
    conditions = [branch.condition for branch in node.branches()]
    for found in never_true([condition.text for condition in conditions]):
        path = conditions[found.at].path
        earlier = "、".join(str(i + 1) for i in found.earlier)
        why = Text("它自相矛盾", "it contradicts itself")
        if found.earlier:
            why = Text(
                f"它成立的时候，前面第 {earlier} 条总已经成立",
                f"wherever it is true, number {earlier.replace('、', ', ')} before it is true already",
            )
        references.findings.add(
            "SOP-S235",
            Text(f"第 {found.at + 1} 个分支永远轮不到：{why.zh}", f"Arm {found.at + 1} is never taken: {why.en}"),
            references.document.place(path),
            help=Text("调整先后，或者删掉它", "Change the order, or remove it"),
            path=path,
        )

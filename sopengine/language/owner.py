"""A path in a file → how an operator would call the thing that stands there."""

from __future__ import annotations

from typing import Any

from sopengine.diagnostics import Path, Text
from sopengine.language.kinds import WORDS, kind_of

_NAMED = {
    "phases": Text("阶段", "phase"),
    "messages": Text("消息", "message"),
    "inputs": Text("输入", "input"),
    "audiences": Text("人群", "audience"),
    "roles": Text("角色", "role"),
    "events": Text("事件", "event"),
    "metrics": Text("指标", "metric"),
    "goals": Text("目标", "goal"),
    "scripts": Text("话术", "script"),
    "journeys": Text("旅程", "journey"),
    "watch": Text("监视", "watch"),
}
_PARTS = {
    "weekly": Text("每周安排 weekly", "weekly"),
    "welcome": Text("欢迎流程 welcome", "welcome"),
    "runs": Text("活动起止 runs", "runs"),
    "guards": Text("限制 guards", "guards"),
}


def owner(data: Any, path: Path) -> Text:
    """The innermost step or node of a script, else the named part around `path`, else the playbook itself."""
    for i in range(len(path) - 2, -1, -1):
        number = path[i + 1]
        if path[i] == "steps" and isinstance(number, int):
            return _step(data, path[: i + 2], number)
    if len(path) >= 4 and path[0] == "scripts" and path[2] == "nodes":
        return Text(f"话术 {path[1]} 的节点 {path[3]} ", f"node {path[3]} of script {path[1]}")
    if len(path) >= 2 and path[0] in _NAMED:
        kind = _NAMED[str(path[0])]
        return Text(f"{kind.zh} {path[1]} ", f"{kind.en} {path[1]}")
    if path:
        return _PARTS.get(str(path[0]), Text(f" {path[0]} ", str(path[0])))
    kind = WORDS[kind_of(data)]
    return Text(f"{kind.zh}最外层" if kind.zh != kind.en else f"{kind.zh} 最外层", f"the {kind.en}")


def _step(data: Any, path: Path, number: int) -> Text:
    for key in path:
        data = data[key]
    name = data.get("id") if isinstance(data, dict) else None
    if isinstance(name, str) and name:
        return Text(f"步骤 {name} ", f"step {name}")
    return Text(f"第 {number + 1} 个步骤", f"step number {number + 1}")

"""Keys of steps that say nothing where they stand, that may not stand there, or that are needed there.

A key without effect is worse than none: its author believes in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sopengine.diagnostics import Findings, Path, Text
from sopengine.language.asking import audience_asks
from sopengine.language.checks.acting import acting
from sopengine.language.checks.declared import SUBJECTS, flow_of
from sopengine.language.document import Document, value_at
from sopengine.language.model import Choose, Playbook, Send, Skip, Step, Task, Use
from sopengine.timing.words import AtAnchor, AtEvery

_OF_DELIVERIES = ("via", "on_cap", "on_unknown", "late_ok", "useful_until", "rollout", "approve")
_OF_SENDS = ("rollout", "approve", "on_cap", "on_unknown")


def check_modifiers(document: Document, playbook: Playbook, steps: Collection[Step], findings: Findings) -> None:
    """Adds SOP-S201, S241 and S242."""
    depended_on = _depended_on(playbook, steps)
    ids = {step.id for step in steps}
    for step in steps:
        if step.was and step.was in ids:
            _no_effect(document, step, "was", _still_there(step.was), findings)
        _check_time(document, step, findings)
        if _written(document, step, "any_outcome") and not (step.when.after and step.when.after.of_step):
            _no_effect(document, step, "any_outcome", _AFTER_STEP, findings)
        if _written(document, step, "required") and flow_of(step.path) == "calendar":
            _no_effect(document, step, "required", _IN_FLOWS, findings)
    for step in acting(steps):
        _check_action(document, step, findings)
        _check_list(document, playbook, step, findings)
        if isinstance(step.action, Task) and step.id in depended_on and not _says(document, step, "on_overdue"):
            _needs_on_overdue(document, step, depended_on[step.id], findings)


def _still_there(step: str) -> Text:
    return Text(f"步骤 {step} 还在，这一步不是由它改名来的", f"the step {step} is still there, so nothing was renamed")


_AFTER_STEP = Text("它只对 after: 步骤 的步骤有意义", "it means something only beside `after: STEP`")
_IN_FLOWS = Text("它只对 welcome 和 journeys 里的步骤有意义", "it means something only in `welcome` and `journeys`")


def _depended_on(playbook: Playbook, steps: Iterable[Step]) -> dict[str, str]:
    """Each step something depends on, and the first that does: what comes after it, or later in its flow."""
    found: dict[str, str] = {}
    for step in steps:
        if step.when.after is not None and step.when.after.of_step:
            found.setdefault(step.when.after.subject, step.id)
    for journey in (*([playbook.welcome] if playbook.welcome else []), *playbook.journeys):
        for step, following in zip(journey.steps, journey.steps[1:], strict=False):
            found.setdefault(step.id, following.id)
    return found


def _needs_on_overdue(document: Document, step: Step, waiting: str, findings: Findings) -> None:
    findings.add(
        "SOP-S201",
        Text(
            f"步骤 {waiting} 要等任务 {step.id}，要写明它逾期了怎么办：`on_overdue`",
            f"Step {waiting} depends on the task {step.id}, which needs `on_overdue`",
        ),
        document.place((*step.path, "task"), of_key=True),
        help=Text(
            "加上 on_overdue: continue（照常往下走）、skip（跳过等它的步骤）或 hold（一直等它）",
            "Add `on_overdue: continue` (go on), `skip` (leave out what depends on it) or `hold` (wait for it)",
        ),
        path=(*step.path, "task"),
    )


def _check_time(document: Document, step: Step, findings: Findings) -> None:
    when = step.when
    if when.after is not None:
        for key in ("except", "shift"):
            if _written(document, step, key):
                why = Text("after 没有要去掉或移动的日子", "`after` has no days to take away or to move")
                _no_effect(document, step, key, why, findings)
    elif when.except_ and not when.on and not any(isinstance(m, AtAnchor | AtEvery) for m in when.at):
        _no_effect(document, step, "except", Text("没有 on", "there is no `on`"), findings)


def _check_action(document: Document, step: Step, findings: Findings) -> None:
    action = step.action
    path = next((p for p in _upwards(step.path) if value_at(document, (*p, "catch_up")) is not None), step.path)
    if isinstance(action, Send) and isinstance(value_at(document, (*path, "catch_up")), dict):
        findings.add(
            "SOP-S242",
            Text("停机之后不能把错过的消息一条条补发", "Missed messages are not sent one by one after a stop"),
            document.place((*path, "catch_up"), of_key=True),
            help=Text("写 catch_up: latest（只补最近一次）或 none", "Write `catch_up: latest` or `none`"),
            path=(*path, "catch_up"),
        )
    if isinstance(action, Choose | Use | Skip):
        return
    wrong: tuple[str, ...]
    if isinstance(action, Task):
        wrong, why = _OF_SENDS, Text("它只对发送有意义", "it means something for a `send` only")
    elif isinstance(action, Send):
        return
    else:
        wrong, why = _OF_DELIVERIES, Text("这个动作不发送任何东西", "this action delivers nothing")
    for key in wrong:
        if _written(document, step, key):
            _no_effect(document, step, key, why, findings)


def _check_list(document: Document, playbook: Playbook, step: Step, findings: Findings) -> None:
    """`audience: frozen | live` where there is no list, or one that is always read anew."""
    if step.audience not in ("frozen", "live") or not _written(document, step, "audience"):
        return
    if not step.to or step.to in playbook.roles or step.to in SUBJECTS:
        _no_effect(document, step, "audience", _NO_LIST, findings)
    elif step.audience == "frozen" and audience_asks(playbook, step.to):
        _no_effect(document, step, "audience", _ALWAYS_LIVE, findings)


_NO_LIST = Text("只有发给人群的步骤才有名单", "only what is sent to an audience has a list")
_ALWAYS_LIVE = Text(
    "这个人群的条件要看发生过的事或标签，名单每次都重新取",
    "the audience asks what happened, or for tags, and its list is always read anew",
)


def _upwards(path: Path) -> Iterator[Path]:
    while path:
        yield path
        path = path[:-1]


def _written(document: Document, step: Step, key: str) -> bool:
    value = value_at(document, (*step.path, key))
    return value is not None and value is not False


def _says(document: Document, step: Step, key: str) -> bool:
    """Whether the step, or one that it is an arm of, has the key."""
    return any(value_at(document, (*path, key)) is not None for path in _upwards(step.path))


def _no_effect(document: Document, step: Step, key: str, why: Text, findings: Findings) -> None:
    path = (*step.path, key)
    findings.add(
        "SOP-S241",
        Text(f"这里的 `{key}` 不起作用：{why.zh}", f"`{key}` has no effect here: {why.en}"),
        document.place(path, of_key=True),
        help=Text("删掉它", "Remove it"),
        path=path,
    )

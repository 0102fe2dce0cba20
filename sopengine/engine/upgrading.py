"""The playbook that a campaign runs by and a new one → what changes step by step, and what stands against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from sopengine.diagnostics import Text
from sopengine.engine.bundle import Bundle
from sopengine.engine.campaigns import Running
from sopengine.engine.change import Change, Wanted
from sopengine.language.model import Playbook, Send, Step, Task, Wait
from sopengine.language.suggest import closest
from sopengine.planning.versions import definition, identities, predecessors
from sopengine.store.change_rows import Kind, Used
from sopengine.timing.moments import repeats
from sopengine.timing.words import OnCron

Status = Literal[
    "same", "edited-unsent", "edited-waiting", "edited-sent", "removed", "removed-with-waiters", "added-ahead",
    "added-behind",
]  # fmt: skip
_KINDS = {Send: "message", Task: "task", Wait: "wait"}
_TOLD = ("moved", "added", "withdrawn", "behind", "past")
_FLOWS = ("phases", "weekly", "welcome", "journeys", "watches")


class StepChange(NamedTuple):
    """One step of either version. `waiting` counts messages, tasks and waits under way; the others count slots."""

    step: str
    status: Status
    was: str
    sent: int
    waiting: int
    moved: int
    added: int
    withdrawn: int
    behind: int


def wanted(kind: Kind, before: Running, current: Bundle, new: Bundle, playbook: Playbook, reason: str) -> Wanted:
    """The campaign with the playbook, files and inputs of `new`; its lists, channels and calendar stay as they are."""
    old = before.campaign.playbook
    was = predecessors(old, playbook)
    renamed = {step.id: id_ for id_, step in was.items() if step.id != id_}

    known = identities(old, playbook, current.identities, current.keys)
    bundle = replace(
        current,
        file=new.file,
        playbook=new.playbook,
        files=new.files,
        inputs=new.inputs,
        sources={name: current.sources.get(name, rows) for name, rows in new.sources.items()},
        identities=known,
        keys=sorted({*current.keys, *(step.identity for step in old.steps()), *(one.key for one in known.values())}),
    )
    ordinals = {id_: [list(one) for one in identity.numbers] for id_, identity in known.items() if identity.numbers}
    return Wanted(kind, reason, before.row.bundle, bundle, renamed, {"renamed": renamed, "ordinals": ordinals})


def steps(change: Change, used: Sequence[Used]) -> list[StepChange]:
    """Of both versions, in the order of the new playbook, then what is removed."""
    old, new = change.before.campaign.playbook, change.after.campaign.playbook
    was = predecessors(old, new)
    counts: Mapping[str, dict[str, int]] = _counted(change)
    names = {step.id: id_ for id_, step in was.items()}
    waiting: defaultdict[str, int] = defaultdict(int)
    sent: defaultdict[str, int] = defaultdict(int)
    for one in used:
        waiting[names.get(one.step, one.step)] += one.open
    for id_, count in change.sent.items():
        sent[names.get(id_, id_)] += count
    found = []
    for step in new.steps():
        before, mine = was.get(step.id), counts[step.id]
        if before is None:
            behind = mine["behind"] and not mine["added"]
            status: Status = "added-behind" if behind else "added-ahead"
        else:
            status = _status(before, step, mine, waiting[step.id], sent[step.id])
        renamed = before.id if before is not None and before.id != step.id else ""
        found.append(_row(step.id, status, renamed, sent[step.id], waiting[step.id], mine))
    for step in old.steps():
        if step.id not in names:
            waiters = waiting[step.id] or counts[step.id]["withdrawn"]
            gone: Status = "removed-with-waiters" if waiters else "removed"
            found.append(_row(step.id, gone, "", sent[step.id], waiting[step.id], counts[step.id]))
    return found


def parts(old: Playbook, new: Playbook) -> list[str]:
    """What is edited besides steps, by the author's names for it; of flows what they say of themselves."""
    names = ("title", "calendar", "inputs", "audiences", "roles", "events", "metrics", "goals", "runs", "exits",
             "scripts", "guards", "overlap")  # fmt: skip
    found = [name for name in names if definition(getattr(old, name)) != definition(getattr(new, name))]
    return found + [name for name in _FLOWS if _frame(old, name) != _frame(new, name)]


def inputs_differ(change: Change, to_be: Wanted) -> bool:
    return change.before.campaign.inputs != change.after.campaign.inputs or change.before.files != to_be.bundle.files


def conflicts(before: Running, new: Playbook, used: Sequence[Used]) -> Iterator[Text]:
    """What cannot be changed while the campaign runs, because what is stored would mean something else."""
    old = before.campaign.playbook
    if old.id != new.id:
        yield Text(f"这是另一份剧本：{new.id}，不是 {old.id}", f"this is another playbook: {new.id}, not {old.id}")
    if old.timezone != new.timezone:
        yield Text("运行中不能改 timezone", "timezone cannot change while it runs")
    for name, audience in old.audiences.items():
        if name in new.audiences and new.audiences[name].zone != audience.zone:
            yield Text(f"运行中不能改人群 {name} 的时区", f"the zone of audience {name} cannot change while it runs")
    by_step: defaultdict[str, list[Used]] = defaultdict(list)
    for one in used:
        by_step[one.step].append(one)
    known = {step.id for step in old.steps()}
    for step in new.steps():
        if step.was and step.id not in known and step.was not in known:
            guess = closest(step.was, known)
            yield Text(
                f"步骤 {step.id}：was 写的 {step.was} 不是这个活动的步骤" + (f"，是不是 {guess}？" if guess else ""),
                f"step {step.id}: `was: {step.was}` names no step of the campaign"
                + (f"; did you mean {guess}?" if guess else ""),
            )
    for id_, was in predecessors(old, new).items():
        step = next(step for step in new.steps() if step.id == id_)
        if _cron(was) != _cron(step):
            yield _new_id(step, Text("cron 的时间", "the times of cron"))
        if step.when.after is not None and repeats(was.when) != repeats(step.when):
            yield _new_id(step, Text("是否重复", "whether it repeats"))
        for one in by_step[was.id]:
            yield from _other_kind(was, step, one)


def _other_kind(was: Step, step: Step, used: Used) -> Iterator[Text]:
    arms = dict(step.all_arms())
    if used.arm not in arms or _KINDS.get(type(arms[used.arm].action)) != used.kind:
        yield _new_id(step, Text("已经做过的分支或动作", "an arm or action that was carried out"))
        return
    before, after = was.arm(used.arm).action, arms[used.arm].action
    fewer = isinstance(before, Task) and isinstance(after, Task) and len(after.escalate) < len(before.escalate)
    if fewer and used.open:  # their timers count the rules of the list
        yield _new_id(step, Text("未完成任务的升级，不能减少", "the number of escalations of open tasks"))


def _new_id(step: Step, what: Text) -> Text:
    return Text(
        f"步骤 {step.id}：运行中不能改{what.zh}；换一个新编号就可以",
        f"step {step.id}: {what.en} cannot change while it runs; give it a new id",
    )


def _cron(step: Step) -> list[str]:
    return [rule.expression for rule in step.when.on if isinstance(rule, OnCron)]


def _status(before: Step, step: Step, mine: Mapping[str, int], waiting: int, sent: int) -> Status:
    if definition(before) == definition(step) and not any(mine[what] for what in _TOLD):
        return "same"
    if waiting:
        return "edited-waiting"
    ahead = mine["ahead"] or mine["moved"] or mine["added"]
    return "edited-sent" if sent and not ahead else "edited-unsent"


def _counted(change: Change) -> defaultdict[str, dict[str, int]]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys((*_TOLD, "ahead", "stays"), 0))
    for one in change.outcome.became:
        counts[one.step][one.what] += 1
    return counts


def _row(step: str, status: Status, was: str, sent: int, waiting: int, mine: Mapping[str, int]) -> StepChange:
    withdrawn = mine["withdrawn"] + mine["past"]
    return StepChange(step, status, was, sent, waiting, mine["moved"], mine["added"], withdrawn, mine["behind"])


def _frame(playbook: Playbook, name: str) -> object:
    flow = getattr(playbook, name)
    some = flow if isinstance(flow, tuple) else () if flow is None else (flow,)
    return [definition(replace(one, **({"do": ()} if name == "watches" else {"steps": ()}))) for one in some]

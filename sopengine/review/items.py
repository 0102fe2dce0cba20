"""A campaign → the items of its dry run: the engine's own plan, fan-out and rendering, with delivery left out."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sopengine.channels.base import Channel
from sopengine.diagnostics import Text
from sopengine.language.model import Emit, Exit, Go, Pause, Send, Split, Step, Tag, Task, Wait
from sopengine.messages.budget import utf8_bytes
from sopengine.messages.model import Rendered
from sopengine.messages.renderer import Renderer
from sopengine.planning.approvals import approver_of
from sopengine.planning.awaiting import awaited_event, until_events
from sopengine.planning.deliveries import CONDITION, EMPTY, STAND_INS, UNASSIGNED
from sopengine.planning.during import DURING
from sopengine.planning.model import Occurrence, PlannedDelivery
from sopengine.planning.possibilities import possible
from sopengine.planning.rendering import render
from sopengine.planning.watches import acting
from sopengine.planning.waves import rolls_out
from sopengine.review.across.posts import post_of
from sopengine.review.during import rules_shown
from sopengine.review.extremes import Extremes
from sopengine.review.guarding import in_chinese
from sopengine.review.model import Item, Mode, State, WaveShown
from sopengine.review.preview import Look, Preview
from sopengine.review.rates import Leaving, count, leaving
from sopengine.review.sampling import sample_entries
from sopengine.review.slots import Slot, own_slot, slot_of
from sopengine.review.suspicions import Suspicions
from sopengine.review.together import check_moments
from sopengine.timing.parse import duration_text

GUARD = "guard: "
Pair = tuple[PlannedDelivery, Rendered]


def items(preview: Preview, renderer: Renderer) -> Iterator[Item]:
    """In order of time, then step id; event-triggered ones last. Findings are in `preview.findings` when it ends."""
    looks = preview.looks()
    suspicions = Suspicions(
        preview.campaign, preview.document, preview.channels, preview.as_of, preview.findings, preview.copy_rules
    )
    suspicions.about_steps([look.occurrence for look in looks] if preview.whole else None, preview.targets)
    check_moments((look.occurrence for look in looks), preview.document, preview.targets, preview.findings)
    extremes = Extremes(preview.targets, suspicions.texts)
    yield from _items(preview, renderer, suspicions, extremes, looks)
    entries = sample_entries(preview.campaign, preview.targets, preview.as_of, preview.target)
    yield from _items(preview, renderer, suspicions, extremes, [Look(o, o.due_at) for o in entries])
    yield from _items(preview, renderer, suspicions, extremes, [Look(o, o.due_at) for o in _watched(preview)])
    about_others = rules_shown(preview.campaign, preview.targets, preview.as_of)
    yield from _items(preview, renderer, suspicions, extremes, [Look(o, o.due_at) for o in about_others])
    suspicions.about_tables(preview.targets, whole=preview.whole)
    extremes.report(renderer)


def _items(
    preview: Preview, renderer: Renderer, suspicions: Suspicions, extremes: Extremes, looks: list[Look]
) -> Iterator[Item]:
    of_whom: deque[Look] = deque()  # which look each delivery under way belongs to

    def deliveries() -> Iterator[PlannedDelivery]:
        for look in looks:
            for delivery in possible(preview.campaign, preview.targets, look.occurrence, preview.facts, look.turn):
                of_whom.append(look)
                extremes.see(delivery)
                ruled = preview.rulings.applied(preview.campaign, preview.targets, delivery)
                fate = preview.guarded.fate(delivery)
                yield ruled._replace(skip=f"{GUARD}{fate.reason}") if fate and fate.state and not ruled.skip else ruled

    pairs = ((of_whom.popleft(), pair) for pair in render(renderer, deliveries()))
    to_come = iter(looks)
    current: Look | None = None
    for (look, arm), group in groupby(pairs, key=lambda one: (one[0], one[1][0].arm)):
        for other in to_come if current is not look else ():
            if other is look:
                break
            yield _item(preview, suspicions, slot_of(preview, suspicions, other), [])
        current = look
        slot = slot_of(preview, suspicions, look, arm)
        if preview.each:
            addresses = leaving()
            for _, pair in group:
                if isinstance(slot.step.action, Send | Task):
                    count(addresses, pair[0])
                yield _item(preview, suspicions, own_slot(preview, slot, pair[0]), [pair])
            tuple(suspicions.about_channels(slot.step, addresses))  # what only shows when all are counted
        else:
            yield _item(preview, suspicions, slot, (pair for _, pair in group))
    for look in to_come:
        yield _item(preview, suspicions, slot_of(preview, suspicions, look), [])


def _watched(preview: Preview) -> list[Occurrence]:
    """What each watch would do."""
    watches = preview.campaign.playbook.watches
    return [o for watch in watches for o in acting(preview.campaign, watch, 1, preview.as_of)]


@dataclass(slots=True)
class _Folded:
    """What is known of the deliveries of one occurrence when all have passed, none of them kept."""

    last: datetime | None  # when the last target has its turn
    shown: Pair | None = None
    reached: int = 0
    longest: int = 0  # bytes
    skipped: str = ""
    addresses: Leaving = field(default_factory=leaving)
    codes: dict[str, None] = field(default_factory=dict)
    said_by: Counter[str] = field(default_factory=Counter)
    texts: set[int] = field(default_factory=set)
    waves: Counter[datetime] = field(default_factory=Counter)


def _folded(preview: Preview, suspicions: Suspicions, slot: Slot, pairs: Iterable[Pair]) -> _Folded:
    found = _Folded(last=slot.at)
    for one, text in pairs:
        found.said_by[one.skip if one.skip.startswith(f"{DURING}: ") else one.during] += 1
        if one.skip:
            found.skipped = one.skip
            found.shown = found.shown or (one, text)
            continue
        found.reached += 1
        fate = preview.guarded.fate(one)
        if preview.posts is not None and slot.if_ is None and found.last is not None:
            _note(preview, one, fate.at if fate else one.due_at)
        if found.last is not None:
            at = (fate.at if fate else one.due_at).astimezone(found.last.tzinfo)
            found.last = max(found.last, at)
            if rolls_out(one.step) and not preview.each:
                found.waves[at] += 1
        if isinstance(one.step.action, Send | Task):
            count(found.addresses, one)
            size = utf8_bytes(text.text)
            found.texts.add(hash(text.text))
            found.longest = max(found.longest, size)
            found.codes.update(dict.fromkeys(suspicions.texts.about_text(one, text, size)))
            found.codes.update(dict.fromkeys(suspicions.texts.about_days(one, text)))
            found.codes.update(dict.fromkeys(suspicions.texts.about_policy(one, text)))
        if found.shown is None or found.shown[0].skip or one.target_id == preview.target:
            found.shown = (one, text)
    return found


def _item(preview: Preview, suspicions: Suspicions, slot: Slot, pairs: Iterable[Pair]) -> Item:
    """Fold the deliveries of one occurrence into one item."""
    occurrence, found = slot.occurrence, _folded(preview, suspicions, slot, pairs)
    codes = dict(found.codes)
    delivery: PlannedDelivery | None
    codes.update(dict.fromkeys(slot.codes))
    codes.update(dict.fromkeys(suspicions.about_channels(slot.step, found.addresses)))
    delivery, rendered = found.shown if found.shown else (None, Rendered(kind="skipped"))
    channel = preview.channels.get(delivery.channel) if delivery else None
    speaks = isinstance(slot.step.action, Send | Task)
    state, reason = _state(preview, slot, delivery, rendered, found.reached, found.skipped)
    if state in ("planned", "skipped") and (others := found.said_by - Counter({"": found.said_by[""]})):
        reason = _ruled(others)
    is_task = isinstance(slot.step.action, Task)
    said = rendered.text if speaks else does(slot.step)
    message = delivery.message if delivery and speaks else None
    return Item(
        id=occurrence.step.id,
        section=occurrence.section,
        key=delivery.key if delivery and preview.each else occurrence.key,
        audience=slot.step.to,
        targets=found.reached,
        target=delivery.target_id if delivery else "",
        channel=delivery.channel if delivery and speaks else "",
        mode=_mode(is_task, channel if speaks else None),
        text=said,
        place=slot.place,
        at=slot.at,
        last_at=found.last,
        planned_at=slot.planned_at,
        after=slot.after,
        phase=occurrence.phase,
        kind="task" if is_task else "send" if speaks else "act",
        state=state,
        reason=reason,
        chars=len(said),
        bytes=found.longest,
        max_bytes=channel.limits.max_bytes.get(delivery.message.format, 0) if channel and delivery else 0,
        codes=tuple(codes),
        due=slot.due,
        person=delivery.person if delivery and is_task else "",
        script=slot.step.action.script if isinstance(slot.step.action, Task) else "",
        timers=slot.timers,
        approve=approver_of(preview.campaign.playbook, slot.step),
        waves=tuple(WaveShown(at, targets) for at, targets in sorted(found.waves.items())),
        format=message.format if message else "text",
        mention=message.mention if message else (),
        image=message.image if message else "",
        texts=len(found.texts) or 1,
        paths=(occurrence.step.path, *([message.path] if message else [])),
        slot=occurrence.key,
        arm=slot.arm,
    )


def _note(preview: Preview, one: PlannedDelivery, at: datetime) -> None:
    """What surely goes, and is still to come."""
    assert preview.posts is not None
    if at >= preview.as_of and (post := post_of(preview.campaign.id, preview.targets, one, at)):
        preview.posts.append(post)


def _ruled(others: Counter[str]) -> Text:
    """What other campaigns say about this item, and for how many."""
    zh, en = [], []
    for said, number in others.items():
        campaign, phase, *message = said.removeprefix(f"{DURING}: ").split("/")
        if message:
            zh.append(f"{campaign} 的 {phase} 换成 {message[0]}（{number} 个对象）")
            en.append(f"{campaign}, {phase}, says {message[0]} instead ({number} targets)")
        else:
            zh.append(f"{campaign} 的 {phase} 跳过它（{number} 个对象）")
            en.append(f"{campaign}, {phase}, skips it ({number} targets)")
    return Text("；".join(zh), "; ".join(en))


def _mode(is_task: bool, channel: Channel | None) -> Mode:
    if is_task:
        return "task"
    return "manual" if channel is not None and channel.mode == "manual" else "auto"


def _state(
    preview: Preview,
    slot: Slot,
    delivery: PlannedDelivery | None,
    rendered: Rendered,
    reached: int,
    skipped: str,
) -> tuple[State, Text | None]:
    occurrence = slot.occurrence
    if slot.at is not None and slot.at < preview.as_of:
        return "past-due", Text("时间已经过去", "already past")
    if not reached:
        if skipped.endswith(EMPTY):
            name = skipped.removesuffix(EMPTY)
            return "skipped", Text(f"{name} 是空的", f"{name} is empty")
        if skipped == UNASSIGNED:
            return "skipped", Text("没有对应的负责人", "nobody answers for it")
        if skipped.startswith(GUARD):
            rule = skipped.removeprefix(GUARD)
            return "skipped", Text(f"发不出去：{in_chinese(rule)}", f"does not go out: {rule}")
        if skipped:
            values = skipped.partition(": ")[2]
            shown = Text(f"（{values}）", f" ({values})") if values else Text("", "")
            if skipped.startswith(CONDITION):
                return "skipped", Text(f"条件不成立{shown.zh}", f"the condition does not hold{shown.en}")
            return "skipped", Text(f"条件还不知道成不成立{shown.zh}", f"the condition is not known yet{shown.en}")
        return "skipped", Text("没有任何对象", "nobody to reach")
    if delivery and delivery.lookup and (problem := delivery.lookup.problem):
        return "unrendered", problem
    if not rendered.ok and isinstance(slot.step.action, Send | Task):
        return "unrendered", Text(f"模板渲染失败：{rendered.error}", f"the template fails: {rendered.error}")
    if slot.if_:
        return "depends", slot.if_
    if delivery and (asked := delivery.own.get(STAND_INS)):
        names = ", ".join(asked)
        return "depends", Text(
            f"还没有数据，这里用示例：{names}（到时没有就发不出，可写 | default('…')）",
            f"samples stand in for {names}; without data then it cannot be sent, unless it has | default('…')",
        )
    if slot.at is not None and (event := awaited_event(occurrence.waits_for)):
        return "held", Text(f"等 {event}，按它发生的时间发", f"held until {event}, and moves with it")
    ends = until_events(slot.step).values()
    until = Text(f"{'、'.join(ends)} 之后不再发", f"ends with {', '.join(ends)}") if ends else None
    return "planned", until


def does(step: Step) -> str:
    """What a step does that says nothing, in the author's own words: `tag: vip`, `wait: order.paid`."""
    match step.action:
        case Wait(events, limit, then, timeout):
            return f"wait: {', '.join(events)} for {duration_text(limit)}, then {then}, timeout {timeout}"
        case Split(by, _, arms):
            return f"split: {by} " + ", ".join(f"{arm} {share}" for arm, share in arms.items())
        case Tag(add, remove, values):
            words = [*add, *(f"-{name}" for name in remove), *(f"{name}: {value}" for name, value in values.items())]
            return "tag: " + ", ".join(words)
        case Emit(event=event):
            return f"emit: {event}"
        case Exit(reason):
            return f"exit: {reason}"
        case Go(to):
            return f"go: {to}"
        case Pause(what):
            return f"pause: {what}"
    return "skip"

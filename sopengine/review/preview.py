"""A campaign → the items of its dry run: the engine's own plan, fan-out and rendering, with delivery left out."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from sopengine.channels.base import Channel
from sopengine.diagnostics import Diagnostic, Findings, Place, Stage, Text
from sopengine.language.asking import audience_asks
from sopengine.language.build.times import AT_ONCE
from sopengine.language.copy_rules import ANYTHING, CopyRules
from sopengine.language.document import Document
from sopengine.language.ignores import Ignores, Judged
from sopengine.language.model import Choose, Emit, Exit, Go, Pause, Playbook, Send, Split, Step, Tag, Task, Wait
from sopengine.messages.budget import utf8_bytes
from sopengine.messages.model import Rendered
from sopengine.messages.renderer import Renderer
from sopengine.planning.approvals import approver_of
from sopengine.planning.awaiting import awaited_event, until_events
from sopengine.planning.deliveries import CONDITION, EMPTY, STAND_INS, UNASSIGNED, Turn
from sopengine.planning.during import DURING, NONE, Rulings
from sopengine.planning.facts import NOTHING, Facts
from sopengine.planning.forecast import UsedBefore, nothing_before
from sopengine.planning.journeys import flow_of
from sopengine.planning.limits import due_of_task
from sopengine.planning.model import Campaign, Occurrence, PlannedDelivery
from sopengine.planning.occurrences import plan
from sopengine.planning.possibilities import depends_on_facts, possible
from sopengine.planning.rendering import render
from sopengine.planning.slots import slots
from sopengine.planning.targets import Targets
from sopengine.planning.timers import timers_of
from sopengine.planning.watches import acting
from sopengine.planning.waves import rolls_out
from sopengine.review.across.model import Beside
from sopengine.review.across.posts import Post, post_of
from sopengine.review.during import Others, instead_of, rules_shown
from sopengine.review.extremes import Extremes
from sopengine.review.guarding import NOTHING_GUARDED, Guarded, guarded, in_chinese
from sopengine.review.model import Item, Mode, State, TimerShown, WaveShown
from sopengine.review.rates import count, leaving
from sopengine.review.sampling import sample_entries
from sopengine.review.suspicions import Suspicions
from sopengine.review.timers import shown
from sopengine.review.together import check_moments
from sopengine.timing.parse import duration_text
from sopengine.timing.words import OnAnchor, OnDate
from sopengine.timing.zones import zone as zone_named

BEGINNING = datetime.min.replace(tzinfo=UTC)
OPEN_ENDED = timedelta(days=28)
"""How far a campaign without an end is shown when no end is asked for."""

GUARD = "guard: "
Pair = tuple[PlannedDelivery, Rendered]


class Look(Struct, frozen=True, eq=False):
    """An occurrence at one moment; `turn` where only some of its targets have theirs then."""

    occurrence: Occurrence
    at: datetime
    turn: Turn | None = None

    @property
    def step(self) -> Step:
        return self.occurrence.step


@dataclass(slots=True)
class Preview:
    """What a dry run looks at, and the findings it makes on the way. `begin` and `end` are aware and half-open; without
    them the whole campaign is shown. `target` names whose text is shown; `each` makes one item per target. `facts` are
    what is known so far: what has not happened yet is shown as open."""

    campaign: Campaign
    document: Document
    channels: Mapping[str, Channel]
    as_of: datetime
    begin: datetime | None = None
    end: datetime | None = None
    target: str = ""
    each: bool = False
    rulings: Rulings = NONE  # of the campaigns that run beside it
    running: Others = ()
    facts: Facts = NOTHING
    planned: Others = ()  # those that a campaign file of the workspace names and nobody has started
    beside: Sequence[Beside] = ()  # the names of both
    used_before: UsedBefore = nothing_before
    posts: list[Post] | None = None  # what the items are made of, where somebody wants to know it
    guarded: Guarded = NOTHING_GUARDED
    copy_rules: CopyRules = ANYTHING
    findings: Findings = field(default_factory=Findings)
    targets: Targets = field(init=False)

    def __post_init__(self) -> None:
        base, zone = Targets(self.campaign), self.campaign.playbook.timezone
        self.targets = base.seen(lambda: self.facts.past(base, self.as_of, zone))

    @property
    def whole(self) -> bool:
        return self.begin is None and self.end is None

    @property
    def horizon(self) -> datetime:
        if self.end is not None:
            return self.end
        span = self.targets.calendars.span(self.campaign.playbook.timezone)
        night_after = timedelta(days=2)  # a slot in the night after the last day still belongs to it
        return max(self.as_of, span.end) + night_after if span.end else self.as_of + OPEN_ENDED

    def judge(self, given: Iterable[Diagnostic]) -> Judged:
        """All findings, those made before and its own, and what comments in the playbook set aside. What the check has
        said of a step is not said again."""
        done: tuple[Stage, ...] = ("check", "dry-run") if self.whole else ("check",)
        before = list(given)
        told = {(found.code, found.path[:length]) for found in before for length in range(1, len(found.path) + 1)}
        own = (found for found in self.findings if not found.path or (found.code, found.path) not in told)
        return Ignores(self.document).judge([*before, *own], done)

    def looks(self) -> list[Look]:
        """What is to be shown, in order of time, what comes after an event last; an occurrence whose targets have their
        own times once for each."""
        begin = self.begin or BEGINNING
        planned = plan(self.campaign, self.targets, BEGINNING, self.horizon)
        looks = [look for occurrence in planned for look in self._looks(occurrence)]
        dated = [look for look in looks if not look.occurrence.untimed]
        untimed = [look for look in looks if look.occurrence.untimed]
        ahead = [look for look in dated if look.at >= self.as_of]
        self.guarded = guarded(
            self.campaign, self.targets, self.facts, ahead, self.running, self.as_of, self.used_before
        )
        dated = [replace(look, at=self.guarded.moment(look.occurrence, look.at)) for look in dated]
        dated = [look for look in dated if begin <= look.at < self.horizon]
        return sorted(dated, key=lambda look: (look.at, look.step.id)) + untimed

    def _looks(self, occurrence: Occurrence) -> Iterator[Look]:
        for slot in slots(self.targets, occurrence):
            yield Look(slot.occurrence, slot.at, slot.turn)

    def place(self, occurrence: Occurrence) -> Place:
        return self.document.place(occurrence.step.path)


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
            yield _item(preview, suspicions, _slot(preview, suspicions, other), [])
        current = look
        slot = _slot(preview, suspicions, look, arm)
        if preview.each:
            addresses = leaving()
            for _, pair in group:
                if isinstance(slot.step.action, Send | Task):
                    count(addresses, pair[0])
                yield _item(preview, suspicions, _own_slot(preview, slot, pair[0]), [pair])
            tuple(suspicions.about_channels(slot.step, addresses))  # what only shows when all are counted
        else:
            yield _item(preview, suspicions, slot, (pair for _, pair in group))
    for look in to_come:
        yield _item(preview, suspicions, _slot(preview, suspicions, look), [])


class _Slot(Struct, frozen=True):
    """What all items of one occurrence share, worked out once; times are local, None for what an event triggers."""

    occurrence: Occurrence
    step: Step  # as the arm makes it
    arm: str
    place: Place
    if_: Text | None  # the condition on which it depends
    at: datetime | None
    planned_at: datetime | None
    due: datetime | None
    after: Text | None
    codes: tuple[str, ...]
    timers: tuple[TimerShown, ...] = ()


def _slot(preview: Preview, suspicions: Suspicions, look: Look, arm: str = "") -> _Slot:
    occurrence, zone = look.occurrence, zone_named(look.occurrence.zone)
    step = occurrence.step.arm(arm)
    as_arm = replace(occurrence, step=step)
    due = due_of_task(preview.campaign, as_arm, look.at)
    of_its_own = occurrence.subject is not None or occurrence.section in ("watch", DURING)
    triggered = of_its_own or occurrence.untimed
    timers = [] if triggered else timers_of(preview.campaign, as_arm, look.at, due)
    return _Slot(
        occurrence,
        step,
        arm,
        preview.document.place(step.path),
        _on_condition(preview, occurrence.step, arm),
        at=None if triggered else look.at.astimezone(zone),
        planned_at=None if triggered else occurrence.planned_at.astimezone(zone),
        due=due.astimezone(zone) if due and not triggered else None,
        after=_trigger(preview, occurrence) if triggered else None,
        codes=(
            *suspicions.about_occurrence(occurrence),
            *suspicions.about_guards(step, preview.guarded),
            *suspicions.about_timers(step, timers),
        ),
        timers=shown(step, timers, zone) if timers else (),
    )


def _on_condition(preview: Preview, step: Step, arm: str) -> Text | None:
    """The conditions by which a case comes to this arm, where they are only known at its time: of who is in its
    audience, of the step, and of its arms."""
    said = _audience_conditions(preview.campaign.playbook, step.to)
    if depends_on_facts(step):
        said += [step.if_.text] if step.if_ else []
        for part in filter(None, arm.split(".")):
            assert isinstance(step.action, Choose)
            chosen = step.action.arms[int(part) - 1]
            said.append(chosen.condition.text if chosen.condition else "")
            step = chosen.step
    elif not said:
        return None
    shown = [" ".join(text.split()) for text in said]
    zh, en = (" → ".join(text or otherwise for text in shown) for otherwise in ("否则", "otherwise"))
    return Text(f"如果 {zh}", f"if {en}") if shown[0] else Text(zh, en)


def _audience_conditions(playbook: Playbook, name: str) -> list[str]:
    """Of an audience that asks of the past or of tags, and of those it is a part of."""
    if not audience_asks(playbook, name):
        return []
    audience = playbook.audiences[name]
    own = [audience.where.text] if audience.where else []
    return [*_audience_conditions(playbook, audience.of), *own]


def _trigger(preview: Preview, occurrence: Occurrence) -> Text:
    if occurrence.section == DURING:
        return instead_of(preview.targets, occurrence, preview.running)
    if occurrence.section == "watch":
        watch = next(w for w in preview.campaign.playbook.watches if occurrence.step in w.do)
        return Text(f"{watch.when.text} 变为成立时", f"when {watch.when.text} becomes true")
    if occurrence.subject is None:
        when = occurrence.step.when
        clock = " ".join(moment.text for moment in when.at)
        event, delay = (when.after.subject, duration_text(when.after.delay)) if when.after else ("", "")
        return Text(f"{event} 后 {delay} {clock}".strip(), f"{event} + {delay} {clock}".strip())
    return _after(preview, occurrence)


def _watched(preview: Preview) -> list[Occurrence]:
    """What each watch would do."""
    watches = preview.campaign.playbook.watches
    return [o for watch in watches for o in acting(preview.campaign, watch, 1, preview.as_of)]


def _own_slot(preview: Preview, slot: _Slot, delivery: PlannedDelivery) -> _Slot:
    """The slot as one target has it: at its own place in the spread or rollout, or where a guard lets it go."""
    fate = preview.guarded.fate(delivery)
    if slot.at is None or (not delivery.stagger and fate is None and preview.guarded is NOTHING_GUARDED):
        return slot
    zone = zone_named(slot.occurrence.zone)
    mine, due_at = replace(slot.occurrence, step=slot.step), delivery.due_at
    due = due_of_task(preview.campaign, mine, due_at)
    timers = timers_of(preview.campaign, mine, due_at, due)
    mine_shown = shown(slot.step, timers, zone) if timers else ()
    at = fate.at if fate else due_at
    return replace(slot, at=at.astimezone(zone), due=due.astimezone(zone) if due else None, timers=mine_shown)


def _item(preview: Preview, suspicions: Suspicions, slot: _Slot, pairs: Iterable[Pair]) -> Item:
    """Fold the deliveries of one occurrence into one item, without keeping them."""
    occurrence = slot.occurrence
    shown: Pair | None = None
    delivery: PlannedDelivery | None
    reached, longest, skipped, last = 0, 0, "", slot.at
    addresses = leaving()
    codes: dict[str, None] = {}
    said_by: Counter[str] = Counter()
    texts: set[int] = set()
    waves: Counter[datetime] = Counter()
    for one, text in pairs:
        said_by[one.skip if one.skip.startswith(f"{DURING}: ") else one.during] += 1
        if one.skip:
            skipped = one.skip
            shown = shown or (one, text)
            continue
        reached += 1
        fate = preview.guarded.fate(one)
        if preview.posts is not None and slot.if_ is None and last is not None:
            _note(preview, one, fate.at if fate else one.due_at)
        if last is not None:
            at = (fate.at if fate else one.due_at).astimezone(last.tzinfo)
            last = max(last, at)
            if rolls_out(one.step) and not preview.each:
                waves[at] += 1
        if isinstance(one.step.action, Send | Task):
            count(addresses, one)
            size = utf8_bytes(text.text)
            texts.add(hash(text.text))
            longest = max(longest, size)
            codes.update(dict.fromkeys(suspicions.texts.about_text(one, text, size)))
            codes.update(dict.fromkeys(suspicions.texts.about_days(one, text)))
            codes.update(dict.fromkeys(suspicions.texts.about_policy(one, text)))
        if shown is None or shown[0].skip or one.target_id == preview.target:
            shown = (one, text)
    codes.update(dict.fromkeys(slot.codes))
    codes.update(dict.fromkeys(suspicions.about_channels(slot.step, addresses)))
    delivery, rendered = shown if shown else (None, Rendered(kind="skipped"))
    channel = preview.channels.get(delivery.channel) if delivery else None
    speaks = isinstance(slot.step.action, Send | Task)
    state, reason = _state(preview, slot, delivery, rendered, reached, skipped)
    if state in ("planned", "skipped") and (others := said_by - Counter({"": said_by[""]})):
        reason = _ruled(others)
    is_task = isinstance(slot.step.action, Task)
    said = rendered.text if speaks else does(slot.step)
    message = delivery.message if delivery and speaks else None
    return Item(
        id=occurrence.step.id,
        section=occurrence.section,
        key=delivery.key if delivery and preview.each else occurrence.key,
        audience=slot.step.to,
        targets=reached,
        target=delivery.target_id if delivery else "",
        channel=delivery.channel if delivery and speaks else "",
        mode=_mode(is_task, channel if speaks else None),
        text=said,
        place=slot.place,
        at=slot.at,
        last_at=last,
        planned_at=slot.planned_at,
        after=slot.after,
        phase=occurrence.phase,
        kind="task" if is_task else "send" if speaks else "act",
        state=state,
        reason=reason,
        chars=len(said),
        bytes=longest,
        max_bytes=channel.limits.max_bytes.get(delivery.message.format, 0) if channel and delivery else 0,
        codes=tuple(codes),
        due=slot.due,
        person=delivery.person if delivery and is_task else "",
        script=slot.step.action.script if isinstance(slot.step.action, Task) else "",
        timers=slot.timers,
        approve=approver_of(preview.campaign.playbook, slot.step),
        waves=tuple(WaveShown(at, targets) for at, targets in sorted(waves.items())),
        format=message.format if message else "text",
        mention=message.mention if message else (),
        image=message.image if message else "",
        texts=len(texts) or 1,
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
    slot: _Slot,
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


def _after(preview: Preview, occurrence: Occurrence) -> Text:
    """`coupon.issued + 3d 19:30`, `1d 19:00 after CONDITION`, or `live - 10m` where that is no matter of the trigger; a
    step without a time of its own comes after the one before."""
    journey = flow_of(preview.campaign.playbook, occurrence)
    when = occurrence.step.when
    clock = " ".join(moment.text for moment in when.at)
    delay = when.after.text if when.after else " ".join(rule.text for rule in when.on)
    of_days = any(not isinstance(rule, OnDate | OnAnchor) for rule in when.on)
    of_trigger = not when.after.subject if when.after else of_days
    if occurrence.sequence and when.after == AT_ONCE:
        return Text("接着", "then")
    if not of_trigger:
        return Text(f"{delay} {clock}".strip(), f"{delay} {clock}".strip())
    if journey.when:  # the time first: a condition may be longer than the line
        said = f"{delay} {clock}".strip()
        return Text(f"{said}，从 {journey.when.text} 成立算起", f"{said} after {journey.when.text}")
    event = journey.on_event
    return Text(f"{event} 后 {delay} {clock}".strip(), f"{event} + {delay} {clock}".strip())


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

"""One slot of one step, as it is stored, and its place in the playbook → why it went as it did, link by link."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sopengine.diagnostics import Text
from sopengine.language.model import Choose, Step
from sopengine.review.chain import Around, Link, approved, around_it, waiting, word_of
from sopengine.review.reasons import clause
from sopengine.store.rows import OccurrenceRow, OccurrenceState
from sopengine.store.stories import BADLY, Earlier, Story, Thing, Told
from sopengine.store.waits import WAITING
from sopengine.timing.words import When

EVENT = "event:"
ON_THE_WAY = ("claimed", "sending")
FINAL = ("sent", "confirmed", "failed", "unknown", "missed", "skipped", "withdrawn", "done", "declined", "overdue")


def explain(story: Story, step: Step, around: Around) -> tuple[Link, ...]:
    """The whole chain, in the order in which it happened."""
    zone = ZoneInfo(story.occurrence.zone)
    links = [_plan(story.occurrence, step, around, zone)]
    links += [_end(one, around, zone) for one in story.told if one.entity == "occurrence" and one.after == "moved"]
    links += approved(around, zone)
    links += _before(story, around, zone)
    if story.state is OccurrenceState.PLANNED:
        return (*links, *_ahead(story, around, zone))
    if story.state is not OccurrenceState.FANNED_OUT and not story.things:
        return (*links, *_of_slot(story, around, zone))
    links += _run_again(story, around, zone)
    if not story.things:
        return (*links, *_nobody(step, around))
    if len(story.things) == 1:
        return (*links, *_one(story.things[0], story, step, around, zone))
    return (*links, *_many(story, around, zone))


def sentence(links: Sequence[Link]) -> Text:
    """All of the chain in one sentence."""
    return Text("；".join(one.text.zh for one in links) + "。", "; ".join(one.text.en for one in links) + ".")


def rule_of(when: When) -> str:
    """A step's words of time, as they were written."""
    parts = [("on", [rule.text for rule in when.on]), ("at", [one.text for one in when.at])]
    parts += [("after", [when.after.text] if when.after else []), ("except", [rule.text for rule in when.except_])]
    said = [f"{name}: {', '.join(texts)}" for name, texts in parts if texts]
    return " ".join([*said, *([f"shift: {when.shift}"] if when.shift else [])])


def _plan(row: OccurrenceRow, step: Step, around: Around, zone: ZoneInfo) -> Link:
    campaign = around.campaign
    hash_, rule = campaign.bundle[:8], rule_of(step.when)
    slot = f"{row.planned_at.astimezone(zone):%Y-%m-%d %H:%M}"
    flow = next((one for one in around.playbook.journeys if one.name == row.phase), around.playbook.welcome)
    trigger, trigger_en = "", ""
    if row.entry and flow is not None:
        subject = str((row.subject or {}).get("id", ""))
        begun = flow.on_event or (f"when {flow.when.text}" if flow.when else "")
        trigger, trigger_en = (
            f"（{subject} 因 {begun} 进入 {flow.name}）",
            f" ({subject} entered {flow.name} by {begun})",
        )
    whom, whom_en = (f"，给 {around.target}", f" for {around.target}") if around.target else ("", "")
    return Link(
        "plan",
        Text(
            f"活动 {campaign.id}（剧本 {campaign.playbook}，版本 {hash_}）的步骤 {row.step}{trigger}，"
            f"按 {rule} 排在 {slot}{whom}",
            f"campaign {campaign.id} (playbook {campaign.playbook}, version {hash_}) plans step {row.step}{trigger_en} "
            f"by {rule} at {slot}{whom_en}",
        ),
        row.planned_at,
    )


def _before(story: Story, around: Around, zone: ZoneInfo) -> list[Link]:
    """What it comes after."""
    waits = story.occurrence.waits_for
    if waits.startswith(EVENT):
        event = waits.removeprefix(EVENT)
        if around.approvals and event.startswith("approval of "):
            return []
        return [Link("wait", Text(f"它等事件 {event}，还没有来", f"it waits for event {event}, which has not come"))]
    if story.after is None:
        return []
    return [Link("wait", _became(story.after, around, zone, Text("它在", "it comes after")))]


def _became(earlier: Earlier, around: Around, zone: ZoneInfo, begin: Text) -> Text:
    """How a step before this one stands."""
    if not earlier.things:
        state = word_of(earlier.state, around)
        return Text(
            f"{begin.zh} {earlier.step} 之后，那一步{state.zh}", f"{begin.en} {earlier.step}, which is {state.en}"
        )
    states = ", ".join(
        f"{one.target} {word_of(one.state, around).en}{_why(one, zone).en}" for one in earlier.things[:3]
    )
    states_zh = "，".join(
        f"{one.target} {word_of(one.state, around).zh}{_why(one, zone).zh}" for one in earlier.things[:3]
    )
    return Text(f"{begin.zh} {earlier.step} 之后（{states_zh}）", f"{begin.en} {earlier.step} ({states})")


_HELD = Text("它的流程停在", "its flow waits for a person at")
_AT = Text("它的流程正走到", "its flow is at")


def _ahead(story: Story, around: Around, zone: ZoneInfo) -> list[Link]:
    """Why it has not been carried out yet."""
    links = list(around_it(around, zone))
    row = story.occurrence
    for earlier in story.open_before[:1]:
        held = any(one.state in BADLY for one in earlier.things)
        states = _became(earlier, around, zone, _HELD if held else _AT)
        links.append(Link("wait", Text(states.zh.replace(" 之后", ""), states.en)))
    if row.waits_for == WAITING:
        links.append(Link("wait", Text("它正在等", "it is waiting")))
    if around.in_audience is False:
        links += _nobody_yet(around)
    if not links:
        due = f"{row.due_at.astimezone(zone):%m-%d %H:%M}"
        if row.due_at > around.now:
            text = Text(f"还没到时间，{due} 才决定发给谁", f"its time has not come: at {due} it is decided who gets it")
        else:
            text = Text(f"{due} 已到，等下一轮执行", f"it was due at {due} and waits for the next pass")
        links.append(Link("next", text, row.due_at))
    elif not row.waits_for and row.due_at > around.now and not story.open_before:
        due = f"{row.due_at.astimezone(zone):%m-%d %H:%M}"
        links.append(Link("next", Text(f"时间是 {due}", f"its time is {due}"), row.due_at))
    return links


def _of_slot(story: Story, around: Around, zone: ZoneInfo) -> list[Link]:
    """It ended as a whole, for everybody."""
    lines = [one for one in story.told if one.entity == "occurrence"]
    last = next((one for one in reversed(lines) if one.after in FINAL), None)
    if last is None:
        return []
    paused = _paused(story, zone) if last.after == "missed" else []
    return [*paused, _end(last, around, zone)]


def _run_again(story: Story, around: Around, zone: ZoneInfo) -> list[Link]:
    """That it was missed, and what a person did then."""
    return [
        _end(one, around, zone)
        for one in story.told
        if one.entity == "occurrence" and (one.before in BADLY or one.after in (*BADLY, "settled"))
    ]


def _nobody(step: Step, around: Around) -> list[Link]:
    """It was carried out, and this target was not among those it reached."""
    if not around.target:
        return [Link("targets", Text("那时一个对象也没有", "there was nobody to reach"))]
    text = Text(
        f"那时 {around.target} 不在 {step.to or '名单'} 里", f"{around.target} was not in {step.to or 'its list'} then"
    )
    if isinstance(step.action, Choose) and not step.to:
        text = Text(f"选中的那一支不发给 {around.target}", f"the arm that was chosen is not for {around.target}")
    return [Link("targets", text)]


def _nobody_yet(around: Around) -> list[Link]:
    target = around.target
    text = Text(f"{target} 不在它的对象里，不会收到", f"{target} is not among its targets and gets nothing")
    return [Link("targets", text)]


def _one(thing: Thing, story: Story, step: Step, around: Around, zone: ZoneInfo) -> list[Link]:
    links = _condition(thing, step, zone)
    if thing.state == "missed":
        links += _paused(story, zone)
    lines = [one for one in story.told if one.entity == thing.kind and one.ref == thing.id]
    for one in lines:
        if one.after not in ON_THE_WAY and not (one.before == "" and one.after in ("open", "planned")):
            links.append(_end(one, around, zone))
    if thing.kind == "effect" or (thing.state in FINAL and not any(one.after == thing.state for one in lines)):
        links.append(Link("end", _final(thing, around, zone)))
    if thing.state in ("planned", *ON_THE_WAY):
        links += waiting(thing, around, zone, told=bool(lines) and lines[-1].after == "held")
    if thing.state in ("failed", "unknown") and not thing.settled:
        links.append(Link("next", Text(f"等人处理（送达 {thing.id}）", f"it waits for a person (delivery {thing.id})")))
    if thing.state in ("open", "acknowledged") and thing.run_after is not None:
        due, who = f"{thing.run_after.astimezone(zone):%m-%d %H:%M}", thing.person or "?"
        links.append(Link("next", Text(f"等 {who}，期限 {due}", f"it waits for {who}, due {due}"), thing.run_after))
    return links


def _paused(story: Story, zone: ZoneInfo) -> list[Link]:
    """Pauses that lay over it."""
    links = []
    for one in story.pauses:
        at, what = f"{one.at.astimezone(zone):%m-%d %H:%M}", one.before or "--all"
        why, why_en = (f"（{one.reason}）", f" ({one.reason})") if one.reason else ("", "")
        text = Text(f"{one.actor} 在 {at} 暂停了 {what}{why}", f"{one.actor} paused {what} at {at}{why_en}")
        links.append(Link("paused", text, one.at))
    return links


def _condition(thing: Thing, step: Step, zone: ZoneInfo) -> list[Link]:
    links = []
    if thing.verdict and not (thing.state == "skipped" and thing.reason == thing.verdict):
        links.append(Link("condition", clause(thing.verdict, zone)))
    arm = step.arm(thing.arm) if thing.arm else step
    if arm.if_ is not None and thing.state != "skipped":
        text = arm.if_.text
        links.append(Link("condition", Text(f"条件 {text} 成立", f"its condition {text} holds")))
    return links


def _many(story: Story, around: Around, zone: ZoneInfo) -> list[Link]:
    """Targets by how they ended, the most first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in story.things:
        reason = one.reason if one.state in (*BADLY, "withdrawn") else one.hold if one.state == "planned" else ""
        groups.setdefault((one.state, reason), []).append(one.target)
    links = []
    for (state, reason), targets in sorted(groups.items(), key=lambda group: -len(group[1])):
        named = ", ".join(targets[:3]) + (" …" if len(targets) > 3 else "")
        why, word = clause(reason, zone), word_of(state, around)
        because, because_en = (f"（{why.zh}）", f" ({why.en})") if reason else ("", "")
        count = len(targets)
        text = Text(f"{count} 个{word.zh}{because}：{named}", f"{count} {word.en}{because_en}: {named}")
        links.append(Link("end", text))
    return links


def _end(told: Told, around: Around, zone: ZoneInfo) -> Link:
    """A line of the log as a clause."""
    at = f"{told.at.astimezone(zone):%m-%d %H:%M:%S}"
    word, why = word_of(told.after, around), clause(told.reason, zone)
    by_hand = told.actor not in ("", "engine") and told.after not in ON_THE_WAY
    because, because_en = (f"：{why.zh}", f": {why.en}") if why.en else ("", "")
    if by_hand:
        text = Text(f"{at} {told.actor} 记为{word.zh}{because}", f"at {at} {told.actor} made it {word.en}{because_en}")
        return Link("person", text, told.at)
    if told.before in ON_THE_WAY and told.after == "planned":
        return Link(
            "attempt",
            Text(f"{at} 没有发成{because}，稍后再试", f"at {at} it could not be sent{because_en}, to be tried again"),
            told.at,
        )
    kind = "held" if told.after == "held" else "end"
    return Link(kind, Text(f"{at} {word.zh}{because}", f"{word.en} at {at}{because_en}"), told.at)


def _final(thing: Thing, around: Around, zone: ZoneInfo) -> Text:
    word, why = word_of(thing.state, around), _why(thing, zone)
    return Text(f"{word.zh}{why.zh}", f"{word.en}{why.en}")


def _why(thing: Thing, zone: ZoneInfo) -> Text:
    if not thing.reason or thing.state in ("sent", "confirmed"):
        return Text("", "")
    why = clause(thing.reason, zone)
    return Text(f"：{why.zh}", f": {why.en}")

"""What a comparison says, in words that every view shares."""

from __future__ import annotations

from collections.abc import Iterator

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless, one_line
from sopengine.review.comparison.model import Change, Comparison, Field, StepChange, Times, Version, What
from sopengine.review.model import Item
from sopengine.review.words import AUDIENCES, MODES, STATES, clock, count_of, dated, moment_name

WHAT: dict[What, Text] = {
    "added": Text("新增", "added"),
    "removed": Text("删了", "removed"),
    "changed": Text("改了", "changed"),
    "moved": Text("改时间", "moved"),
    "same": Text("不变", "same"),
}
SIGNS: dict[What, str] = {"added": "+", "removed": "-", "changed": "~", "moved": "→", "same": "="}
_STEPS = Text("个步骤", "step")


def named(version: Version, lang: str) -> str:
    name = one_line(version.name)
    return Text(f"{name}（正在执行的）", f"{name} (as it runs)").get(lang) if version.running else name


def headline(step: StepChange, lang: str) -> Iterator[str]:
    """What becomes of the step, its old name, how much of it went out, what is written differently besides."""
    standing = step.standing
    yield (standing.said if standing and standing.status != "same" else WHAT[step.what]).get(lang)
    if step.was:
        yield harmless(Text(f"原名 {step.was}", f"was {step.was}").get(lang))
    if standing and standing.sent:
        yield Text(f"已发 {standing.sent}，不动", f"{standing.sent} sent, they stay").get(lang)
    if standing and standing.waiting:
        yield Text(f"{standing.waiting} 项进行中", f"{standing.waiting} under way").get(lang)
    if step.settings:
        names = ("、" if lang == "zh" else ", ").join(step.settings)
        yield harmless(Text(f"写法有改：{names}", f"written differently: {names}").get(lang))


def times(slot: Times, lang: str) -> str:
    """`Thu 18 Jun 10:00 → Fri 19 Jun 10:00`; what both have in common stands once, the year where it is another."""
    old, new = slot
    if old and new and old.at and new.at and old.at != new.at:
        if old.at.year != new.at.year:
            return f"{dated(old.at, lang)} → {dated(new.at, lang)}"
        if old.at.date() == new.at.date():
            return f"{moment_name(old.at, lang)} → {clock(new.at)}"
        return f"{moment_name(old.at, lang)} → {moment_name(new.at, lang)}"
    return _when(slot.item, lang)


def _when(item: Item, lang: str) -> str:
    if item.at is not None:
        return moment_name(item.at, lang)
    return harmless(item.after.get(lang)) if item.after else ""


def about(change: Change, lang: str) -> list[str]:
    """For whom it is, how it goes out, and that there are more texts than the one that is shown."""
    item, number = change.shown.item, len(change.targets)
    said = []
    if item.audience:
        named = AUDIENCES.get(item.audience)
        said.append(f"{named.get(lang) if named else harmless(item.audience)} × {number:,}")
    said.append(MODES[item.mode].get(lang))
    if change.texts > 1 and change.what != "moved":
        said.append(Text(f"共 {change.texts} 种文字", f"{change.texts} different texts").get(lang))
    if number > 1 and item.kind == "send" and change.what != "moved":
        said.append(harmless(Text(f"以「{item.target}」为例", f"shown for {item.target}").get(lang)))
    if item.state not in ("planned", "past-due") and change.what in ("added", "removed"):
        said.append(STATES[item.state].get(lang))
    before, after = change.shown
    if after and after.state == "past-due" and (before is None or before.state != "past-due"):
        said.append(Text("时间已过", "already past").get(lang))
    return said


def field_of(field: Field, lang: str) -> str:
    """`to: groups → members`."""
    said = Text(
        f"{field.name.zh}：{field.before.zh} → {field.after.zh}",
        f"{field.name.en}: {field.before.en} → {field.after.en}",
    )
    return one_line(said.get(lang))


def same(found: Comparison, lang: str) -> list[str]:
    """The steps that stay as they are, by name; the first with their number before it."""
    names = [harmless(step.step) for step in found.steps if step.what == "same"]
    if not names:
        return []
    return [Text(f"不变（{len(names)}）：{names[0]}", f"the same ({len(names)}): {names[0]}").get(lang), *names[1:]]


def totals(found: Comparison, lang: str) -> str:
    """`5 steps: 1 added · 2 changed · 2 same`, or that nothing differs."""
    if not found.differs:
        return Text("没有区别", "no differences").get(lang)
    order: tuple[What, ...] = ("added", "removed", "changed", "moved", "same")
    counted = [(WHAT[what], number) for what in order if (number := found.count(what))]
    said = [Text(f"{word.zh} {number}", f"{number} {word.en}").get(lang) for word, number in counted]
    return f"{count_of(len(found.steps), _STEPS, lang)}{Text('：', ': ').get(lang)}{' · '.join(said)}"

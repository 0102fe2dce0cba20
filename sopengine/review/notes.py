"""What a reader has to know about a day, an item, and the message it shows; in words, the same for every view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sopengine.diagnostics import Text
from sopengine.review.columns import harmless, one_line
from sopengine.review.comments.model import DECISIONS, Comment
from sopengine.review.model import GOES_OUT, DryRun, Item, WaveShown
from sopengine.review.timers import spoken
from sopengine.review.words import SECTIONS, clock, count_of, day_name, moment_name, size_of


class Note(NamedTuple):
    said: str  # harmless
    grave: bool = False  # why something does not go out


def day_title(run: DryRun, day: date, lang: str) -> str:
    if run.first_day is not None and run.last_day is not None and run.first_day.year == run.last_day.year:
        return day_name(day, lang)
    return f"{day.year}年{day_name(day, lang)}" if lang == "zh" else f"{day_name(day, lang)} {day.year}"


def about_day(run: DryRun, day: date, lang: str) -> Iterator[str]:
    """Which day of which phase it is, and what the work calendar says of it."""
    for phase in run.phases:
        if phase.first <= day and (phase.last is None or day <= phase.last):
            number = (day - phase.first).days + 1
            title = harmless(phase.title or phase.name)
            yield f"{title}第 {number} 天" if lang == "zh" else f"{title}, day {number}"
    mark = run.days.get(day)
    if mark and mark.holiday:
        yield mark.holiday.get(lang)
    if mark and mark.makeup:
        yield Text("调休上班", "make-up workday").get(lang)
    if mark and mark.estimated and (mark.holiday or mark.makeup):
        yield Text("放假安排为估算", "estimated").get(lang)


def flow_title(run: DryRun, item: Item, lang: str) -> str:
    """The name of what a triggered item belongs to: its section and flow."""
    titles = {phase.name: phase.title or phase.name for phase in run.phases}
    title = titles[item.phase] if item.section == "phases" else item.phase
    return " ".join(filter(None, (SECTIONS[item.section].get(lang), harmless(title))))


def about_item(run: DryRun, item: Item, lang: str) -> Iterator[Note]:
    """Why it does not simply go out, its move, its zone, its script, who approves it, its timers, what reviewers
    said."""
    if item.reason:
        yield Note(harmless(item.reason.get(lang)), item.state not in GOES_OUT)
    if item.at and item.planned_at and item.at != item.planned_at:
        was = moment_name(item.planned_at, lang)
        yield Note(Text(f"写的是 {was}，移到了这里", f"written for {was}, moved here").get(lang))
    if item.waves:
        yield Note(waves(item.waves, lang))
    elif item.at and item.last_at and item.last_at != item.at:
        until = clock(item.last_at)
        yield Note(Text(f"各目标错开，到 {until} 为止", f"staggered, the last at {until}").get(lang))
    if item.at and str(item.at.tzinfo) != run.timezone:
        yield Note(Text(f"{item.at.tzinfo} 当地时间", f"local time of {item.at.tzinfo}").get(lang))
    if item.script:
        yield Note(harmless(Text(f"话术 {item.script}", f"script {item.script}").get(lang)))
    if item.approve:
        yield Note(Text(f"{item.approve} 批准后才发", f"not sent before {item.approve} approves").get(lang))
    if item.timers:
        yield Note(harmless(spoken(item.timers, lang)))
    for comment in item.comments:
        yield Note(_said(comment, run.hash, lang))


def about_message(item: Item, lang: str) -> Iterator[str]:
    """Its size and limit, who does it, for whom it is shown, in how many parts it goes."""
    said = size_of(item, lang)
    if item.max_bytes and item.kind == "send":
        said += Text(f"（上限 {item.max_bytes:,} 字节）", f" (limit {item.max_bytes:,} bytes)").get(lang)
    if said:
        yield one_line(said)
    if item.person:
        yield one_line(Text(f"负责人 {item.person}", f"by {item.person}").get(lang))
    if item.target and item.kind == "send":
        yield one_line(Text(f"以「{item.target}」为例", f"shown for {item.target}").get(lang))
    if item.texts > 1 and item.kind == "send":
        each = item.texts >= item.targets
        zh = f"{item.targets:,} 个对象的文字各不相同" if each else f"{item.targets:,} 个对象共 {item.texts:,} 种文字"
        en = "each with its own text" if each else f"{item.texts:,} different texts"
        yield Text(zh, f"{item.targets:,} targets, {en}").get(lang)
    if item.format == "markdown" and item.mode == "manual":
        yield Text("由人发，Markdown 符号照样露出来", "posted by hand: the marks of Markdown show").get(lang)
    if len(item.parts) > 1:
        yield count_of(len(item.parts), Text("条", "part"), lang)


def beside_text(item: Item, lang: str) -> Iterator[str]:
    """Whom the message calls by name, and the picture that goes along; both belong to it and not to its text."""
    everybody = Text("所有人", "everybody").get(lang)
    for person in item.mention:
        yield one_line(f"@{everybody if person == 'all' else person}")
    if item.image:
        yield one_line(Text(f"图片 {item.image}", f"picture {item.image}").get(lang))


def _said(comment: Comment, hash: str, lang: str) -> str:
    """A reviewer's word; what was said of another version says so."""
    decision = DECISIONS[comment.decision].get(lang) if comment.decision else Text("意见", "Comment").get(lang)
    who = f"{comment.author}：" if lang == "zh" else f"{comment.author}: "
    said = (who if comment.author else "") + " ".join(filter(None, (decision, comment.comment)))
    before = "" if comment.hash == hash else Text("（之后改过）", " (changed since)").get(lang)
    return one_line(said) + before


def waves(waves: Sequence[WaveShown], lang: str) -> str:
    """How many get it when; the day where it is another than that of the first."""
    first = waves[0].at.date()
    moments = [moment_name(w.at, lang) if w.at.date() != first else clock(w.at) for w in waves]
    zh = "、".join(f"{at} {wave.targets} 个" for at, wave in zip(moments, waves, strict=True))
    en = ", ".join(f"{wave.targets} at {at}" for at, wave in zip(moments, waves, strict=True))
    return Text(f"分批：{zh}", f"in waves: {en}").get(lang)

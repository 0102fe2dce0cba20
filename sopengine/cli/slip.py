"""`sopengine slip`: a day that a running campaign is counted from moves, and what is unsent with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sopengine.cli import options
from sopengine.cli.named import reason_option
from sopengine.cli.output import language, note, one_line, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_OK, UsageError
from sopengine.language.suggest import closest

if TYPE_CHECKING:
    from sopengine.engine.bundle import Bundle
    from sopengine.engine.campaigns import Running
    from sopengine.engine.change import Change, Wanted
    from sopengine.review.old_dates import OldDate
    from sopengine.timing.words import Duration


def command(lang: str) -> click.Command:
    about = Text(
        "改期：把活动里的一个日期挪前或挪后，还没发的跟着走；先列出会怎样，问过再改。",
        "Move a date of a running campaign, and what is unsent with it; tells what happens, and asks.",
    )
    params = [
        options.argument("campaign"),
        options.argument("anchor"),
        options.argument("by", required=False, metavar="[+2d]"),
        options.option(lang, "--to", metavar="DATE", text=Text("改到这个日期或时间", "The new date or time")),
        reason_option(lang),
        options.flag(lang, "--yes", text=Text("不再询问", "Do not ask")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("slip", callback=slip, params=params, help=about.get(lang))


def slip(
    campaign: str,
    anchor: str,
    by: str | None,
    to: str | None,
    reason: str,
    yes: bool,
    now: str | None,
    as_json: bool,
    workspace: Path | None,
) -> int:
    from sopengine.cli import again, changes
    from sopengine.cli.workplace import actor, moment_of, open_ledger, workspace_at
    from sopengine.engine.wake import wake
    from sopengine.timing.zones import zone as zone_named

    if (by is None) == (to is None):
        raise UsageError(
            Text("要写改多少或改到哪天", "say by how much, or to when"),
            Text("例如 +2d，或 --to 2026-06-20", "for example +2d, or --to 2026-06-20"),
        )
    place = workspace_at(workspace)
    with open_ledger(place, create=False) as store:
        changing = changes.changing(place, store, campaign)
        running, bundle = changing.now()
        zone = zone_named(running.row.zone)
        before = _anchor(running, anchor)
        after = _moved(before, by) if by is not None else _target(before, to or "", running.row.zone)
        wanted = _wanted(running, bundle, anchor, after, reason.strip())
        moment = moment_of(now, zone)
        preview = changing.preview(wanted, moment)
        named = _old_dates(preview, bundle, before) if _day(before) != _day(after) else []
        note(Text(f"{anchor}：{before} → {after}", f"{anchor}: {before} → {after}").get(language()))
        changes.show(preview, zone)
        _warn(named)
        changes.refuse_own_words(store, preview, actor())
        again.confirm(Text("改期吗？", "Move it?"), yes=yes, as_json=as_json)
        done = changing.apply(wanted, moment, actor())
        wake(store.path)
    if as_json:
        told: dict[str, Any] = {"anchor": anchor, "before": str(before), "after": str(after)}
        warned = [
            {"file": one.place.file, "line": one.place.line, "col": one.place.col, "word": one.word} for one in named
        ]
        say_json({"schema_version": 1, **told, **changes.document(done, zone), "old_dates": warned})
    else:
        moved = len(done.became("moved"))
        say(
            Text(
                f"{campaign} 的 {anchor} 改到 {after}，{moved} 个时间跟着改",
                f"{anchor} of {campaign} is {after} now; {moved} slots moved",
            ).get(language())
        )
    return EXIT_OK


def slipped(running: Running, bundle: Bundle, anchor: str, to: str, reason: str) -> Wanted:
    """`to` is a date, or begins with + or - and says by how much."""
    before = _anchor(running, anchor)
    after = _moved(before, to) if to[:1] in "+-−" else _target(before, to, running.row.zone)
    return _wanted(running, bundle, anchor, after, reason)


def _anchor(running: Running, name: str) -> date:
    """A date or datetime among the inputs; UsageError where there is none, or where an event has settled it."""
    dated = {key: value for key, value in running.campaign.inputs.items() if isinstance(value, date)}
    if name not in dated:
        guess = closest(name, dated)
        listed = ", ".join(dated)
        raise UsageError(
            Text(
                f"{running.row.id} 没有日期输入 {name}" + (f"，是不是 {guess}？" if guess else ""),
                f"{running.row.id} has no date {name}" + (f"; did you mean {guess}?" if guess else ""),
            ),
            Text(f"可以改的：{listed}", f"it has: {listed}") if listed else None,
        )
    if name in running.campaign.confirmed:
        raise UsageError(
            Text(f"{name} 已经由事件确认，不能再改", f"{name} was confirmed by its event and cannot be moved any more")
        )
    return dated[name]


def _moved(before: date, by: str) -> date:
    duration, sign = _duration(by), -1 if by.strip().startswith(("-", "−")) else 1
    if duration.seconds and not isinstance(before, datetime):
        raise UsageError(Text(f"{before} 是日期，只能按天改", f"{before} is a date; it moves by days only"))
    days = before + sign * timedelta(days=duration.days)
    if not isinstance(days, datetime):
        return days
    return _at_wall(days, sign * timedelta(seconds=duration.seconds))


def _at_wall(moment: datetime, later: timedelta) -> datetime:
    """Days keep the wall clock, hours are elapsed time."""
    from sopengine.timing.zones import resolve

    assert moment.tzinfo is not None
    here = moment.tzinfo
    instant, _ = resolve(moment.replace(tzinfo=None), here)  # type: ignore[arg-type]
    return (instant + later).astimezone(here)


def _duration(by: str) -> Duration:
    from sopengine.timing.mistake import TimeTextError
    from sopengine.timing.parse import parse_duration

    try:
        return parse_duration(by.strip().lstrip("+-−"))
    except TimeTextError as error:
        raise UsageError(
            Text(f"{by} 读不懂：{error.message.zh}", f"{by}: {error.message.en}"),
            Text("写成 +2d、-1d 或 +3h；往前改写 -- -1d", "write +2d or +3h; for earlier: -- -1d"),
        ) from None


def _target(before: date, to: str, zone: str) -> date:
    """The new value as its input takes it; a date alone leaves a time of day as it is."""
    from sopengine.language.inputs import typed_value
    from sopengine.language.named import FieldType

    timed = isinstance(before, datetime)
    if timed and len(to.strip()) <= len("2026-06-18") and isinstance(before, datetime):
        day = options.day(to, "--to")
        assert day is not None
        return _at_wall(before + (day - before.date()), timedelta(0))
    value, problem = typed_value(FieldType.DATETIME if timed else FieldType.DATE, to, zone)
    if problem is not None or not isinstance(value, date):
        why = problem or Text("", "")
        raise UsageError(Text(f"--to {why.zh}", f"--to {why.en}"))
    return value


def _wanted(running: Running, bundle: Bundle, anchor: str, after: date, reason: str) -> Wanted:
    from msgspec.structs import replace

    from sopengine.engine.change import Wanted

    told = f"{anchor} {_anchor(running, anchor).isoformat()} → {after.isoformat()}"

    moved = replace(bundle, inputs={**bundle.inputs, anchor: after.isoformat()})
    return Wanted("slip", f"{told}; {reason}" if reason else told, running.row.bundle, moved, detail={"anchor": anchor})


def _old_dates(change: Change, bundle: Bundle, before: date) -> Sequence[OldDate]:
    """In texts that have not all gone out: those of steps with something ahead, and of flows, which begin any time."""
    from sopengine.engine.campaigns import document_of
    from sopengine.planning.journeys import flows
    from sopengine.review.old_dates import naming

    playbook = change.after.campaign.playbook
    ahead = {one.step for one in change.became("moved", "added", "ahead")}
    ahead |= {step.id for flow in flows(playbook) for step in flow.steps}
    steps = [step for step in playbook.steps() if step.id in ahead]
    return list(naming(document_of(bundle), playbook, steps, _day(before)))


def _day(value: date) -> date:
    return date(value.year, value.month, value.day)


def _warn(named: Sequence[OldDate]) -> None:
    for one in named:
        place = f"{one.place.file}:{one.place.line}:{one.place.col}"
        text = Text(
            f"注意 {place} 文字里还写着旧日期 {one.word}；用 patch-copy 换掉还没发的",
            f"note: {place} still names the old day: {one.word}; patch-copy changes what is unsent",
        )
        note(one_line(text.get(language())))

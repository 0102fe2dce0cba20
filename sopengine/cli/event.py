"""`sopengine event NAME --subject ID`: something that happened in; the journeys it starts follow at the next pass."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from sopengine.cli import options
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError


def command(lang: str) -> click.Command:
    example = "sopengine event member.joined --subject GROUP --data member=ID --data name=NAME"
    about = Text(f"登记一个事件，例如有人入群：{example}", f"Record an event, e.g. somebody joined: {example}")
    params: list[click.Parameter] = [
        options.argument("name"),
        options.option(
            lang, "--subject", required=True, text=Text("事件说的是谁（群或会员的编号）", "Whom it is about (id)")
        ),
        options.option(
            lang,
            "--data",
            multiple=True,
            metavar="KEY=VALUE",
            text=Text("事件的内容，可写多次", "Its data; may be repeated"),
        ),
        options.option(
            lang,
            "--id",
            "dedupe",
            default="",
            text=Text("事件自己的编号，重复登记只算一次", "Its own id: recorded once"),
        ),
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command("event", callback=event, params=params, help=about.get(lang))


def event(
    name: str, subject: str, data: tuple[str, ...], dedupe: str, now: str | None, workspace: Path | None, as_json: bool
) -> None:
    from sopengine.cli.workplace import moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.wake import wake
    from sopengine.language.events import BUILT_IN
    from sopengine.language.suggest import closest
    from sopengine.store.rows import EventRow

    if name not in BUILT_IN:
        guess = closest(name, BUILT_IN)
        raise UsageError(
            Text(f"没有事件 {name}", f"there is no event {name}"),
            Text(f"是不是 {guess}？", f"did you mean {guess}?") if guess else None,
        )
    if not subject.strip():
        raise UsageError(
            Text("--subject 是空的", "--subject is empty"),
            Text("写上群或会员的编号", "give the id of the group or member"),
        )
    fields = options.pairs(data, "--data")
    _refuse_unknown_fields(name, fields)
    place = workspace_at(workspace)
    with open_ledger(place, create=False) as store:
        moment = moment_of(now, zone_of(store))
        stored = store.add_event(EventRow(name, subject, fields, moment, dedupe))
        wake(store.path)
    if as_json:
        say_json({"schema_version": 1, "event": name, "subject": subject, "new": stored is not None})
    elif stored is None:
        say(Text("这个事件已经登记过了", "this event was recorded before").get(language()))
    else:
        say(Text("已登记", "recorded").get(language()))


def _refuse_unknown_fields(event_name: str, given: Iterable[str]) -> None:
    """What no template could ever read is a slip of the pen; a list cannot be written as one word."""
    from sopengine.language.events import BUILT_IN
    from sopengine.language.suggest import closest

    known = list(BUILT_IN[event_name])
    for field in given:
        if field not in known:
            guess = closest(field, known)
            listed = ", ".join(known) or "-"
            raise UsageError(
                Text(f"事件 {event_name} 没有内容 {field}", f"the event {event_name} has no field {field}"),
                Text(f"是不是 {guess}？", f"did you mean {guess}?")
                if guess
                else Text(f"可以写：{listed}", f"its fields: {listed}"),
            )

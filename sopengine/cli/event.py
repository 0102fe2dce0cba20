"""`sopengine event NAME --subject ID`, or a file of them: what happened in; the journeys it starts follow at the next
pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from sopengine.cli import feeding, options
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sopengine.diagnostics import Findings
    from sopengine.engine.vocabulary import Vocabulary
    from sopengine.language.feed.events import Told
    from sopengine.store.store import Store


class Request(Struct, frozen=True):
    """The command line, as given."""

    name: str | None
    subject: str | None
    data: tuple[str, ...]
    source: str | None
    partial: bool
    at: str | None
    dedupe: str
    now: str | None
    workspace: Path | None
    as_json: bool


def command(lang: str) -> click.Command:
    example = "sopengine event member.joined --subject GROUP --data member=ID --data name=NAME"
    about = Text(
        f"登记发生的事，例如有人入群：{example}；很多件用 --from FILE。",
        f"Record what happened, e.g. somebody joined: {example}; many at once with --from FILE.",
    )
    params: list[click.Parameter] = [
        options.argument("name", required=False),
        options.option(lang, "--subject", text=Text("事件说的是谁（群或会员的编号）", "Whom it is about (id)")),
        options.option(
            lang,
            "--data",
            multiple=True,
            metavar="KEY=VALUE",
            text=Text("事件的内容，可写多次", "Its data; may be repeated"),
        ),
        *feeding.file_options(lang),
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    return click.Command("event", callback=lambda **given: event(Request(**given)), params=params, help=about.get(lang))


def event(request: Request) -> int:
    line = {
        "event": request.name,
        "subject": request.subject,
        "data": options.pairs(request.data, "--data"),
        "at": request.at,
        "id": request.dedupe,
    }
    asked = feeding.Asked(request.source, line, request.partial, request.now, request.workspace, request.as_json)
    words = bool(request.subject or request.data or request.at or request.dedupe)
    feeding.refuse_mixed(asked, words=words, own_words=OWN_WORDS)
    if not request.source:
        _refuse_half(request)

    def read(
        given: feeding.Given, known: Vocabulary, findings: Findings, now: datetime, zone: ZoneInfo
    ) -> tuple[list[Told], int]:
        from sopengine.language.feed.events import read_events

        return read_events(
            given.data, given.file, given.form, known.events, findings, now=now, zone=zone, event=request.name or ""
        )

    def say_one(one: Told, new: bool) -> None:
        if request.as_json:
            say_json({"schema_version": 1, "event": one.event, "subject": one.subject, "new": new})
        elif new:
            say(Text("已登记", "recorded").get(language()))
        else:
            say(Text("这个事件已经登记过了", "this event was recorded before").get(language()))

    return feeding.take(asked, feeding.Feed(read, _keep, say_one))


OWN_WORDS = Text(
    "--from 的每一行自己写 subject、at、id 和内容", "with --from each line has its own subject, at, id and data"
)
_WHO = Text("写上群或会员的编号", "give the id of the group or member")


def _refuse_half(request: Request) -> None:
    if not request.name:
        raise UsageError(
            Text("没有写哪个事件", "which event?"), Text("或用 --from FILE 读很多件", "or --from FILE for many")
        )
    if request.subject is None:
        raise UsageError(Text("缺少 --subject", "--subject is missing"), _WHO)
    if not request.subject.strip():
        raise UsageError(Text("--subject 是空的", "--subject is empty"), _WHO)


def _keep(store: Store, told: Sequence[Told]) -> int:
    from sopengine.store.rows import EventRow

    rows = store.add_events(EventRow(one.event, one.subject, one.data, one.at, one.dedupe) for one in told)
    return sum(row is not None for row in rows)

"""`sopengine event NAME --subject ID`, or a file of them: what happened in; the journeys it starts follow at the next
pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from sopengine.cli import feeding, options
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import EXIT_OK, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sopengine.diagnostics import Diagnostic
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
    from sopengine.cli.workplace import open_ledger, workspace_at
    from sopengine.engine.wake import wake

    _refuse_mixed(request)
    place = workspace_at(request.workspace)
    with open_ledger(place, create=False) as store:
        code = _file(request, store) if request.source else _one(request, store)
        wake(store.path)
    return code


def _refuse_mixed(request: Request) -> None:
    if request.source:
        if request.subject or request.data or request.at or request.dedupe:
            raise UsageError(
                Text(
                    "--from 的每一行自己写 subject、at、id 和内容",
                    "with --from each line has its own subject, at, id and data",
                )
            )
    elif not request.name:
        raise UsageError(
            Text("没有写哪个事件", "which event?"), Text("或用 --from FILE 读很多件", "or --from FILE for many")
        )
    elif request.partial:
        raise UsageError(Text("--partial 要和 --from 一起用", "--partial goes with --from"))
    elif request.subject is None:
        raise UsageError(Text("缺少 --subject", "--subject is missing"), _WHO)
    elif not request.subject.strip():
        raise UsageError(Text("--subject 是空的", "--subject is empty"), _WHO)


_WHO = Text("写上群或会员的编号", "give the id of the group or member")


def _read(request: Request, store: Store, given: feeding.Given) -> tuple[list[Told], int, Sequence[Diagnostic]]:
    from sopengine.cli.workplace import moment_of, zone_of
    from sopengine.diagnostics import Findings
    from sopengine.engine.vocabulary import vocabulary
    from sopengine.language.feed.events import read_events

    zone, findings = zone_of(store), Findings()
    now = moment_of(request.now, zone)
    declared = vocabulary(store).events
    found, wrong = read_events(
        given.data, given.file, given.form, declared, findings, now=now, zone=zone, event=request.name or ""
    )
    return found, wrong, tuple(findings)


def _one(request: Request, store: Store) -> int:
    """A line like those of a file, made of the command's words."""
    line = {
        "event": request.name,
        "subject": request.subject,
        "data": options.pairs(request.data, "--data"),
        "at": request.at,
        "id": request.dedupe,
    }
    given = feeding.Given(json.dumps(line).encode(), "", "jsonl")
    found, _, diagnostics = _read(request, store, given)
    feeding.refuse_wrong_words(diagnostics)
    new = _keep(store, found)
    if request.as_json:
        say_json({"schema_version": 1, "event": found[0].event, "subject": found[0].subject, "new": bool(new)})
    elif new:
        say(Text("已登记", "recorded").get(language()))
    else:
        say(Text("这个事件已经登记过了", "this event was recorded before").get(language()))
    return EXIT_OK


def _file(request: Request, store: Store) -> int:
    assert request.source is not None
    found, wrong, diagnostics = _read(request, store, feeding.read_file(request.source))
    feeding.refuse_wrong(diagnostics, wrong, partial=request.partial)
    new = feeding.store_all(found, lambda some: _keep(store, some))
    return feeding.tell(new, len(found) - new, wrong, diagnostics, as_json=request.as_json)


def _keep(store: Store, told: Sequence[Told]) -> int:
    from sopengine.store.rows import EventRow

    rows = store.add_events(EventRow(one.event, one.subject, one.data, one.at, one.dedupe) for one in told)
    return sum(row is not None for row in rows)

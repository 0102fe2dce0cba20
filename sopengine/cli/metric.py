"""`sopengine metric set NAME VALUE`, or a file of them: the values that boards and people report."""

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
    from sopengine.language.feed.readings import ToldValue
    from sopengine.store.store import Store


class Request(Struct, frozen=True):
    """The command line, as given."""

    name: str | None
    value: str | None
    about: str | None
    source: str | None
    partial: bool
    at: str | None
    dedupe: str
    now: str | None
    workspace: Path | None
    as_json: bool


def command(lang: str) -> click.Command:
    about = Text("报告指标的数值。", "Report values of metrics.")
    return click.Group("metric", commands=[_set(lang)], help=about.get(lang))


def _set(lang: str) -> click.Command:
    example = "sopengine metric set stock 12 --for s1"
    about = Text(
        f"报告一个数值：{example}；很多个用 --from FILE。只用于声明成 source 的指标，其余的由任务和事件算出。",
        f"Report a value: {example}; many at once with --from FILE. Only for metrics declared with `source`; others "
        "come from tasks and events.",
    )
    params: list[click.Parameter] = [
        options.argument("name", required=False),
        options.argument("value", required=False),
        options.option(
            lang, "--for", "about", metavar="ID", text=Text("哪一行的值（声明了 per 时）", "Whose value (with `per`)")
        ),
        *feeding.file_options(lang),
        options.now_option(lang),
        options.workspace_option(lang),
        options.json_flag(lang),
    ]
    context = {"ignore_unknown_options": True}  # a value may be negative
    return click.Command(
        "set",
        callback=lambda **given: set_values(Request(**given)),
        params=params,
        help=about.get(lang),
        context_settings=context,
    )


def set_values(request: Request) -> int:
    line = {"value": request.value, "for": request.about, "at": request.at, "id": request.dedupe}
    asked = feeding.Asked(request.source, line, request.partial, request.now, request.workspace, request.as_json)
    words = request.value is not None or bool(request.about or request.at or request.dedupe)
    feeding.refuse_mixed(asked, words=words, own_words=OWN_WORDS)
    if not request.source and (request.name is None or request.value is None):
        raise UsageError(
            Text("要写指标的名字和数值", "give the metric's name and its value"),
            Text("例如 sopengine metric set stock 12", "for example: sopengine metric set stock 12"),
        )

    def read(
        given: feeding.Given, known: Vocabulary, findings: Findings, now: datetime, zone: ZoneInfo
    ) -> tuple[list[ToldValue], int]:
        from sopengine.language.feed.readings import read_readings

        return read_readings(
            given.data, given.file, given.form, known.metrics, findings, now=now, zone=zone, metric=request.name or ""
        )

    def say_one(one: ToldValue, new: bool) -> None:
        if request.as_json:
            document = {"metric": one.metric, "value": str(one.value), "for": one.about or None, "new": new}
            say_json({"schema_version": 1, **document})
        elif new:
            whose = f" {one.about}" if one.about else ""
            say(f"{one.metric}{whose} = {one.value}")
        else:
            say(Text("这个数值已经登记过了", "this value was recorded before").get(language()))

    return feeding.take(asked, feeding.Feed(read, _keep, say_one))


OWN_WORDS = Text(
    "--from 的每一行自己写 value、for、at 和 id", "with --from each line has its own value, for, at and id"
)


def _keep(store: Store, told: Sequence[ToldValue]) -> int:
    from sopengine.cli.workplace import actor
    from sopengine.store.rows import Reading

    readings = [Reading(one.metric, one.value, one.at, one.about, one.dedupe) for one in told]
    return sum(store.add_readings(readings, actor()))

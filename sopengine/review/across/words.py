"""The look across campaigns in words, the same for every view: tables with a title, the most pressing rows first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sopengine.diagnostics import Text
from sopengine.review.across.model import STANDINGS, Across, Beside, Busy, CapForecast, Collision, Load
from sopengine.review.guarding import in_chinese
from sopengine.review.words import count_of, day_name, moment_name

TITLE = Text("合起来看（连同别的活动）", "Taken together, other campaigns included")
ALL = Text("全部在 --html 和 --json 里", "all of them with --html or --json")
_WORTH = 0.5
"""An address is worth a row from this share of its rate on."""


class Row(NamedTuple):
    cells: tuple[str, ...]
    full: bool = False  # nothing is left, or too much


class Table(NamedTuple):
    """`id` is a word for the part; the first column names what a row is about."""

    id: str
    title: Text
    heads: tuple[Text, ...]
    rows: Sequence[Row]


def tables(seen: Across, lang: str) -> list[Table]:
    """Those that have something to say."""
    found = [_beside(seen.beside, lang), _collisions(seen.collisions, lang), _caps(seen.caps, lang)]
    found += [_addresses(seen.addresses, lang), _loads(seen.loads, lang)]
    return [table for table in found if table.rows]


def _beside(beside: Sequence[Beside], lang: str) -> Table:
    heads = (Text("活动", "Campaign"), Text("状态", "State"), Text("文件", "File"))
    rows = [Row((one.campaign or "—", _standing(one).get(lang), one.file), bool(one.errors)) for one in beside]
    return Table("beside", Text("旁边的活动", "Beside this one"), heads, rows)


def _standing(one: Beside) -> Text:
    if not one.errors:
        return STANDINGS[one.standing]
    return Text(f"有 {one.errors} 个错误，排不出来", f"has {one.errors} errors and cannot be planned")


def _collisions(found: Sequence[Collision], lang: str) -> Table:
    heads = (
        Text("本场的步骤", "Step"),
        Text("时间", "Time"),
        Text("对方的步骤", "The other's"),
        Text("时间", "Time"),
        Text("同样的对象", "Same targets"),
        Text("次数", "Times"),
        Text("", ""),
    )
    kinds = {"close": Text("相隔几分钟", "within minutes"), "alike": Text("说差不多的话", "much the same words")}
    rows = [
        Row(
            (
                one.step,
                moment_name(one.at, lang),
                f"{one.campaign}/{one.their_step}",
                moment_name(one.their_at, lang),
                f"{one.targets:,}",
                f"{one.times:,}",
                kinds[one.kind].get(lang),
            )
        )
        for one in found
    ]
    return Table("collisions", Text("撞在一起的", "Collisions"), heads, rows)


def _caps(caps: Sequence[CapForecast], lang: str) -> Table:
    heads = (
        Text("对象", "Target"),
        Text("上限", "Cap"),
        Text("从", "From"),
        Text("已用", "Used"),
        Text("本场", "Planned"),
        Text("别的活动", "Others"),
        Text("还剩", "Left"),
    )
    rows = [
        Row(
            (
                one.target,
                Text(in_chinese(f"cap {one.rule}").removeprefix("频次上限 "), one.rule).get(lang),
                one.begin.date().isoformat(),
                *(f"{number:,}" for number in (one.used, one.planned, one.others, one.left)),
            ),
            one.left <= 0,
        )
        for one in caps
    ]
    return Table("caps", Text("上限用了多少", "How full caps become"), heads, rows)


def _addresses(addresses: Sequence[Busy], lang: str) -> Table:
    heads = (
        Text("地址", "Address"),
        Text("最忙的一段", "Busiest"),
        Text("本场", "Planned"),
        Text("别的活动", "Others"),
        Text("上限", "Rate"),
        Text("最多晚", "Late by"),
    )
    rows = [
        Row(
            (
                one.address,
                moment_name(one.at, lang),
                f"{one.planned:,}",
                f"{one.others:,}",
                Text(f"{one.rate} / {one.per} 秒", f"{one.rate} / {one.per} s").get(lang),
                Text(f"{one.late.total_seconds():.0f} 秒", f"{one.late.total_seconds():.0f} s").get(lang),
            ),
            one.planned + one.others > one.rate,
        )
        for one in addresses
        if one.planned + one.others >= _WORTH * one.rate
    ]
    return Table("addresses", Text("地址有多忙", "How busy addresses become"), heads, rows)


def _loads(loads: Sequence[Load], lang: str) -> Table:
    heads = (
        Text("谁", "Who"),
        Text("角色", "Role"),
        Text("哪天", "Day"),
        Text("任务", "Tasks"),
        Text("其中别的活动", "Of others"),
    )
    rows = [
        Row((one.person, one.role, day_name(one.day, lang), f"{one.tasks:,}", f"{one.others:,}"))
        for one in loads
        if one.tasks > 1
    ]
    return Table("loads", Text("一个人一天的任务", "Tasks of one person on one day"), heads, rows)


def more(hidden: int, lang: str) -> str:
    rows = count_of(hidden, Text("行", "more row"), lang)
    return Text(f"还有 {rows}，{ALL.zh}", f"{rows}, {ALL.en}").get(lang)

"""A hand-made dry run of a festival with four phases, a weekly schedule and a welcome: what the views are tested on."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sopengine.diagnostics import Diagnostic, Place, Text
from sopengine.planning.model import Span
from sopengine.review.goals import GoalPlan
from sopengine.review.model import AudienceSize, DayMark, DryRun, Item, count

ZONE = ZoneInfo("Asia/Shanghai")
FILE = "playbooks/festival.yaml"
SOURCE = """\
playbook: festival
title: 夏日会员节
phases:
  warmup:
    steps:
      - id: teaser
        on: day 1
        at: 20:00
        send: teaser
"""


def at(day: int, clock: str, month: int = 6) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def item(id: str, when: datetime | None, text: str, **other: Any) -> Item:
    given: dict[str, Any] = {
        "section": "phases",
        "key": f"{id}-{when:%m%d%H%M}" if when else f"{id}-event",
        "audience": "member-groups",
        "targets": 12,
        "target": "东湖店会员群",
        "channel": "robot",
        "mode": "auto",
        "place": Place(FILE, 6, 9, 6, 19),
        "at": when,
        "planned_at": when,
        "chars": len(text),
        "bytes": len(text.encode("utf-8", "replace")),
        "max_bytes": 2048,
    }
    return Item(id=id, text=text, **(given | other))


TASK = {
    "audience": "store-manager",
    "targets": 3,
    "target": "东湖店",
    "kind": "task",
    "mode": "task",
    "channel": "manual",
}
RULES = (
    "这次会员节怎么参加：\n\n1. 6月18日 10:00 在群里领 5 元券；\n2. 满 30 元可用；\n3. 每天 10:00 还有一份限量小食。\n"
)
ITEMS = [
    item("teaser", at(4, "20:00"), "东湖店会员群的朋友们，6月18日有件大事，先猜猜是什么？"),
    item("train", at(6, "10:00"), "培训店员使用收银台话术", due=at(8, "21:00"), person="林店长", **TASK),
    item("good-morning", at(8, "09:00"), "早上好，这周的会员活动看这里。", section="weekly"),
    item("rules", at(13, "10:00"), RULES, phase="launch"),
    item("good-morning", at(15, "09:00"), "早上好，这周的会员活动看这里。", section="weekly"),
    item("invite", at(15, "10:00"), "给名单上的老客打电话邀约", due=at(17, "21:00"), phase="launch", **TASK),
    item(
        "seckill", at(18, "10:00"), "开抢了！满 30 减 5 的券已经放出。", phase="peak", bytes=2100, codes=("SOP-D601",)
    ),
    item("seckill", at(19, "10:00"), "第二天，满 30 减 5 的券又放出一批。", phase="peak"),
    item(
        "reminder", at(20, "20:30"), "明晚十二点券就失效了，别忘了用。", phase="peak", mode="manual", channel="manual"
    ),
    item("thanks", at(21, "19:00"), "谢谢大家，这三天一共送出 1,203 杯。", phase="close"),
    item(
        "review",
        at(22, "10:00"),
        "复盘会：目标、结果、原因、改进",
        phase="close",
        planned_at=at(21, "10:00"),
        due=at(22, "18:00"),
        **TASK,
    ),
    item(
        "leftover",
        at(24, "12:00"),
        "",
        phase="close",
        state="unrendered",
        reason=Text("模板里的 target.nmae 没有定义", "target.nmae is not defined"),
        codes=("SOP-T403",),
        chars=0,
        bytes=0,
    ),
    item(
        "hello",
        None,
        "欢迎新朋友，先看看群里有什么。",
        section="welcome",
        audience="target",
        targets=1,
        after=Text("member.joined 后 10 秒", "10s after member.joined"),
    ),
]
ITEMS[0] = item(
    "teaser",
    at(4, "20:00"),
    ITEMS[0].text,
    phase="warmup",
    state="past-due",
    reason=Text("已经过去 2 天", "2 days ago"),
    codes=("SOP-W501",),
)
ITEMS[1] = item(
    "train", at(6, "10:00"), "培训店员使用收银台话术", phase="warmup", due=at(8, "21:00"), person="林店长", **TASK
)

FINDINGS = (
    Diagnostic(
        "SOP-W501",
        Text("步骤 teaser 的时间 2026-06-04 20:00 已经过去", "the slot of teaser, 2026-06-04 20:00, is already past"),
        Place(FILE, 6, 9, 6, 19),
        Text("改 on，或写上 if_past: skip", "change `on`, or write if_past: skip"),
    ),
    Diagnostic(
        "SOP-D601",
        Text("步骤 seckill 的文字有 2,100 字节，上限 2,048", "the text of seckill has 2,100 bytes, the limit is 2,048"),
        Place(FILE, 9, 15, 9, 21),
    ),
)

GOALS = (
    GoalPlan(
        "gmv",
        "gmv",
        "",
        "",
        Decimal(80_000),
        Decimal(80_000),
        "visitors * order_value",
        [(date(2026, 6, day), Decimal(20_000 if day == 18 else Decimal("2608.7"))) for day in range(4, 28)],
    ),
    GoalPlan(
        "invited",
        "invited",
        "store",
        "day",
        Decimal(17),
        Decimal(408),
        "",
        [(date(2026, 6, day), Decimal(17)) for day in range(4, 28)],
    ),
)
"""Which only the page shows day by day; the festival itself has none."""


def phase(name: str, title: str, first: int, last: int) -> Span:
    begin, end = datetime(2026, 6, first, tzinfo=ZONE), datetime(2026, 6, last, tzinfo=ZONE) + timedelta(days=1)
    return Span(name, title, begin, end, date(2026, 6, first), date(2026, 6, last))


def marks(first: date, last: date) -> dict[date, DayMark]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    festival = {date(2026, 6, day) for day in (19, 20, 21)}
    return {
        day: DayMark(
            weekend=day.weekday() >= 5,
            holiday=Text("端午节", "Dragon Boat Festival") if day in festival else None,
            makeup=day == date(2026, 6, 14),
        )
        for day in days
    }


def festival(**other: Any) -> DryRun:
    first, last = date(2026, 6, 4), date(2026, 6, 27)
    given: dict[str, Any] = {
        "as_of": at(6, "09:00"),
        "timezone": "Asia/Shanghai",
        "campaign": "festival",
        "playbook": "festival",
        "title": "夏日会员节",
        "hash": "3f9a12c0d4e15566",
        "inputs": {"opening": date(2026, 6, 18), "brand": "小茶铺", "threshold": Decimal(30), "saving": Decimal(5)},
        "first_day": first,
        "last_day": last,
        "phases": [
            phase("warmup", "预热期", 4, 12),
            phase("launch", "启动期", 13, 17),
            phase("peak", "高潮期", 18, 20),
            phase("close", "收尾期", 21, 27),
        ],
        "audiences": [AudienceSize("member-groups", 12), AudienceSize("store-manager", 3, from_sample=True)],
        "items": ITEMS,
        "totals": count(ITEMS),
        "diagnostics": FINDINGS,
        "sources": {FILE: SOURCE},
        "days": marks(first, last),
        "calendar_name": "CN",
        "official_until": 2026,
        "next_command": "sopengine start playbooks/festival.yaml --set opening=2026-06-18",
    }
    return DryRun(**(given | other))

"""playbooks/store-scripts.yaml: a walk to every ending, a point to every line, and tasks when they should come."""

from __future__ import annotations

import csv
import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sopengine.language.inputs import typed_inputs
from sopengine.language.load import load
from sopengine.language.model import Playbook
from sopengine.language.named import Value
from sopengine.language.script import Node, Script, ToEnd
from sopengine.messages.renderer import Renderer
from sopengine.planning.script_lines import lines
from sopengine.planning.script_walk import Walk, begin, reply
from sopengine.resources import resource
from tests.acceptance.conftest import Cli
from tests.support.script_walks import ZONE, walks_to_endings

BOOK = "playbooks/store-scripts.yaml"
OPENING = date(2026, 6, 18)
SET = ("--set", f"opening={OPENING}")
NOW = ("--now", "2026-06-10T09:00")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NAMES = ["entering", "shelf", "checkout", "phone", "phone-again"]


@cache
def playbook() -> Playbook:
    loaded = load((resource("playbooks") / "store-scripts.yaml").read_bytes(), "store-scripts.yaml", {}.get)
    assert loaded.playbook is not None
    return loaded.playbook


def inputs() -> dict[str, Value]:
    values, wrong = typed_inputs(playbook(), {"opening": OPENING.isoformat()})
    assert wrong == []
    return values


def script(name: str) -> Script:
    return playbook().scripts[name]


def walked(name: str, *replies: str) -> Walk:
    walk = begin(script(name), inputs(), ZONE)
    for text in replies:
        walk = reply(walk, text)
    return walk


def said(walk: Walk) -> list[str]:
    with Renderer() as renderer:
        return [each.say.strip() for each in lines(renderer, walk)]


def test_the_scripts_are_those_of_the_store() -> None:
    assert list(playbook().scripts) == NAMES
    tasks = {step.id: step.action.script for step in playbook().steps()}  # type: ignore[union-attr]
    assert tasks == {
        "train": "",
        "invite": "phone",
        "door": "entering",
        "aisle": "shelf",
        "till": "checkout",
        "invite-again": "phone-again",
        "review": "",
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_ending_is_reached_by_a_walk_that_the_tree_gives(name: str) -> None:
    walks = walks_to_endings(walked(name))
    written = {way.ending for node in script(name).nodes.values() for way in node.ways() if isinstance(way, ToEnd)}
    assert set(walks) == written == set(script(name).endings())
    for ending, replies in walks.items():
        walk = walked(name, *replies)
        assert walk.event == f"script.{name}.{ending}"
        for text in said(walk):
            assert not re.search(r"\{|\}|None|Decimal", text)
            assert len(text) <= 90, text


@pytest.mark.parametrize("name", NAMES)
def test_every_line_has_its_point(name: str) -> None:
    def speaks(node: Node) -> bool:
        return bool(node.say) and not node.ask

    nodes = script(name).nodes.values()
    assert [node.name for node in nodes if speaks(node) and not node.point] == []
    assert len({node.say for node in nodes if node.say}) == len([node for node in nodes if node.say])


@pytest.mark.parametrize("amount", ["20", "22.9", "23", "29.99", "22.90"])
def test_what_is_missing_is_worked_out(amount: str) -> None:
    gap = 30 - Decimal(amount)
    text = said(walked("checkout", amount))[-1]
    assert f"再添 {gap.normalize():f} 元就能减 5 元" in text


def test_the_checkout_says_7_for_23_and_7_point_1_for_22_point_9(cli: Cli, workspace: Path) -> None:
    for amount, gap in (("23", "7"), ("22.9", "7.1")):
        assert f"再添 {gap} 元就能减 5 元" in cli("script", BOOK, "checkout", "--answers", amount).ok().out
    far = cli("script", BOOK, "checkout", "--answers", "12.5,再拿点,31.4,扫好了", "--lang", "zh").ok().out
    assert "离满 30 减 5 还差 17.5 元" in far
    assert "付 26.4 元" in far
    assert far.endswith("结局：joined\n")


@pytest.mark.parametrize(
    ("name", "replies", "text", "ending"),
    [
        ("entering", ["还没点单"], "点单之前可以先进我们的会员群", "joined"),
        ("entering", ["已经点好单"], "加一下我的工作微信", "added"),
        ("shelf", ["闲逛"], "我们有个邻居群", "joined"),
        ("shelf", ["闲逛", "有什么好处"], "今天群里正在抽一杯冷泡茶", "joined"),
        ("shelf", ["正在挑"], "付款之前先扫这里领一张", "coupon"),
        ("checkout", ["23", "不加了"], "周二有神券、周五有秒杀", "declined"),
        ("phone", ["没时间"], "我把时间和地点发到您手机上", "message"),
        ("phone", ["挂断了"], "6月18日起三天，会员到店送一杯冷泡茶", "hung-up"),
        ("phone", ["方便", "会来", "第二天"], "第二天给您留着", "coming"),
        ("phone-again", [], "给您留的一杯冷泡茶还在", "today"),
        ("phone-again", ["没时间"], "让家里人来取也行", "family"),
    ],
)
def test_the_scenes_of_the_store(name: str, replies: list[str], text: str, ending: str) -> None:
    walk = walked(name, *replies)
    assert text in said(walk)[-1]
    assert ending in walks_to_endings(walk)


# --- the tasks that go with them


def expected() -> set[tuple[str, str, datetime, datetime]]:
    """Step, store, when the task is handed out, and when it is due, by the calendar of June 2026."""

    def at(day: date, hour: int, minute: int = 0) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)

    def day(number: int) -> date:
        return OPENING + timedelta(days=number)

    listed = (resource("playbooks") / "data/stores.csv").read_text("utf-8").splitlines()
    stores = [row["id"] for row in csv.DictReader(listed)]
    found = set()
    for store in stores:  # stores work every day: a workday is a day, and ends at 21:00
        found.add(("train", store, at(day(-5), 9, 30), at(day(-4), 21)))
        found.add(("invite", store, at(day(-4), 10), at(day(-2), 21)))
        found.add(("invite-again", store, at(day(1), 10), at(day(1), 18)))
        for number in range(3):
            found.add(("door", store, at(day(number), 9), at(day(number), 21)))
            found.add(("aisle", store, at(day(number), 10, 30), at(day(number), 21)))
            found.add(("till", store, at(day(number), 11, 30), at(day(number), 21)))
    # Sunday 21 June is the last day of the Dragon Boat holiday; the next workday is Monday
    found.add(("review", "area-lead", at(day(3), 10), at(date(2026, 6, 22), 18)))
    return found


def test_the_dry_run_hands_out_each_task_when_it_should(cli: Cli, workspace: Path) -> None:
    shown = [json.loads(line) for line in cli("dry-run", BOOK, *SET, *NOW, "--each", "--jsonl").ok().out.splitlines()]
    moments = [datetime.fromisoformat(item["at"]) for item in shown]
    dues = [datetime.fromisoformat(item["due"]) for item in shown]
    found = [(i["id"], i["target"], at, due) for i, at, due in zip(shown, moments, dues, strict=True)]
    assert len(found) == len(set(found))
    assert set(found) == expected()
    assert {item["id"]: item["script"] for item in shown if item["script"]} == {
        "invite": "phone",
        "door": "entering",
        "aisle": "shelf",
        "till": "checkout",
        "invite-again": "phone-again",
    }


def test_the_engine_hands_out_what_was_shown_and_a_clerk_walks_it(cli: Cli, workspace: Path) -> None:
    cli("start", BOOK, *SET, *NOW, "--yes").ok()
    cli("run", *NOW, "--until", "2026-06-30T00:00").ok()
    tasks = cli("task", "list", "--all", "--json").ok().json()["tasks"]
    assert {
        (t["step"], t["target"], datetime.fromisoformat(t["created_at"]), datetime.fromisoformat(t["due_at"]))
        for t in tasks
    } == expected()
    phone = next(str(t["id"]) for t in tasks if t["step"] == "invite")
    done = cli("script", "--task", phone, "--subject", "m-7", "--answers", "方便,会来,第二天", "--lang", "zh").ok()
    assert "6月18日起三天" in done.out
    assert "已记录：script.phone.coming，对 m-7" in done.out
    events = [t for t in cli("log", "--json").ok().json()["transitions"] if t["entity"] == "event"]
    assert [(e["key"], e["reason"]) for e in events if e["to"] == "received"] == [
        ("script.phone.coming", "about m-7: hello → invite → which-day → kept (方便, 会来, 第二天)")
    ]

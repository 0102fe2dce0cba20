"""While a festival's phase lasts, the tea week's steps are skipped or reworded for its groups, and the log says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.cli.campaign import read_campaign
from sopengine.engine.start import start
from sopengine.store.rows import EventRow
from tests.support.house import House

WEEK = """\
playbook: tea-week
timezone: Asia/Shanghai
inputs: {brand: {type: text, default: 茶}}
audiences:
  groups: {source: groups, sample: {name: 群}}
roles:
  clerk: {source: stores, person: manager}
messages:
  rules: "{{ input.brand }}规矩，{{ target.name }}"
  hello: 欢迎
weekly:
  to: groups
  steps:
    - {id: rules, on: daily, at: 09:00, send: rules}
    - {id: again, on: daily, at: 12:00, send: rules}
    - {id: seckill, on: daily, at: 15:00, send: {text: 秒杀}}
    - {id: look, on: daily, at: 16:00, to: clerk, task: 看一看}
welcome:
  steps:
    - {id: joined, after: 0s, send: hello}
"""
FESTIVAL = """\
playbook: festival
timezone: Asia/Shanghai
inputs: {brand: {type: text, default: 节}}
audiences:
  ours: {source: groups, where: target.id == 'east', sample: {name: 群}}
roles:
  people: {source: stores, person: manager}
messages:
  party: "{{ input.brand }}日第{{ campaign.day }}天，{{ target.name }}，{{ slot.time | time('HH:mm') }}"
  first: 来得正好
phases:
  party:
    from: 2026-06-02
    until: 2026-06-04
    during: {tea-week/rules: party, tea-week/seckill: skip, tea-week/look: skip, tea-week/hello: first}
    steps:
      - {id: one, on: day 1, at: 20:00, to: ours, send: {text: 今晚}}
      - {id: two, on: day 1, at: 21:00, to: people, task: 收摊, if: input.brand == '没有'}
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path / "house", WEEK)
    (house.root / "festival.yaml").write_text(FESTIVAL, "utf-8")
    house.start("2026-06-01T08:00")
    return house


def begin_festival(house: House, now: str = "2026-06-01T08:00") -> None:
    house.at(now)
    read = read_campaign(str(house.root / "festival.yaml"), house.workspace, {}, {}, now)
    assert not read.has_errors, read.diagnostics
    assert read.bundle
    start(house.store, read.named("summer"), read.bundle, house.clock.now(), "test")


def texts(house: House, target: str, day: str) -> list[str]:
    return [line["text"] for line in house.outbox() if line["target"] == target and line["slot"].startswith(day)]


def skipped(house: House, entity: str = "delivery") -> list[tuple[str, str, str, str]]:
    found = [t for t in house.log(entity) if t.after == "skipped" and t.campaign == "tea-week"]
    return [(t.step, t.target, f"{t.slot.astimezone(house.zone):%m-%d}" if t.slot else "", t.reason) for t in found]


def test_only_for_its_targets_and_only_while_it_lasts(house: House) -> None:
    begin_festival(house)
    house.run("2026-06-05T23:00")
    plain = ["茶规矩，East", "茶规矩，East", "秒杀"]
    assert texts(house, "east", "2026-06-01") == plain
    assert texts(house, "east", "2026-06-02") == ["节日第1天，East，09:00", "茶规矩，East", "今晚"]
    assert texts(house, "east", "2026-06-03") == ["节日第2天，East，09:00", "茶规矩，East"]
    assert texts(house, "east", "2026-06-04") == plain
    assert texts(house, "west", "2026-06-02") == ["茶规矩，West", "茶规矩，West", "秒杀"]
    assert skipped(house) == [
        ("seckill", "east", "06-02", "during: summer/party"),
        ("seckill", "east", "06-03", "during: summer/party"),
    ]
    assert [(step, day) for step, _, day, _ in skipped(house, "task")] == [("look", "06-02")] * 2 + [
        ("look", "06-03")
    ] * 2


def test_what_is_said_instead_is_logged_with_its_reason(house: House) -> None:
    begin_festival(house)
    house.run("2026-06-02T10:00")
    told = [(t.step, t.target, t.after, t.reason) for t in house.log() if "during" in t.reason]
    assert told == [("rules", "east", "planned", "during: summer/party/party")]


def test_a_step_is_named_before_a_message_and_a_message_reaches_every_step_that_sends_it(tmp_path: Path) -> None:
    house = House(tmp_path / "house", WEEK.replace("id: rules", "id: first").replace("send: rules}", "send: rules}"))
    (house.root / "festival.yaml").write_text(FESTIVAL, "utf-8")
    house.start("2026-06-01T08:00")
    begin_festival(house)
    house.run("2026-06-02T13:00")
    assert texts(house, "east", "2026-06-02") == ["节日第1天，East，09:00", "节日第1天，East，12:00"]


def test_a_newcomer_is_welcomed_in_the_festivals_words(house: House) -> None:
    begin_festival(house)
    for group in ("east", "west"):
        house.store.add_event(EventRow("member.joined", group, {"member": "m"}, house.at("2026-06-02T10:00"), group))
    house.run("2026-06-02T11:00")
    said = {line["target"]: line["text"] for line in house.outbox() if line["step"] == "joined"}
    assert said == {"east": "来得正好", "west": "欢迎"}


def test_a_festival_that_is_stopped_says_nothing_more(house: House) -> None:
    begin_festival(house)
    house.tick("2026-06-02T08:59")
    house.store.set_campaign_state("summer", "stopped", house.clock.now(), "test", "rain")
    house.run("2026-06-02T10:00")
    assert texts(house, "east", "2026-06-02") == ["茶规矩，East"]


def test_of_two_campaigns_the_one_started_last_holds(house: House) -> None:
    begin_festival(house)
    other = FESTIVAL.replace("playbook: festival", "playbook: other").replace("default: 节", "default: 会")
    (house.root / "festival.yaml").write_text(other, "utf-8")
    now = "2026-06-01T08:30"
    house.at(now)
    read = read_campaign(str(house.root / "festival.yaml"), house.workspace, {}, {}, now)
    assert read.bundle
    start(house.store, read.named("later"), read.bundle, house.clock.now(), "test")
    house.run("2026-06-02T10:00")
    assert texts(house, "east", "2026-06-02") == ["会日第1天，East，09:00"]


def test_a_festival_that_ended_for_a_group_says_nothing_more_about_it(tmp_path: Path) -> None:
    house = House(tmp_path / "house", WEEK)
    ending = FESTIVAL.replace(
        "    steps:\n      - {id: one", "    exit_when: [{event: order.paid, as: sold}]\n    steps:\n      - {id: one"
    )
    (house.root / "festival.yaml").write_text(ending, "utf-8")
    house.start("2026-06-01T08:00")
    begin_festival(house)
    house.run("2026-06-02T12:15")
    house.store.add_event(EventRow("order.paid", "east", {}, house.at("2026-06-02T12:30"), "1"))
    house.run("2026-06-03T10:00")
    assert texts(house, "east", "2026-06-02")[:1] == ["节日第1天，East，09:00"]
    assert texts(house, "east", "2026-06-03") == ["茶规矩，East"]


def test_a_phase_with_days_of_each_groups_own_holds_on_those_days(tmp_path: Path) -> None:
    house = House(tmp_path / "house", WEEK, groups="id,name,opens\neast,East,2026-06-02\nwest,West,2026-06-03\n")
    own = FESTIVAL.replace("where: target.id == 'east', ", "columns: {opens: date}, ")
    own = own.replace("from: 2026-06-02", "from: target.opens").replace("until: 2026-06-04", "until: target.opens + 1d")
    own = own.replace(
        "      - {id: two, on: day 1, at: 21:00, to: people, task: 收摊, if: input.brand == '没有'}\n", ""
    )
    (house.root / "festival.yaml").write_text(own, "utf-8")
    house.start("2026-06-01T08:00")
    begin_festival(house)
    house.run("2026-06-05T10:00")
    said = {(line["target"], line["slot"][5:10]): line["text"] for line in house.outbox() if line["step"] == "rules"}
    assert {key: text for key, text in said.items() if text.startswith("节")} == {
        ("east", "06-02"): "节日第1天，East，09:00",
        ("west", "06-03"): "节日第1天，West，09:00",
    }

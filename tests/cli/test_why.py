"""`why` answers for what was sent, was not, waits, and will never be, in both languages, link by link."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sopengine.channels.base import Limits, Outcome, Outgoing, Receipt
from sopengine.cli.main import run
from sopengine.store.again import Which
from sopengine.store.leaving_out import LeftOut
from sopengine.store.rows import EventRow
from tests.engine.channels import Memory
from tests.support.house import House

BOOK = """
playbook: posts
title: Posts
timezone: Asia/Shanghai
calendar: CN
audiences: {groups: {source: groups, columns: {size: integer}, sample: {name: Some group, size: 3}}}
roles: {manager: {source: stores, person: manager}}
runs: {from: 2026-03-02, until: 2026-03-16}
guards:
  quiet: {from: 22:00, until: 08:00, then: hold}
  cap: [{per: target, max: 4, window: calendar-day}]
messages: {hello: 'Hello {{ target.name }}', follow: 'Follow', night: Night, many: Many}
weekly:
  to: groups
  steps:
    - {id: hello, on: workdays, at: 09:00, send: hello, except: 2026-03-05, if: target.size > 2}
    - {id: follow, after: hello + 1h, send: follow}
    - {id: night, on: mon, at: 23:00, send: night}
    - {id: work, on: mon, at: 09:00, to: manager, task: Tidy up, due: 2h}
    - {id: pick, on: tue, at: 10:00, choose: [{if: target.size > 2, send: hello}], else: skip}
    - {id: many, on: wed, at: [11:00, 12:00, 13:00, 14:00], send: many, on_cap: skip}
    - {id: shifted, on: sun, at: 10:00, send: follow, shift: next-workday}
welcome:
  on_event: member.joined
  steps:
    - {id: hi, after: 0s, send: hello, required: true, if: target.size > 4}
    - {id: rules, after: 10m, send: follow}
"""
GROUPS = "id,name,size\neast,East,3\nwest,West,2\nnorth,North,9\n"
Asks = Callable[..., tuple[str, str]]


@pytest.fixture
def made(tmp_path: Path) -> House:
    house = House(tmp_path, BOOK, groups=GROUPS)
    house.start("2026-03-01T12:00")
    return house


@pytest.fixture
def why(made: House, capsys: pytest.CaptureFixture[str]) -> Asks:
    """The sentence in both languages."""

    def asked(*words: str, now: str = "") -> tuple[str, str]:
        at = now or made.clock.now().isoformat()
        said = []
        for lang in ("en", "zh"):
            code = run(["why", *words, "--now", at, "--lang", lang, "--workspace", str(made.root)])
            shown = capsys.readouterr()
            assert (code, shown.err) == (0, ""), shown
            assert shown.out.count("\n") == 1, "one sentence"
            said.append(shown.out.strip())
        return said[0], said[1]

    return asked


def test_before_its_time_the_plan_is_told_with_its_rule_and_version(made: House, why: Asks) -> None:
    bundle = made.store.campaigns()[0].bundle[:8]
    en, zh = why("hello")
    assert en == (
        f"campaign posts (playbook posts, version {bundle}) plans step hello by on: workdays at: 09:00 except: "
        "2026-03-05 at 2026-03-02 09:00; its time has not come: at 03-02 09:00 it is decided who gets it."
    )
    assert zh == (
        f"活动 posts（剧本 posts，版本 {bundle}）的步骤 hello，按 on: workdays at: 09:00 except: 2026-03-05 "
        "排在 2026-03-02 09:00；还没到时间，03-02 09:00 才决定发给谁。"
    )
    en, zh = why("hello", "--target", "stranger")
    assert "stranger is not among its targets and gets nothing" in en
    assert "stranger 不在它的对象里，不会收到" in zh


@pytest.mark.parametrize(
    ("words", "en", "zh"),
    [
        (["hello"], "2 sent: east, north; 1 skipped (its condition is false (target.size = 2)): west.", "2 个已发"),
        (
            ["hello", "--target", "east"],
            "its condition target.size > 2 holds; sent at 03-02 09:00:00",
            "条件 target.size",
        ),
        (
            ["hello", "--target", "west"],
            "skipped at 03-02 09:00:00: its condition is false (target.size = 2)",
            "条件不成立",
        ),
        (
            ["follow", "--target", "west"],
            "it comes after hello (west skipped: its condition is false (target.size = 2)); "
            "skipped at 03-02 09:00:00: the step it comes after did not end well",
            "它在 hello 之后（west 跳过",
        ),
        (
            ["follow", "--target", "east"],
            "it comes after hello (east sent); sent at 03-02 10:00:00",
            "hello 之后（east 已发）",
        ),
        (
            ["night", "--target", "east"],
            "held at 03-02 23:00:00: quiet hours 22:00-08:00, until 03-03 08:00.",
            "按住：安静时段 22:00-08:00，等到 03-03 08:00。",
        ),
        (["work", "--target", "s1"], "overdue at 03-02 11:00:00: its time was up", "逾期：期限到了"),
        (["hello", "--on", "2026-03-05"], "2026-03-05 is taken out by except: 2026-03-05; the one before is", "排除"),
        (["hello", "--on", "2026-03-07"], "its rule has no slot on 2026-03-07", "没有落在 2026-03-07"),
        (["hello", "--on", "2026-04-07"], "is outside the campaign (2026-03-02 … 2026-03-15)", "不在活动的日子里"),
        (["shifted", "--on", "2026-03-08"], "is no workday, and shift: next-workday moved it away", "挪开了"),
        (
            ["rules", "--target", "east"],
            "(east entered welcome by member.joined) by after: 10m at 2026-03-02 08:40 for east; its flow waits for a "
            "person at hi (east skipped: its condition is false (target.size = 3))",
            "它的流程停在 hi（east 跳过",
        ),
        (
            ["rules", "--target", "west"],
            "west has not entered welcome, which begins with member.joined",
            "west 没有进入",
        ),
        (
            ["rules", "--target", "nobody"],
            "it came at 03-02 08:31 and started nothing",
            "03-02 08:31 来过一次，没有开始",
        ),
        (["hello", "--target", "stranger"], "stranger was not in groups then", "那时 stranger 不在 groups 里"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_day_later_every_end_has_its_chain(made: House, why: Asks, words: list[str], en: str, zh: str) -> None:
    made.store.add_event(EventRow("member.joined", "east", {"member": "m1"}, made.at("2026-03-02T08:30")))
    made.store.add_event(EventRow("member.joined", "nobody", {"member": "m1"}, made.at("2026-03-02T08:31")))
    made.run(until="2026-03-02T23:30")
    said = why(*words, now="2026-03-02T23:30")
    assert en in said[0]
    assert zh in said[1]


def test_arms_caps_and_what_used_them(made: House, why: Asks) -> None:
    made.run(until="2026-03-04T20:00")
    assert "arm 1 was chosen because target.size = 3; sent at" in why("pick", "--target", "east")[0]
    en, zh = why("pick", "--target", "west")
    assert "arm 2 was chosen because target.size = 2; done: this arm does nothing" in en
    assert "走第 2 支，因为 target.size = 2；完成：这一支什么也不做" in zh
    en, zh = why("many", "--target", "east")
    assert "skipped at 03-04 14:00:00: the cap 4 per target" in en
    assert "(used by posts/hello, posts/follow, posts/many)" in en
    assert "已到上限" in zh
    assert "名额用在" in zh


def test_a_pause_is_named_while_it_lasts_and_after_it(made: House, why: Asks) -> None:
    made.store.pause("campaign", "posts", made.at("2026-03-03T12:00"), "wang", "prices")
    en, zh = why("hello", "--on", "2026-03-04", now="2026-03-04T09:10")
    assert en.endswith("at 2026-03-04 09:00; wang paused posts at 03-03 12:00 (prices).")
    assert zh.endswith("wang 在 03-03 12:00 暂停了 posts（prices）。")
    made.store.resume("campaign", "posts", made.at("2026-03-04T10:00"), "wang", "ok")
    made.run(until="2026-03-04T10:10")
    en, _ = why("hello", "--on", "2026-03-04", "--target", "east")
    assert en.endswith(
        "wang paused posts at 03-03 12:00 (prices); missed at 03-04 10:00:00: it was late by 1h (late_ok 30m)."
    )
    found = made.store.may_go_again("missed", Which("posts", "hello", "east"), made.at("2026-03-04T10:20"))
    (east,) = [one for one in found if one.kind == "delivery"]
    made.store.set_going_again("missed", [east], made.clock.now(), "li", "they asked")
    made.tick()
    en, zh = why(str(east.id))
    assert "at 03-04 10:20:00 li made it planned: run after it was missed (they asked)" in en
    assert en.endswith("sent at 03-04 10:20:00: written.")
    assert "li 记为待发：错过后补做（they asked）" in zh


def test_what_a_person_left_out_or_stopped_is_told_with_his_name(made: House, why: Asks) -> None:
    made.run(until="2026-03-03T12:00")
    made.store.leave_out(LeftOut("posts", "hello", target="east"), made.at("2026-03-03T12:00"), "li", "closed")
    made.run(until="2026-03-04T09:30")
    assert "skipped at 03-04 09:00:00: a person left it out (closed)" in why("hello", "--target", "east")[0]
    made.store.stop("posts", made.at("2026-03-06T13:00"), "li", "sold out")
    en, zh = why("hello", "--on", "2026-03-09")
    assert "at 03-06 13:00:00 li made it withdrawn: its campaign was stopped (sold out)" in en
    assert "li 记为撤回：活动被停止（sold out）" in zh


def test_doubt_and_who_settled_it(made: House, why: Asks) -> None:
    lost = [Receipt(Outcome.UNKNOWN, "reset"), Receipt(Outcome.NOT_NOW, "system busy")]

    def answer(message: Outgoing) -> Receipt:
        return lost.pop() if message.target == "east" and lost else Receipt(Outcome.SENT, "0 ok")

    made.channels["file"] = Memory(made.clock, answer)
    made.run(until="2026-03-02T09:30")
    (need,) = made.store.needs()
    en, zh = why(str(need.id))
    assert "at 03-02 09:00:00 it could not be sent: system busy, to be tried again; unknown at 03-02 09:00:" in en
    assert en.endswith(f"reset; it waits for a person (delivery {need.id}).")
    assert zh.endswith(f"reset；等人处理（送达 {need.id}）。")
    made.store.resolve(need.id, "sent", made.at("2026-03-02T09:40"), "wang", "seen")
    en, zh = why(need.key[:8])
    assert en.endswith("at 03-02 09:40:00 wang made it sent: it did arrive (seen).")
    assert zh.endswith("wang 记为已发：查实已送到（seen）。")


def test_a_parked_address_and_the_rate_are_named(made: House, why: Asks) -> None:
    limited = [Receipt(Outcome.RATE_LIMITED, "45009", retry_after=timedelta(hours=2))]
    made.channels["file"] = Memory(
        made.clock,
        lambda _: limited.pop() if limited else Receipt(Outcome.SENT),
        Limits(rate=20, per=60, burst=1),
        local=True,
    )
    made.tick("2026-03-02T09:00")
    en, zh = why("hello", "--target", "north", now="2026-03-02T09:05")
    assert "held at 03-02 09:00:00: its address's rate, until 03-02 11:0" in en
    assert "rests until 03-02 11:00:00 (45009)" in en
    assert "暂歇到 03-02 11:00:00（45009）" in zh


def test_the_json_form_is_one_document_with_the_whole_chain(made: House, capsys: pytest.CaptureFixture[str]) -> None:
    made.run(until="2026-03-02T09:30")
    capsys.readouterr()
    words = ["why", "posts/hello", "--target", "east", "--json", "--now", "2026-03-02T09:30", "--lang", "en"]
    assert run([*words, "--workspace", str(made.root)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["campaign"], found["step"], found["target"]) == ("posts", "hello", "east")
    assert found["slot"] == "2026-03-02T09:00:00+08:00"
    assert [link["kind"] for link in found["chain"]] == ["plan", "condition", "end"]
    assert found["sentence"] == "; ".join(link["text"] for link in found["chain"]) + "."
    occurrence = found["occurrence"]
    assert run(["why", occurrence[:8], "--json", "--workspace", str(made.root), "--now", "2026-03-02T09:30"]) == 0
    assert json.loads(capsys.readouterr().out)["occurrence"] == occurrence


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["helo"], "did you mean the step hello"),
        (["999"], "no delivery 999"),
        (["hello", "--on", "soon"], "not a date"),
    ],
)
def test_what_cannot_be_meant(made: House, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert run(["why", *words, "--lang", "en", "--workspace", str(made.root)]) == 2
    assert told in capsys.readouterr().err

"""`script`: a clerk walks it, on a terminal or without one; an ending that is recorded is an event."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli

BOOK = """\
playbook: till
title: 收银台
timezone: Asia/Shanghai
inputs:
  opening: {type: date, title: 开业日}
  threshold: {type: money, default: 30, title: 满减门槛（元）}
  saving: {type: money, default: 5}
roles:
  clerk: {person: 周敏}
phases:
  week:
    from: opening
    until: opening + 7d
    steps:
      - {id: stand, on: day 1, at: 09:00, to: clerk, task: 在收银台说起会员群, script: checkout, due: 1d}
      - {id: tidy, on: day 1, at: 09:00, to: clerk, task: 整理货架, due: 1d}
scripts:
  checkout:
    title: 收银台
    ask: {amount: {type: money, title: 实付金额}}
    start: spent
    always: {顾客离开: {end: left}}
    nodes:
      spent:
        choose: [{if: ask.amount >= input.threshold, go: invite}]
        else: {go: upsell}
      upsell:
        say: 再添 {{ input.threshold - ask.amount }} 元就能减 {{ input.saving }} 元，看看旁边的小食？
        note: 说完停一下
        point: 投入低、收获高
        answers: {加一件: invite, 不用了: respect}
      invite:
        say: 扫这里进群，这单就能用。
        answers: {已扫码: {end: joined}, 下次: {end: declined}}
      respect: {say: 没关系，每周都有新的。, end: declined}
  farewell:
    start: bye
    nodes:
      bye: {say: 慢走。, end: gone}
"""
FILE = "playbooks/till.yaml"
OPENING = ("--set", "opening=2026-06-18", "--now", "2026-06-17T09:00")


@pytest.fixture
def book(workspace: Path) -> Path:
    (workspace / FILE).write_text(BOOK, "utf-8")
    return workspace / FILE


@pytest.fixture
def started(cli: Cli, book: Path) -> Path:
    cli("start", FILE, *OPENING, "--yes").ok()
    cli("tick", "--now", "2026-06-18T09:00").ok()
    return book


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def log(cli: Cli) -> list[tuple[str, str]]:
    """Name and reason of every event in the log."""
    found = cli("log", "--json").ok().json()["transitions"]
    return [(t["key"], t["reason"]) for t in found if t["entity"] == "event" and t["to"] == "received"]


@pytest.mark.parametrize(("amount", "gap"), [("23", "7"), ("22.9", "7.1")])
def test_the_checkout_says_how_much_is_missing(cli: Cli, book: Path, amount: str, gap: str) -> None:
    done = cli("script", FILE, "checkout", "--answers", f"{amount},加一件,已扫码", "--lang", "zh").ok()
    assert f"说：再添 {gap} 元就能减 5 元，看看旁边的小食？\n提示：说完停一下\n要点：投入低、收获高\n" in done.out
    assert done.out.endswith("结局：joined\n")
    assert (done.err, log(cli) if (book.parent.parent / "sop.db").exists() else []) == ("", [])


def test_the_whole_of_a_walk_on_the_screen(cli: Cli, book: Path) -> None:
    assert cli("script", FILE, "checkout", "--answers", "23，2", "--set", "saving=6").ok().out == (
        "ask: 实付金额 [an amount of money, such as 29.90]\n"
        "> 23\n"
        "\n"
        "say: 再添 7 元就能减 6 元，看看旁边的小食？\n"
        "note: 说完停一下\n"
        "point: 投入低、收获高\n"
        "  1 加一件\n"
        "  2 不用了\n"
        "  3 顾客离开\n"
        "> 2\n"
        "\n"
        "say: 没关系，每周都有新的。\n"
        "the end: declined\n"
    )


def test_on_a_terminal_a_slip_is_told_and_asked_again(cli: Cli, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "二十", "B", "23", "加一", "ｂ", "88", "已扫码", "not read")
    out = cli("script", FILE, "checkout", "--lang", "zh").ok().out
    assert "实付金额 写的是 `二十`，应该是金额，例如 29.90" in out
    assert "已经在开头，不能再返回" in out
    assert "没有 `加一` 这个回答，是不是 `加一件`？\n  可以答：1 加一件、2 不用了、3 顾客离开" in out
    assert out.count("问：实付金额") == 2
    assert out.endswith("说：扫这里进群，这单就能用。\n  1 已扫码\n  2 下次\n  3 顾客离开\n> 结局：joined\n")


@pytest.mark.parametrize("lines", [("23", "q"), ("23", "Ｑ"), ("23",)])
def test_leaving_records_nothing(
    cli: Cli, started: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    typed(monkeypatch, *lines)
    done = cli("script", FILE, "checkout", "--subject", "m1", "--lang", "zh").ok()
    assert done.err == "没有走到结局，没有记录\n"
    assert log(cli) == []


def test_the_scripts_of_a_playbook_are_listed(cli: Cli, book: Path) -> None:
    assert cli("script", FILE, "--lang", "zh").ok().out == (
        "checkout  收银台    结局：joined, declined, left\nfarewell  farewell  结局：gone\n"
    )
    listed = cli("script", FILE, "--json").ok().json()["scripts"]
    assert [script["name"] for script in listed] == ["checkout", "farewell"]
    assert listed[0]["asks"] == [{"name": "amount", "title": "实付金额", "type": "money", "choices": []}]
    assert listed[1]["endings"] == [{"ending": "gone", "event": "script.farewell.gone"}]
    assert cli("script", "playbooks/tea-week.yaml", "--lang", "zh").ok().out == "这份剧本没有话术\n"


def test_a_walk_as_one_document(cli: Cli, book: Path) -> None:
    waiting = cli("script", FILE, "checkout", "--answers", "22.90", "--json").ok().json()
    assert waiting["waiting"]["answers"] == ["加一件", "不用了", "顾客离开"]
    assert (waiting["ending"], waiting["event"], waiting["recorded"]) == (None, None, False)
    assert waiting["nodes"][-1] == {
        "node": "upsell",
        "say": "再添 7.1 元就能减 5 元，看看旁边的小食？",
        "note": "说完停一下",
        "point": "投入低、收获高",
    }
    assert waiting["asked"] == {"amount": "22.90"}
    first = cli("script", FILE, "checkout", "--json").ok().json()
    assert first["waiting"]["question"]["name"] == "amount"
    ended = cli("script", FILE, "farewell", "--json").ok().json()
    assert (ended["ending"], ended["waiting"], [n["say"] for n in ended["nodes"]]) == ("gone", None, ["慢走。"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("script",), 2, "没有写剧本"),
        (("script", FILE, "--answers", "23"), 2, "没有写话术的名字"),
        (("script", FILE, "chekout"), 2, "没有话术 chekout，是不是 checkout？"),
        (("script", FILE, "checkout", "--answers", "23,不用"), 2, "没有 `不用` 这个回答，是不是 `不用了`？"),
        (("script", FILE, "checkout", "--answers", "23,1,1,1"), 2, "已经以 joined 结束，不能再答"),
        (("script", FILE, "farewell", "--answers", "1"), 2, "已经以 gone 结束，不能再答"),
        (("script", FILE, "checkout", "--answer", "1,5"), 2, "实付金额 写的是 `1,5`，应该是金额"),
        (("script", FILE, "checkout", "--set", "savng=6"), 1, "没有输入 savng，是不是 saving？"),
        (("script", FILE, "checkout", "--set", "threshold=x"), 1, "输入 threshold 写的是 `x`"),
        (("script", FILE, "farewell", "--record"), 2, "要记录就要说明对谁"),
        (("script", FILE, "farewell", "--task", "77"), 2, "没有编号为 77 的任务"),
        (("script", "playbooks/none.yaml", "x"), 2, "找不到剧本 playbooks/none.yaml"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(
    cli: Cli, started: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    done = cli(*words, "--lang", "zh")
    assert (done.code, said in done.err) == (code, True), done.err
    assert log(cli) == []


def test_a_script_with_errors_is_not_walked_and_another_is(cli: Cli, book: Path) -> None:
    book.write_text(BOOK.replace("{加一件: invite,", "{加一件: invit,"), "utf-8")
    refused = cli("script", FILE, "checkout", "--answers", "23")
    assert refused.code == 1
    assert "SOP-R332" in refused.err
    assert refused.err.endswith("error: script checkout has errors and cannot be walked\n")
    cli("script", FILE, "farewell").ok()


def test_a_line_that_cannot_be_worked_out_is_a_finding_at_its_place(
    cli: Cli, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.write_text(BOOK.replace("input.threshold - ask.amount", "1 / ask.amount"), "utf-8")
    failed = cli("script", FILE, "checkout", "--answers", "0", "--json")
    assert failed.code == 1
    (found,) = failed.json()["diagnostics"]
    line = next(i for i, text in enumerate(book.read_text("utf-8").splitlines(), 1) if "1 / ask.amount" in text)
    assert (found["code"], found["line"]) == ("SOP-T403", line)
    typed(monkeypatch, "0", "20", "3")
    out = cli("script", FILE, "checkout", "--lang", "zh").ok().out
    assert "这句话出不来：division by zero" in out
    assert "再添 0.05 元" in out
    assert out.endswith("结局：left\n")


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("{{ ask.amount / (ask.amount - ask.amount) }} 元", ["SOP-T403"]),
        ("{{ input.opening | money }} 元", ["SOP-T403"]),
        ("'{% if ask.amount > 100 %}很多{% endif %}'", ["SOP-T404"]),
        ("{{ 1 / (ask.amount - 1) }} 元", []),
        ("{{ ask.amunt }} 元", ["SOP-R305"]),
    ],
)
def test_a_dry_run_tries_every_line_of_the_scripts(cli: Cli, book: Path, line: str, codes: list[str]) -> None:
    text = BOOK.replace(
        "再添 {{ input.threshold - ask.amount }} 元就能减 {{ input.saving }} 元，看看旁边的小食？", "LINE"
    )
    where = text.splitlines().index("        say: LINE") + 1
    book.write_text(text.replace("LINE", f'"{line}"' if line[0] == "{" else line), "utf-8")
    done = cli("dry-run", FILE, *OPENING, "--json").json()["diagnostics"]
    assert [(d["code"], d["line"]) for d in done if d["code"] != "SOP-R307"] == [(code, where) for code in codes]


def test_an_ending_is_recorded_for_whom_it_was(cli: Cli, started: Path) -> None:
    done = cli("script", FILE, "checkout", "--subject", "m1", "--answers", "23,加一件,已扫码", "--lang", "zh").ok()
    assert done.out.endswith("结局：joined\n已记录：script.checkout.joined，对 m1\n")
    assert log(cli) == [
        ("script.checkout.joined", "about m1: spent → upsell → invite (23, 加一件, 已扫码)"),
    ]
    quiet = ("script", FILE, "farewell", "--subject", "m1", "--no-record", "--json")
    assert cli(*quiet).ok().json()["recorded"] is False
    assert len(log(cli)) == 1


def test_replies_that_reach_no_ending_are_not_recorded(cli: Cli, started: Path) -> None:
    done = cli("script", FILE, "checkout", "--subject", "m1", "--answers", "23", "--lang", "zh")
    assert done.code == 2
    assert "回答没有走到结局，没有记录" in done.err
    assert log(cli) == []


def test_for_a_task_the_campaigns_own_copy_is_walked(cli: Cli, started: Path) -> None:
    """Its script, its inputs, its target; the file may have changed since."""
    listed = cli("task", "list", "--json").ok().json()["tasks"]
    assert {t["step"]: t["script"] for t in listed} == {"stand": "checkout", "tidy": None}
    assert "在收银台说起会员群  [话术：checkout]" in cli("task", "list", "--lang", "zh").ok().out
    tasks = {t["step"]: str(t["id"]) for t in listed}
    started.write_text(BOOK.replace("慢走", "走好").replace("扫这里", "从 {{ input.opening }} 起扫那里"), "utf-8")
    done = cli("script", "--task", tasks["stand"], "--answers", "88,1", "--json").ok().json()
    assert done["nodes"][-1]["say"] == "扫这里进群，这单就能用。"
    assert (done["event"], done["recorded"], done["task"]) == ("script.checkout.joined", True, int(tasks["stand"]))
    assert done["subject"]
    assert [name for name, _ in log(cli)] == ["script.checkout.joined"]
    edited = cli("script", FILE, "checkout", "--task", tasks["stand"], "--answers", "88,1", "--no-record").ok()
    assert "从 2026-06-18 起扫那里进群" in edited.out
    named = cli("script", "farewell", "--task", tasks["tidy"], "--lang", "zh").ok()
    assert "说：慢走。" in named.out
    assert f"sopengine task done {tasks['tidy']}" in named.out
    other = cli("script", "playbooks/store-scripts.yaml", "shelf", "--task", tasks["tidy"], "--lang", "zh")
    assert (other.code, f"任务 {tasks['tidy']} 属于剧本 till，不是 store-scripts" in other.err) == (2, True)
    unsaid = cli("script", "--task", tasks["tidy"], "--lang", "zh")
    assert (unsaid.code, "指明一份：checkout, farewell" in unsaid.err) == (2, True)


def test_what_is_to_be_recorded_needs_a_database_before_the_first_word(cli: Cli, book: Path) -> None:
    done = cli("script", FILE, "farewell", "--subject", "m1")
    assert done.code == 3
    assert done.out == ""


def test_a_playbook_without_a_workspace_is_walked(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = tmp_path / "alone.yaml"
    alone.write_text(BOOK, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert "说：慢走。" in cli("script", "alone.yaml", "farewell", "--lang", "zh").ok().out
    assert list(tmp_path.iterdir()) == [alone]


def test_journeys_follow_an_ending(cli: Cli, book: Path) -> None:
    """What was asked for arrives with its type: 22.9 is less than 23, and calculated with."""
    journey = """\
audiences:
  customers: {source: customers, sample: {name: 小林}}
journeys:
  joined:
    on_event: script.checkout.joined
    to: clerk
    steps:
      - id: small
        task: "差 {{ 30 - event.amount }}：{{ event.path | join('、') }}"
        if: event.amount < 23
        on_overdue: continue
      - {id: large, task: 记进名册, if: event.amount >= 23}
scripts:
"""
    book.write_text(BOOK.replace("scripts:\n", journey, 1), "utf-8")
    people = book.parent.parent / "data" / "customers.csv"
    people.write_text("id,name\nm1,小林\nm2,阿宝\n", "utf-8")
    cli("start", FILE, *OPENING, "--audience", f"customers={people}", "--yes").ok()
    for subject, amount in (("m1", "22.9"), ("m2", "23")):
        at = ("--now", "2026-06-18T10:00")
        cli("script", FILE, "checkout", "--subject", subject, "--answers", f"{amount},加一件,已扫码", *at).ok()
    cli("tick", "--now", "2026-06-18T10:01").ok()
    tasks = cli("task", "list", "--json").ok().json()["tasks"]
    assert {t["title"] for t in tasks if t["step"] in ("small", "large")} == {
        "差 7.1：spent、upsell、invite",
        "记进名册",
    }

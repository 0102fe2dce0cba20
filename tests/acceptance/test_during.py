"""A festival that rewords and skips another playbook's steps: seen in both dry runs, checked against the other file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Cli
from tests.engine.test_during import FESTIVAL, WEEK

NOW = ("--now", "2026-06-01T08:00")


@pytest.fixture
def shop(workspace: Path) -> Path:
    groups = "id,name\neast,East\nwest,West\n"
    (workspace / "data/groups.csv").write_text(groups, "utf-8")
    (workspace / "data/stores.csv").write_text("id,name,manager\ns1,First,Ann\n", "utf-8")
    (workspace / "playbooks/week.yaml").write_text(WEEK, "utf-8")
    (workspace / "playbooks/tea-week.yaml").unlink()
    (workspace / "playbooks/party.yaml").write_text(FESTIVAL, "utf-8")
    return workspace


def items(cli: Cli, book: str, *more: str) -> list[Any]:
    shown: list[Any] = cli("dry-run", f"playbooks/{book}.yaml", *NOW, "--json", *more).ok().json()["items"]
    return shown


def test_the_festivals_dry_run_lists_what_it_replaces_with_its_words(cli: Cli, shop: Path) -> None:
    found = {item["id"]: item for item in items(cli, "party") if item["section"] == "during"}
    assert list(found) == ["tea-week/rules", "tea-week/seckill", "tea-week/look", "tea-week/hello"]
    rules = found["tea-week/rules"]
    assert (rules["text"], rules["targets"], rules["phase"]) == ("节日第1天，East，00:00", 1, "party")
    assert rules["after"] == "06-02 – 06-03"
    assert (rules["source"]["file"], rules["source"]["line"]) == ("playbooks/party.yaml", 15)
    assert found["tea-week/seckill"]["text"] == "skip"
    text = cli("dry-run", "playbooks/party.yaml", *NOW).ok().out
    assert "Instead of other playbooks party" in text
    assert "06-02 – 06-03" in text
    summary = cli("dry-run", "playbooks/party.yaml", *NOW, "--json").json()["summary"]
    assert summary["sends"] == 1, "what is replaced is sent by the other campaign"


def test_a_campaign_that_runs_is_counted(cli: Cli, shop: Path) -> None:
    cli("start", "playbooks/week.yaml", *NOW, "--yes").ok()
    found = {item["id"]: item["after"] for item in items(cli, "party") if item["section"] == "during"}
    assert found["tea-week/rules"] == "06-02 – 06-03, running, 2 times"
    without = {i["id"]: i["after"] for i in items(cli, "party", "--no-history") if i["section"] == "during"}
    assert without["tea-week/rules"] == "06-02 – 06-03"


def test_the_other_dry_run_shows_what_a_running_festival_makes_of_it(cli: Cli, shop: Path) -> None:
    before = items(cli, "week", "--until", "2026-06-05")
    assert not any(item["reason"] for item in before)
    cli("start", "playbooks/party.yaml", *NOW, "--yes").ok()
    database = (shop / "sopengine.db").read_bytes()
    found = items(cli, "week", "--until", "2026-06-05", "--each")
    assert (shop / "sopengine.db").read_bytes() == database, "a dry run writes nothing"
    said = {(i["id"], i["target"], i["at"][5:10]): (i["text"], i["state"], i["reason"]) for i in found if "at" in i}
    instead = "festival, party, says party instead (1 targets)"
    assert said["rules", "east", "06-02"] == ("节日第1天，East，09:00", "planned", instead)
    assert said["rules", "west", "06-02"] == ("茶规矩，West", "planned", None)
    assert said["rules", "east", "06-04"] == ("茶规矩，East", "planned", None)
    assert said["seckill", "east", "06-03"][1:] == ("skipped", "festival, party, skips it (1 targets)")
    folded = {(i["id"], i["at"][5:10]): i["reason"] for i in items(cli, "week", "--until", "2026-06-05") if "at" in i}
    assert folded["rules", "06-02"] == instead
    assert folded["seckill", "06-02"] == "festival, party, skips it (1 targets)"
    assert "festival 的 party 跳过它" in cli("--lang", "zh", "dry-run", "playbooks/week.yaml", *NOW).ok().out
    assert items(cli, "week", "--until", "2026-06-05", "--no-history") == before


@pytest.mark.parametrize(
    ("old", "new", "col", "code", "says"),
    [
        ("tea-week/rules", "tea-wek/rules", 14, "SOP-R323", "did you mean tea-week?"),
        ("tea-week/rules", "tea-week/ruless", 23, "SOP-R324", "did you mean rules?"),
        ("tea-week/look: skip", "tea-week/look: party", 70, "SOP-R324", "sends no message"),
        ("rules: party", "rules: partey", 30, "SOP-R301", "did you mean `party`?"),
        ("tea-week/rules", "festival/one", 14, "SOP-S207", "speaks of other playbooks"),
        ("tea-week/rules", "rules", 14, "SOP-S205", "`rules` cannot be a name"),
    ],
)
def test_mistakes_are_found_where_they_stand(
    cli: Cli, shop: Path, old: str, new: str, col: int, code: str, says: str
) -> None:
    (shop / "playbooks/party.yaml").write_text(FESTIVAL.replace(old, new, 1), "utf-8")
    found = cli("check", "playbooks/party.yaml", "--now", "2026-05-01T09:00", "--json").json()["diagnostics"]
    assert [(d["line"], d["col"], d["code"]) for d in found if d["code"] != "SOP-R307"] == [(15, col, code)]
    assert says in found[0]["message"]
    if code != "SOP-R323":
        assert cli("start", "playbooks/party.yaml", *NOW, "--yes").code == 1


def test_a_message_that_is_only_said_elsewhere_is_used(cli: Cli, shop: Path) -> None:
    assert cli("check", "playbooks/party.yaml", "--now", "2026-05-01T09:00", "--json").json()["diagnostics"] == []


@pytest.mark.parametrize(("via", "codes"), [("robot", ["SOP-D613"]), ("manual", [])])
def test_a_picture_does_not_go_where_the_other_playbook_speaks_through_a_robot(
    cli: Cli, shop: Path, via: str, codes: list[str]
) -> None:
    (shop / "sopengine.toml").write_text(
        (shop / "sopengine.toml").read_text("utf-8")
        + '\n[channels.bare]\nkind = "wecom-robot"\nsecret = "X"\nredirect = "file"\n',
        "utf-8",
    )
    bare = "bare" if via == "robot" else via
    week = WEEK.replace("send: rules", f"via: {bare}, send: rules")
    assert week != WEEK
    (shop / "playbooks/week.yaml").write_text(week, "utf-8")
    (shop / "playbooks/card.gif").write_bytes(b"GIF89a")
    book = FESTIVAL.replace("messages:\n", "messages:\n  card: {text: 看图, image: card.gif}\n").replace(
        "tea-week/rules: party", "tea-week/rules: card"
    )
    (shop / "playbooks/party.yaml").write_text(book, "utf-8")
    for command in ("check", "dry-run"):
        found = cli(command, "playbooks/party.yaml", *NOW, "--json").json()["diagnostics"]
        assert [d["code"] for d in found if d["code"] != "SOP-R307"] == codes, found

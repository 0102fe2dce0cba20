"""Campaign files: checked, looked at and started like playbooks; findings stand in the file in which the mistake is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sopengine.engine.bundle import unpack
from sopengine.store.store import open_store
from tests.acceptance.conftest import Cli

GOOD = """\
campaign: 2026-summer
playbook: ../playbooks/summer-festival.yaml
inputs:
  opening: 2026-06-18
  brand: 山野茶铺
  threshold: 39.90
audiences:
  groups: ../data/lake.csv
"""
NOW = ("--now", "2026-06-01T09:00")


@pytest.fixture
def summer(workspace: Path) -> Path:
    (workspace / "campaigns").mkdir(exist_ok=True)
    groups = (workspace / "data/groups.csv").read_text("utf-8").splitlines()
    (workspace / "data/lake.csv").write_text("\n".join(groups[:3]) + "\n", "utf-8")
    file = workspace / "campaigns/2026-summer.yaml"
    file.write_text(GOOD, "utf-8")
    return file


def found(cli: Cli, *paths: str) -> list[Any]:
    diagnostics = cli("check", *paths, *NOW, "--json").json()["diagnostics"]
    return [(d["file"], d["line"], d["col"], d["code"], d["message"]) for d in diagnostics]


def test_it_is_checked_with_its_playbook(cli: Cli, summer: Path) -> None:
    assert found(cli, "campaigns") == []
    book = Path("playbooks/summer-festival.yaml")
    book.write_text(book.read_text("utf-8").replace("playbook: summer-festival", "playbook: 夏天"), "utf-8")
    assert [(file, line) for file, line, *_ in found(cli, "campaigns/2026-summer.yaml")] == [(book.as_posix(), 5)]
    assert len(found(cli, "campaigns", "playbooks/summer-festival.yaml")) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "message"),
    [
        ("  opening:", "  openning:", 4, "SOP-R309", "There is no input openning; did you mean opening?"),
        ("2026-06-18", "下周四", 4, "SOP-R311", "Input opening is `下周四`"),
        ("39.90", "39.905", 6, "SOP-R311", "money has two decimal places"),
        ("  opening: 2026-06-18\n", "", 3, "SOP-R310", "Input opening has no value"),
        ("opening: 2026-06-18", "opening:", 4, "SOP-S202", "Nothing is written after `opening`"),
        ("inputs:", "inptus:", 3, "SOP-S204", "no key `inptus` in the campaign file; did you mean `inputs`?"),
        ("campaign:", "campain:", 1, "SOP-S204", "no key `campain` in the campaign file"),
        ("summer-festival.yaml", "sumer-festival.yaml", 2, "SOP-R308", "did you mean ../playbooks/summer-festival"),
        ("../playbooks/summer-festival.yaml", "2026-summer.yaml", 2, "SOP-S207", "is a campaign file, not a playbook"),
        ("  groups:", "  grups:", 8, "SOP-R320", "The playbook has no source grups; did you mean groups?"),
        ("  groups:", "  member-groups:", 8, "SOP-R320", "member-groups is an audience; its source groups"),
        ("lake.csv", "sea.csv", 8, "SOP-R308", "There is no file data/sea.csv"),
        ("2026-summer\n", "2026 summer\n", 1, "SOP-S205", "`2026 summer` cannot be a name"),
    ],
)
def test_one_mistake_is_one_finding_in_its_own_line(
    cli: Cli, summer: Path, old: str, new: str, line: int, code: str, message: str
) -> None:
    summer.write_text(GOOD.replace(old, new, 1), "utf-8")
    ((file, where, _, given, said),) = found(cli, str(summer.relative_to(Path.cwd())))
    assert (file, where, given) == ("campaigns/2026-summer.yaml", line, code)
    assert message in said


def test_what_can_be_mended_is_mended(cli: Cli, summer: Path) -> None:
    text = GOOD.replace("opening:", "openning:").replace("  groups:", "  member-groups:")
    summer.write_text(text, "utf-8")
    cli("check", "campaigns", "--fix").ok()
    assert summer.read_text("utf-8") == GOOD


def test_a_dry_run_shows_what_the_file_says_and_flags_outrank_it(cli: Cli, summer: Path) -> None:
    shown = cli("dry-run", "campaigns/2026-summer.yaml", *NOW, "--json").ok().json()
    assert shown["campaign"]["id"] == "2026-summer"
    assert shown["campaign"]["inputs"]["opening"] == "2026-06-18"
    assert shown["campaign"]["inputs"]["brand"] == "山野茶铺"
    sizes = {audience["name"]: audience["size"] for audience in shown["audiences"]}
    other = cli(
        "dry-run", "campaigns", "--set", "opening=2026-07-18", "--audience", "groups=data/groups.csv", *NOW, "--json"
    ).ok()
    assert other.json()["campaign"]["inputs"]["opening"] == "2026-07-18"
    assert {a["name"]: a["size"] for a in other.json()["audiences"]}["member-groups"] > sizes["member-groups"]
    text = cli("dry-run", "campaigns/2026-summer.yaml", *NOW).ok().out
    assert "2026-summer · summer-festival" in text
    assert "sopengine start campaigns/2026-summer.yaml" in text


def test_it_starts_under_its_own_name_and_runs_without_its_files(cli: Cli, summer: Path) -> None:
    started = cli("start", "campaigns/2026-summer.yaml", *NOW, "--json").ok().json()
    assert started["campaign"] == "2026-summer"
    with open_store(f"sqlite:///{Path.cwd() / 'sopengine.db'}") as store:
        bundle = unpack(store.bundle(started["bundle"]))
    assert bundle.inputs == {"opening": "2026-06-18", "brand": "山野茶铺", "threshold": "39.90"}
    assert len(bundle.sources["groups"]) == 2
    assert list(bundle.given) == ["groups"]
    for file in (summer, Path("playbooks/summer-festival.yaml"), Path("data/lake.csv")):
        file.unlink()
    cli("run", *NOW).ok()
    log = cli("log", "--json").ok().json()["transitions"]
    assert {entry["campaign"] for entry in log} == {"2026-summer"}
    assert any(entry["to"] == "sent" for entry in log)


def test_the_same_campaign_again_gets_a_name_of_its_own(cli: Cli, summer: Path) -> None:
    assert cli("start", "campaigns", "--key", "b", *NOW, "--json").ok().json()["campaign"] == "2026-summer-b"


def test_findings_of_a_refused_start_point_into_the_campaign_file(cli: Cli, summer: Path) -> None:
    summer.write_text(GOOD.replace("39.90", "viel"), "utf-8")
    for command in ("start", "dry-run"):
        done = cli(command, "campaigns/2026-summer.yaml", *NOW)
        assert done.code == 1
        assert "campaigns/2026-summer.yaml:6:14" in done.err
        assert "threshold: viel" in done.err


def test_a_folder_is_taken_when_it_leaves_no_choice(cli: Cli, summer: Path) -> None:
    done = cli("dry-run", "playbooks", *NOW)
    assert done.code == 2
    assert "playbooks/tea-week.yaml" in done.err
    (summer.parent / "second.yaml").write_text(GOOD.replace("2026-summer", "second"), "utf-8")
    done = cli("start", ".", *NOW)
    assert done.code == 2
    assert "campaigns/second.yaml" in done.err
    assert "playbooks/tea-week.yaml" not in done.err


def test_a_list_that_nothing_reads_is_refused(cli: Cli, summer: Path) -> None:
    done = cli("dry-run", "campaigns", "--audience", "grups=data/lake.csv", *NOW)
    assert done.code == 2
    assert "did you mean groups" in done.err


def test_typed_values_of_yaml_reach_the_campaign_as_written(cli: Cli, workspace: Path) -> None:
    Path("typed.yaml").write_text(
        "playbook: typed\ntimezone: Asia/Shanghai\ninputs:\n"
        "  name: {type: text}\n  words: {type: list}\n  loud: {type: bool}\n  share: {type: number}\n"
        "audiences: {all: {source: groups, sample: {name: A}}}\n"
        "weekly:\n  to: all\n  steps:\n"
        "    - {id: one, on: daily, at: 09:00, send: {text: \"{{ input.name }} {{ input.words | join('+') }} "
        '{% if not input.loud %}off{% endif %} {{ input.share }}"}}\n',
        "utf-8",
    )
    Path("it.yaml").write_text(
        "campaign: it\nplaybook: typed.yaml\ninputs:\n  name: true\n"
        '  words: ["a, b", 3]\n  loud: false\n  share: 0.50\n',
        "utf-8",
    )
    shown = cli("dry-run", "it.yaml", *NOW, "--json").ok().json()
    assert shown["items"][0]["text"] == "true a, b+3 off 0.5"

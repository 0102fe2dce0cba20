"""Texts from a table: the dry run and the engine say the same row, and a slot without its row never starts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.acceptance.conftest import Cli
from tests.support.house import House
from tests.support.workbooks import workbook

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
BOOK = """\
playbook: month
timezone: Asia/Shanghai
inputs: {opening: {type: date, default: 2026-06-01}}
audiences:
  groups: {source: groups}
messages:
  beat: {table: content/month.xlsx, where: {day: campaign.day, beat: step.id}}
phases:
  all:
    from: opening
    until: opening + 3d
    steps:
      - {id: morning, on: daily, at: 08:00, to: groups, send: beat}
      - {id: evening, on: day 2, at: 20:00, to: groups, send: beat}
"""
ROWS: list[list[Any]] = [
    ["day", "beat", "文案", "格式"],
    [1, "morning", "头一天，{{ target.name }}早。", None],
    [2, "morning", "第二天早。", None],
    [2, "evening", "**第二天**晚，记得{{ input.opening | date('M月D日') }}。", "markdown"],
    [3, "morning", "第三天早。", None],
]
NOW = "2026-05-31T12:00"


def place(root: Path, rows: list[list[Any]], book: str = BOOK) -> None:
    (root / "playbooks/content").mkdir(exist_ok=True)
    (root / "playbooks/content/month.xlsx").write_bytes(workbook(*rows))
    (root / "playbooks/month.yaml").write_text(book, "utf-8")


def expected(name: str) -> set[tuple[str, datetime, str]]:
    """What each group gets, worked out from the rows by hand."""
    texts = {(r[0], r[1]): r[2].replace("{{ target.name }}", name) for r in ROWS[1:]}
    texts = {key: text.replace("{{ input.opening | date('M月D日') }}", "6月1日") for key, text in texts.items()}
    clocks = {"morning": 0, "evening": 12}  # hours after 08:00 in Shanghai, which is midnight in UTC
    return {
        (beat, datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=clocks[beat]), text)
        for (day, beat), text in texts.items()
    }


def test_dry_run_and_engine_say_the_row_of_the_slot(cli: Cli, workspace: Path) -> None:
    place(workspace, ROWS)
    assert cli("check", "playbooks/month.yaml").ok().out.startswith("Checked 1 file: errors 0  warnings 0")
    lines = cli("dry-run", "playbooks/month.yaml", "--now", NOW, "--each", "--jsonl").ok().out.splitlines()
    items = [json.loads(line) for line in lines]
    shown = {(i["id"], datetime.fromisoformat(i["at"]), i["text"]) for i in items if i["target"] == "g-donghu-1"}
    assert shown == expected("东湖店会员一群")

    cli("start", "playbooks/month.yaml", "--now", NOW, "--yes").ok()
    (workspace / "playbooks/content/month.xlsx").unlink()  # the campaign keeps its own copy
    cli("run", "--now", NOW).ok()
    log = [json.loads(line) for line in cli("log", "--jsonl").ok().out.splitlines()]
    at = {e["key"]: datetime.fromisoformat(e["at"]) for e in log if e["to"] == "sent"}
    sent = [json.loads(line) for line in (workspace / "outbox.jsonl").read_text("utf-8").splitlines()]
    assert {(m["step"], at[m["key"]], m["text"]) for m in sent if m["target"] == "g-donghu-1"} == shown
    assert {m["format"] for m in sent if m["step"] == "evening"} == {"markdown"}
    assert len(sent) == 4 * 12


def test_a_slot_without_a_row_is_named_and_never_started(cli: Cli, workspace: Path) -> None:
    place(workspace, [*ROWS[:2], *ROWS[3:]])
    done = cli("dry-run", "playbooks/month.yaml", "--now", NOW, "--json")
    assert done.code == 1
    (found,) = [d for d in done.json()["diagnostics"] if d["code"] == "SOP-D610"]
    what = "playbooks/content/month.xlsx has no row of day = 2, beat = morning"
    told = f"step morning at 2026-06-02 08:00 for g-donghu-1: {what}"
    assert found["message"] == told
    assert found["line"] == 7
    states = {(i["id"], i["at"][:10]): i["state"] for i in done.json()["items"]}
    assert states["morning", "2026-06-02"] == "unrendered"
    assert states["morning", "2026-06-01"] == "planned"

    refused = cli("start", "playbooks/month.yaml", "--now", NOW, "--yes")
    assert refused.code == 1
    assert told in refused.err
    assert cli("status", "--json").json()["campaigns"] == []


def test_a_slot_with_two_rows_names_both(cli: Cli, workspace: Path) -> None:
    place(workspace, [*ROWS, ["02", "morning", "又一个早。", None]])
    done = cli("dry-run", "playbooks/month.yaml", "--now", NOW, "--json")
    assert done.code == 1
    (found,) = [d for d in done.json()["diagnostics"] if d["code"] == "SOP-D611"]
    assert "more than one row of day = 2, beat = morning (rows 3, 6)" in found["message"]
    assert (found["file"], found["line"]) == ("playbooks/content/month.xlsx", 6)


def test_a_row_that_no_slot_uses_is_a_warning(cli: Cli, workspace: Path) -> None:
    place(workspace, [*ROWS, [4, "morning", "多出来的一天。", None]])
    done = cli("dry-run", "playbooks/month.yaml", "--now", NOW, "--json").ok()
    (found,) = [d for d in done.json()["diagnostics"] if d["code"] == "SOP-D612"]
    assert found["message"] == "cell A6 (“day”): no slot uses the row of day = 4, beat = morning"
    part = cli("dry-run", "playbooks/month.yaml", "--now", NOW, "--until", "2026-06-02", "--json").ok()
    assert [d for d in part.json()["diagnostics"] if d["code"] == "SOP-D612"] == []


def test_findings_in_a_workbook_show_its_row(cli: Cli, workspace: Path) -> None:
    place(workspace, [*ROWS[:4], [3, "morning", "第三天{{ target.nmae }}。", None]])
    done = cli("check", "playbooks/month.yaml")
    assert done.code == 1
    assert "cell C5 (“文案”): There is no `target.nmae`; did you mean `target.name`?" in done.out
    assert "--> playbooks/content/month.xlsx:5:" in done.out
    assert "   5 | 3 | morning | 第三天{{ target.nmae }}。" in done.out


def test_a_row_gone_from_live_data_fails_its_delivery_alone(tmp_path: Path) -> None:
    """A group whose column no row knows: known beforehand for the groups of today, not for those of tomorrow."""
    book = BOOK.replace("{day: campaign.day, beat: step.id}", "{who: target.name}").replace("month.xlsx", "who.csv")
    book = book.replace("{source: groups}", "{source: groups, sample: {name: East}}").split("phases:")[0]
    book += "weekly: {to: groups, steps: [{id: daily, on: daily, at: 10:00, send: beat}]}\n"
    (tmp_path / "content").mkdir()
    (tmp_path / "content/who.csv").write_text("who,text\nEast,to the east\nWest,to the west\n", "utf-8")
    house = House(tmp_path, book)
    house.start("2026-06-01T09:00")
    (tmp_path / "groups.csv").write_text("id,name\neast,East\nnorth,North\n", "utf-8")
    house.tick("2026-06-01T10:00")
    assert [(m["target"], m["text"]) for m in house.outbox()] == [("east", "to the east")]
    failed = [t for t in house.log() if t.after == "failed"]
    assert [(t.target, t.reason) for t in failed] == [("north", "content/who.csv has no row of who = North")]


IMAGE_BOOK = """\
playbook: picture
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: East}}}
messages:
  coupon: {text: 券来了, image: assets/coupon.png}
weekly: {to: groups, steps: [{id: coupon, on: daily, at: 10:00, send: coupon%s}]}
"""


def picture_house(root: Path, via: str = "", toml: str = "") -> House:
    (root / "assets").mkdir(parents=True)
    (root / "assets/coupon.png").write_bytes(PNG)
    house = House(root, IMAGE_BOOK % via)
    (root / "sopengine.toml").write_text((root / "sopengine.toml").read_text("utf-8") + toml, "utf-8")
    return house


def test_the_image_travels_with_the_campaign(tmp_path: Path) -> None:
    house = picture_house(tmp_path)
    house.start("2026-06-01T09:00")
    (tmp_path / "assets/coupon.png").unlink()
    house.tick("2026-06-01T10:00")
    assert {m["image"] for m in house.outbox()} == {"assets/coupon.png"}


def test_a_person_is_told_of_the_image(tmp_path: Path) -> None:
    house = picture_house(tmp_path, ", via: hand", '\n[channels.hand]\nkind = "manual"\n')
    house.start("2026-06-01T09:00")
    house.tick("2026-06-01T10:00")
    assert {task.title for task in house.store.tasks()} == {"券来了\n[assets/coupon.png]"}


def test_a_channel_without_images_is_told_beforehand(cli: Cli, workspace: Path) -> None:
    (workspace / "playbooks/assets").mkdir()
    (workspace / "playbooks/assets/coupon.png").write_bytes(PNG)
    (workspace / "playbooks/picture.yaml").write_text(IMAGE_BOOK % ", via: robot", "utf-8")
    done = cli("dry-run", "playbooks/picture.yaml", "--now", NOW, "--json")
    assert done.code == 1
    assert "channel robot cannot carry the image assets/coupon.png" in {
        d["message"] for d in done.json()["diagnostics"]
    }
    refused = cli("start", "playbooks/picture.yaml", "--now", NOW, "--yes")
    assert "these channels carry no images, nothing was started: robot (coupon)" in refused.err


MODULE = """\
module: care
inputs: {name: {type: text}}
audiences: {crowd: 收消息的群}
messages:
  gift: {text: 给你的, image: gift.png}
  day: {table: days.csv, where: {day: slot.day}}
steps:
  - {id: gift, on: day 1, at: 10:00, to: crowd, send: gift}
  - {id: day, on: day 1..2, at: 11:00, to: crowd, send: day}
"""
BOOK_WITH_MODULE = """\
playbook: book
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: East}}}
phases:
  all:
    from: 2026-06-02
    until: 2026-06-04
    steps:
      - {id: care, use: ../shared/care.yaml, with: {name: 山野, crowd: groups}}
"""


def test_what_a_module_names_lies_beside_the_module(cli: Cli, workspace: Path) -> None:
    shared = workspace / "shared"
    shared.mkdir()
    (shared / "care.yaml").write_text(MODULE, "utf-8")
    (shared / "days.csv").write_text("day,text\n1,{{ input.name }}一\n2,{{ input.name }}二\n", "utf-8")
    (shared / "gift.png").write_bytes(PNG)
    (workspace / "playbooks/book.yaml").write_text(BOOK_WITH_MODULE, "utf-8")
    cli("start", "playbooks/book.yaml", "--now", NOW, "--yes").ok()
    for file in ("days.csv", "gift.png"):
        (shared / file).unlink()
    cli("run", "--now", NOW).ok()
    sent = [json.loads(line) for line in (workspace / "outbox.jsonl").read_text("utf-8").splitlines()]
    mine = [(m["step"], m["text"], m.get("image", "")) for m in sent if m["target"] == "g-donghu-1"]
    assert mine == [
        ("care.gift", "给你的", "../shared/gift.png"),
        ("care.day", "山野一", ""),
        ("care.day", "山野二", ""),
    ]

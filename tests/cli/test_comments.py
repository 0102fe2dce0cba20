"""`comments import`: each comment at its step, kept beside the playbook, shown by the next dry run."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from sopengine.cli.main import run
from tests.cli.test_dry_run import PLAYBOOK

BASE = ["small.yaml", "--set", "opening=2026-06-18"]
NOW = ["--now", "2026-06-01T09:00"]
KEPT = Path("small.comments.jsonl")
HEAD = "campaign_hash,step,slot,decision,comment,author"
FIRST, SECOND = "2026-06-18T10:00:00-04:00", "2026-06-19T10:00:00-04:00"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOPENGINE_LANG", "zh")
    (tmp_path / "small.yaml").write_text(PLAYBOOK, encoding="utf-8")
    return tmp_path


def current() -> str:
    """The hash of the campaign as its dry run shows it."""
    assert run(["dry-run", *BASE, *NOW, "--xlsx", "hash.xlsx"]) == 0
    return str(openpyxl.load_workbook("hash.xlsx").worksheets[0]["N2"].value)


def written(*lines: str, name: str = "comments.csv") -> str:
    Path(name).write_text("\n".join([HEAD, *lines, ""]), "utf-8")
    return name


def test_each_comment_stands_at_its_step(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = current()
    written(
        f"{now},later,2026-06-20T20:30:00-04:00,驳回,太晚了,林岚",
        f'{now},hello,{SECOND},需改,"第二天换一句\n别重复",林岚',
        f"{now},hello,{FIRST},通过,,林岚",
        f"0123456789abcdef,hello,{FIRST},,早点发,",
        f"{now},gone,{FIRST},需改,换掉,林岚",
    )
    capsys.readouterr()
    assert run(["comments", "import", *BASE, "comments.csv"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "small.yaml:16:9  需改  hello  2026-06-19 10:00  林岚",
        "    第二天换一句",
        "    别重复",
        "small.yaml:16:9  意见  hello  2026-06-18 10:00",
        "    早点发",
        "    说的是另一版，之后改过",
        "small.yaml:21:9  驳回  later  2026-06-20 20:30  林岚",
        "    太晚了",
        "comments.csv: 第 7 行  需改  gone  2026-06-18 10:00  林岚",
        "    换掉",
        "    剧本里没有这个步骤",
        "",
        "意见 5 条：通过 1、需改 2、驳回 1、只有意见 1、找不到步骤 1",
        "新的 5 条，记在 small.comments.jsonl",
    ]
    kept = [json.loads(line) for line in KEPT.read_text("utf-8").splitlines()]
    assert [(one["step"], one["decision"], one["comment"]) for one in kept] == [
        ("hello", "change", "第二天换一句\n别重复"),
        ("hello", "approve", ""),
        ("hello", "", "早点发"),
        ("later", "reject", "太晚了"),
        ("gone", "change", "换掉"),
    ]


def test_a_comment_is_kept_once_however_often_it_comes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = current()
    first = written(f"{now},hello,{FIRST},通过,,林岚", f"{now},hello,{FIRST},通过,,林岚")
    second = written(f"{now},hello,{FIRST},通过,,林岚", f"{now},hello,{FIRST},通过,,周敏", name="b.csv")
    assert run(["comments", "import", *BASE, first]) == 0
    before = KEPT.read_bytes()
    assert run(["comments", "import", *BASE, first]) == 0
    assert KEPT.read_bytes() == before
    assert run(["comments", "import", *BASE, first, second]) == 0
    assert KEPT.read_bytes().count(b"\n") == 2
    assert KEPT.read_bytes().startswith(before)
    assert "意见 2 条：通过 2\n新的 1 条" in capsys.readouterr().out


def test_the_next_dry_run_shows_them_beside_the_step(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = current()
    written(
        f"{now},hello,{SECOND},需改,换一句 <b>,林岚",
        f"{now},later,2026-01-01T09:00:00-05:00,,挪一天,",  # a time that is not planned
    )
    run(["comments", "import", *BASE, "comments.csv"])
    capsys.readouterr()
    assert run(["dry-run", *BASE, *NOW]) == 0
    assert "→ 林岚：需改 换一句 <b>\n" in capsys.readouterr().out
    Path("small.yaml").write_text(PLAYBOOK.replace("明天见", "后天见"), "utf-8")
    assert run(["dry-run", *BASE, *NOW, "--html", "plan.html", "--xlsx", "plan.xlsx"]) == 0
    assert "林岚：需改 换一句 &lt;b&gt;（之后改过）" in Path("plan.html").read_text("utf-8")
    remarks = [cell.value for cell in openpyxl.load_workbook("plan.xlsx").worksheets[0]["K"]]
    assert remarks[1:] == [None, "林岚：需改 换一句 <b>（之后改过）", "意见 挪一天（之后改过）"]


def test_other_inputs_are_another_campaign_and_missing_ones_say_nothing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(f"{current()},hello,{FIRST},通过,,林岚")

    def told(*inputs: str) -> object:
        capsys.readouterr()
        assert run(["comments", "import", "small.yaml", *inputs, "comments.csv", "--json"]) == 0
        shown = capsys.readouterr()
        (comment,) = json.loads(shown.out)["comments"]
        assert ("预演时的 --set" in shown.err) == (comment["current"] is None)
        return comment["current"]

    assert told("--set", "opening=2026-06-18") is True
    assert told("--set", "opening=2026-06-19") is False
    assert told() is None


def test_rows_that_cannot_be_taken_are_listed_and_the_rest_is_kept(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(f"{current()},hello,{FIRST},通过,,林岚", ",,,,总体\x1b[2J不错,", f"x,hello,{FIRST},OK,,")
    assert run(["comments", "import", *BASE, "comments.csv", "--lang", "en"]) == 1
    out = capsys.readouterr().out
    assert "comments.csv: line 3  not imported  it does not say which step\n    总体\\x1b[2J不错\n" in out
    assert "comments.csv: line 4  not imported  the decision is none of Approve, Change, Reject\n" in out
    assert "1 comment: approve 1, not imported 2\n" in out
    assert KEPT.read_bytes().count(b"\n") == 1


def test_one_file_that_cannot_be_read_imports_nothing_of_any(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = written(f"{current()},hello,{FIRST},通过,,林岚")
    Path("photo.csv").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    Path("members.csv").write_text("id,name\n1,a\n", "utf-8")
    for file, why in (("photo.csv", "编码"), ("members.csv", "campaign_hash"), ("nosuch.xlsx", "找不到文件")):
        assert run(["comments", "import", *BASE, good, file]) in (2, 3)
        shown = capsys.readouterr()
        assert why in shown.err
        assert not KEPT.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["comments.csv", "small.yaml"], 2, "先写剧本"),
        (["small.yaml"], 2, "缺少 FILE"),
        (["nosuch.yaml", "comments.csv"], 2, "找不到剧本"),
        (["broken.yaml", "comments.csv"], 1, "剧本读不出来"),
    ],
)
def test_what_cannot_be_meant(
    here: Path, words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written(f"{HEAD}")
    Path("broken.yaml").write_bytes("playbook: 坏".encode("gb18030"))
    assert run(["comments", "import", *words]) == code
    assert says in capsys.readouterr().err


def test_comments_are_found_while_the_playbook_has_mistakes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(f"{current()},hello,{FIRST},需改,换,林岚")
    Path("small.yaml").write_text(PLAYBOOK.replace("target.name", "target.nmae"), "utf-8")
    assert run(["comments", "import", *BASE, "comments.csv"]) == 1
    shown = capsys.readouterr()
    assert "small.yaml:16:9  需改  hello" in shown.out
    assert "sopengine check small.yaml" in shown.err


def test_a_line_that_was_edited_wrongly_is_told_with_its_number(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    KEPT.write_text('\n{"step": "hello"}\n', "utf-8")
    assert run(["dry-run", *BASE, *NOW]) == 3
    assert "small.comments.jsonl 第 2 行读不懂" in capsys.readouterr().err


def test_comments_of_a_campaign_file_are_kept_beside_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("camp.yaml").write_text("campaign: camp\nplaybook: small.yaml\ninputs: {opening: 2026-06-18}\n", "utf-8")
    written(f"0,hello,{FIRST},通过,好,林岚")
    assert run(["comments", "import", "camp.yaml", "comments.csv"]) == 0
    assert "small.yaml:16:9  通过  hello" in capsys.readouterr().out
    assert Path("camp.comments.jsonl").exists()
    assert run(["dry-run", "camp.yaml", *NOW]) == 0
    assert "林岚：通过 好" in capsys.readouterr().out


def test_a_comment_on_one_arm_of_a_step_comes_back_to_that_arm(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arms = """\
journeys:
  join:
    on_event: member.joined
    to: member
    steps:
      - id: greet
        after: 1h
        choose:
          - {if: member.tags.has('vip'), send: {text: 您好}}
        else: {send: {text: 大家好}}
"""
    Path("small.yaml").write_text(f"{PLAYBOOK}{arms}", "utf-8")
    assert run(["dry-run", *BASE, *NOW, "--xlsx", "plan.xlsx"]) == 0
    book = openpyxl.load_workbook("plan.xlsx")
    sheet = book.worksheets[0]
    assert [row[6].value for row in sheet.iter_rows(min_row=5)] == ["您好", "大家好"]
    sheet["I6"] = "亲切些"
    book.save("plan.xlsx")
    capsys.readouterr()
    assert run(["comments", "import", *BASE, "plan.xlsx"]) == 0
    assert capsys.readouterr().out.startswith("small.yaml:35:15  意见  greet")
    assert "大家好" in Path("small.yaml").read_text("utf-8").splitlines()[34]
    assert run(["dry-run", *BASE, *NOW]) == 0
    shown = capsys.readouterr().out
    assert shown.count("→ 意见 亲切些") == 1
    assert shown.index("大家好") < shown.index("→ 意见 亲切些")


def test_a_workbook_in_which_somebody_wrote_is_never_written_over(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["dry-run", *BASE, *NOW, "--xlsx", "plan.xlsx"]) == 0
    book = openpyxl.load_workbook("plan.xlsx")
    book.save("plan.xlsx")  # what a spreadsheet makes of it, with nothing written in it
    assert run(["dry-run", *BASE, "--now", "2026-06-02T09:00", "--xlsx", "plan.xlsx"]) == 0
    book.worksheets[0]["H2"] = "通过"
    book.save("plan.xlsx")
    assert run(["dry-run", *BASE, *NOW, "--xlsx", "plan.xlsx"]) == 2
    assert "plan.xlsx 里已经有 1 条审阅意见，没有覆盖" in capsys.readouterr().err

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import openpyxl
import pytest

from sopengine.cli.main import run
from sopengine.resources import resource

PLAYBOOK = """\
playbook: small
title: 小活动
timezone: America/New_York
inputs:
  opening: {type: date}
audiences:
  groups:
    source: groups
    sample: {name: 样例群}
phases:
  only:
    title: 唯一阶段
    from: opening
    until: opening + 4d
    steps:
      - id: hello
        on: [day 1, day 2]
        at: 10:00
        to: groups
        send: {text: "大家好，{{ target.name }}。"}
      - id: later
        on: day 3
        at: 20:30
        to: groups
        send: {text: 明天见。}
"""
BASE = ["dry-run", "small.yaml", "--set", "opening=2026-06-18", "--now", "2026-06-01T09:00", "--lang", "zh"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(PLAYBOOK, encoding="utf-8")
    (tmp_path / "groups.csv").write_text("id,name\ng1,东湖店\ng2,西湖店旗舰\n", encoding="utf-8")
    (tmp_path / "sopengine.toml").write_text('[sources.groups]\npath = "groups.csv"\n', encoding="utf-8")
    return tmp_path


def page(capsys: pytest.CaptureFixture[str], *more: str, code: int = 0) -> str:
    assert run([*BASE, *more]) == code
    return capsys.readouterr().out


def test_the_page_is_equal_for_equal_inputs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = page(capsys)
    assert "groups × 2" in first
    assert "现在  2026-06-01 09:00 · America/New_York" in first
    assert first.endswith("下一步  sopengine start small.yaml --set opening=2026-06-18 --now 2026-06-01T09:00\n")
    assert page(capsys) == first


def test_a_step_without_an_id_is_a_finding_beside_the_rest_of_the_plan(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "small.yaml").write_text(PLAYBOOK.replace("- id: hello", "- idd: hello"), encoding="utf-8")
    said = page(capsys, code=1)
    assert "是不是 `id`？" in said
    assert "later" in said


FLOWS = {
    "phases": "",
    "weekly": "weekly:\n    steps:\n",
    "journeys": "journeys:\n  paid:\n    on_event: order.paid\n    to: groups\n    steps:\n",
}
WRONG_TIMES = (
    "on: dya 1, at: 10:00",
    "on: [day 1, nope], at: 10:00",
    "on: day 1, at: 29:00",
    "on: day 1, att: 10:00",
    "on: day 1",
    "at: 10:00",
    "at: nope + 1h",
    "after: nope + 1h",
    "on: day 1, at: every 15m from 20:00 until nope",
    "on: day 1, at: 10:00, useful_until: nope",
)


@pytest.mark.parametrize("time", WRONG_TIMES)
@pytest.mark.parametrize("flow", FLOWS)
def test_a_step_whose_time_is_wrong_is_a_finding_beside_the_rest_of_the_plan(
    here: Path, capsys: pytest.CaptureFixture[str], flow: str, time: str
) -> None:
    to = "" if flow == "journeys" else "to: groups, "
    step = f"      - {{id: wrong, {time}, {to}send: {{text: 收到了。}}}}\n"
    (here / "small.yaml").write_text(PLAYBOOK + FLOWS[flow] + step, encoding="utf-8")
    document = json.loads(page(capsys, "--json", code=1))
    assert [item["id"] for item in document["items"]] == ["hello", "hello", "later"]
    line = (PLAYBOOK + FLOWS[flow]).count("\n") + 1
    assert {found["line"] for found in document["diagnostics"] if found["severity"] == "error"} == {line}


@pytest.mark.parametrize("bounds", ["from: nope", "from: 2026-06-31", "frm: opening", "from: opening + 9d"])
def test_so_are_the_steps_of_a_phase_with_wrong_days(
    here: Path, capsys: pytest.CaptureFixture[str], bounds: str
) -> None:
    phase = PLAYBOOK[PLAYBOOK.index("  only:") :].replace("hello", "first").replace("later", "second")
    other = phase.replace("only:", "other:").replace("from: opening", bounds)
    (here / "small.yaml").write_text(PLAYBOOK + other, encoding="utf-8")
    assert [item["id"] for item in json.loads(page(capsys, "--json", code=1))["items"]] == ["hello", "hello", "later"]


@pytest.mark.parametrize("wrong", ["calendar: XX", "runs: {from: nope, until: opening}", "runs: {until: opening}"])
def test_where_no_day_is_known_there_is_no_plan(here: Path, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    (here / "small.yaml").write_text(f"{wrong}\n{PLAYBOOK}", encoding="utf-8")
    assert run(BASE) == 1
    assert "排不出日程" in capsys.readouterr().err


def test_json_is_one_document_of_its_schema(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(page(capsys, "--json"))
    schema = json.loads((resource("schemas") / "dry-run.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft7Validator)
    assert document["as_of"] == "2026-06-01T09:00:00-04:00"
    assert [(i["id"], i["at"], i["targets"]) for i in document["items"]] == [
        ("hello", "2026-06-18T10:00:00-04:00", 2),
        ("hello", "2026-06-19T10:00:00-04:00", 2),
        ("later", "2026-06-20T20:30:00-04:00", 2),
    ]
    assert document["items"][0]["bytes"] == len("大家好，西湖店旗舰。".encode())
    assert [i["texts"] for i in document["items"]] == [2, 2, 1]


def test_parts_of_the_plan(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def listed(*more: str) -> list[str]:
        return [item["at"][:10] for item in json.loads(page(capsys, "--json", *more))["items"]]

    assert listed("--show", "hello") == ["2026-06-18", "2026-06-19"]
    assert listed("--day", "2026-06-20") == ["2026-06-20"]
    assert listed("--phase", "only", "--show", "later") == ["2026-06-20"]
    assert listed("--from", "2026-06-19", "--until", "2026-06-20") == ["2026-06-19"]
    assert len(listed("--each")) == 6
    assert "│ 大家好，西湖店旗舰。" in page(capsys, "--as", "g2", "--show", "hello")


def test_jsonl_is_one_item_a_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [json.loads(line) for line in page(capsys, "--each", "--jsonl").splitlines()]
    assert [(item["id"], item["target"], item["text"]) for item in items[:2]] == [
        ("hello", "g1", "大家好，东湖店。"),
        ("hello", "g2", "大家好，西湖店旗舰。"),
    ]
    assert len(items) == 6


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--show", "helo"], "是不是 hello？"),
        (["--phase", "onyl"], "是不是 only？"),
        (["--as", "g9"], "没有对象 g9"),
        (["--day", "June"], "读不懂"),
        (["--from", "2026-06-20", "--until", "2026-06-19"], "--from 要早于 --until"),
        (["--set", "opening=2026-06-19"], "写了两次"),
        (["--audience", "groups=nope.csv"], "找不到文件 nope.csv"),
        (["--workspace", "nowhere"], "没有工作区"),
    ],
)
def test_what_cannot_be_meant(here: Path, more: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*BASE, *more]) == 2
    assert says in capsys.readouterr().err


def test_a_missing_input_is_refused_with_the_way_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dry-run", "small.yaml", "--lang", "zh"]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert "--set opening=2026-06-18" in err


def test_without_a_workspace_the_sample_stands_in(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "sopengine.toml").unlink()
    shown = page(capsys, "--all")
    assert "groups × 1（样例）" in shown
    assert "│ 大家好，样例群。" in shown
    assert "SOP-D603" in shown


def test_a_template_that_fails_exits_1_and_names_the_next_step(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = PLAYBOOK.replace("明天见。", '"{{ 1 / (target.name | length - 3) }}"')
    (here / "small.yaml").write_text(text, encoding="utf-8")
    shown = page(capsys, code=1)
    assert "无法生成" in shown
    assert shown.endswith("下一步  sopengine check small.yaml\n")


def test_nothing_is_written_and_nobody_is_called(here: Path) -> None:
    """An audit hook sees every file opened for writing and every connection of this process."""
    code = f"""
import os, sys
seen = []
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "os.mkdir", "os.rename", "os.remove", "sqlite3.connect"):
        seen.append((event, args))
    writes = event == "open" and (args[2] & 3 or args[1] in ("w", "a", "x"))
    if writes and isinstance(args[0], str) and args[0] != os.devnull:
        seen.append((event, args))
sys.dont_write_bytecode = True
sys.addaudithook(hook)
from sopengine.cli.main import run
code = run({BASE!r})
sys.exit(str(seen) if seen else code)
"""
    before = sorted(path.name for path in here.iterdir())
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=here)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in here.iterdir()) == before


def test_html_is_one_file_of_equal_bytes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = page(capsys, "--html", "plan.html")
    first = Path("plan.html").read_bytes()
    assert said.startswith("写好了 plan.html（")
    assert "6 条消息" in said
    assert "大家好，东湖店。" in first.decode()
    page(capsys, "--html", "plan.html")
    assert Path("plan.html").read_bytes() == first
    assert sorted(path.name for path in Path().iterdir()) == ["groups.csv", "plan.html", "small.yaml", "sopengine.toml"]


def test_html_shows_a_message_as_its_platform_does(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "{text: '**大家**好 <b>', format: markdown, mention: all}"
    Path("small.yaml").write_text(PLAYBOOK.replace("{text: 明天见。}", text), "utf-8")
    page(capsys, "--html", "plan.html")
    shown = Path("plan.html").read_text("utf-8")
    assert "<strong>大家</strong>好 &lt;b&gt;" in shown
    assert "<bdi>@所有人</bdi>" in shown
    item = json.loads(page(capsys, "--json", "--show", "later"))["items"][0]
    assert (item["format"], item["mention"], item["image"]) == ("markdown", ["all"], None)


def test_html_leads_from_a_finding_to_its_messages_and_back(here: Path) -> None:
    late = [*BASE[:-4], "--now", "2026-06-18T22:30", "--lang", "zh", "--html", "plan.html"]
    assert run(late) == 0
    shown = Path("plan.html").read_text("utf-8")
    (finding,) = re.findall(r'<li class="warning" id="(f\d+)">.*?步骤 hello 的时间', shown)
    assert f'<a href="#{finding}" class="chip">▲ SOP-W501' in shown
    assert '<a href="#e1">→ 6月18日 周四 10:00 hello</a>' in shown
    assert '<a href="#e2">→' not in shown


def test_html_shows_a_list_s_names_to_the_letter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("groups.csv").write_text("id,name\ng1,</div><script>alert(1)</script>\n", "utf-8")
    page(capsys, "--html", "plan.html")
    shown = Path("plan.html").read_text("utf-8")
    assert "大家好，&lt;/div&gt;&lt;script&gt;alert(1)&lt;/script&gt;。" in shown
    assert shown.count("<script>") == 1


def test_html_leaves_other_results_as_they_are(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*BASE, "--json", "--html", "plan.html"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["summary"]["sends"] == 6
    assert "plan.html" in captured.err
    page(capsys, "--html", "plan.html", "--show", "later")
    assert "大家好" not in Path("plan.html").read_text("utf-8")


@pytest.mark.parametrize("path", ["small.yaml", "groups.csv", "."])
def test_html_is_never_written_over_what_is_somebodys_own(
    here: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    before = {file: file.read_bytes() for file in Path().iterdir()}
    assert run([*BASE, "--html", path]) == 2
    assert "换一个文件名" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in Path().iterdir()} == before


def test_html_that_cannot_be_written_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*BASE, "--html", "nowhere/plan.html"]) == 3
    assert "写不了 nowhere/plan.html" in capsys.readouterr().err
    assert run([*BASE, "--html", "plan.html", "--each"]) == 2


@pytest.mark.parametrize("wrong", ["remind: [2h before, due - 1h]", "escalate: [{after: 2h before, to: lead}]"])
def test_a_timer_that_cannot_be_read_is_a_finding_of_the_plan(
    here: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    step = f"      - {{id: job, on: day 1, at: 10:00, to: lead, task: 做, due: 2h, {wrong}}}\n"
    Path("small.yaml").write_text(f"{PLAYBOOK}{step}roles: {{lead: {{person: 林岚}}}}\n", "utf-8")
    assert "SOP-S211" in page(capsys, code=1)


def test_xlsx_is_one_file_of_equal_bytes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = page(capsys, "--xlsx", "plan.xlsx")
    first = Path("plan.xlsx").read_bytes()
    assert said.startswith("写好了 plan.xlsx（")
    assert "6 条消息" in said
    page(capsys, "--xlsx", "plan.xlsx", "--html", "plan.html")
    assert Path("plan.xlsx").read_bytes() == first
    assert json.loads(page(capsys, "--xlsx", "plan.xlsx", "--json"))["summary"]["sends"] == 6
    assert run([*BASE, "--xlsx", "plan.xlsx", "--each"]) == 2


def test_xlsx_shows_the_part_asked_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page(capsys, "--xlsx", "plan.xlsx", "--show", "later")
    schedule = openpyxl.load_workbook("plan.xlsx").worksheets[0]
    assert [cell.value for cell in schedule["D"]] == ["步骤", "later"]


def test_what_is_sent_to_others_does_not_tell_where_it_lay(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "books").mkdir()
    (here / "small.yaml").rename(here / "books" / "small.yaml")
    (here / "groups.csv").unlink()
    monkeypatch.chdir(here / "books")
    assert "../sopengine.toml:2:8" in page(capsys)
    page(capsys, "--xlsx", "plan.xlsx", "--html", "plan.html")
    sheet = openpyxl.load_workbook("plan.xlsx").worksheets[2]
    assert [cell.value for cell in sheet["E"]] == ["位置", "../sopengine.toml:2:8", "small.yaml:7:3"]
    assert str(here) not in Path("plan.html").read_text("utf-8")


@pytest.mark.parametrize("path", ["small.yaml", "groups.csv", "plan.xlsx"])
def test_xlsx_is_never_written_over_what_is_somebodys_own(
    here: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    page(capsys, "--xlsx", "plan.xlsx")
    book = openpyxl.load_workbook("plan.xlsx")
    book.worksheets[0]["I2"] = "换个说法"
    book.save("plan.xlsx")
    before = {file: file.read_bytes() for file in Path().iterdir()}
    assert run([*BASE, "--xlsx", path]) == 2
    assert "换一个文件名" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in Path().iterdir()} == before

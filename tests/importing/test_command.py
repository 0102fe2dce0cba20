"""`sopengine import-xlsx` as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopengine.cli.main import run
from tests.importing.odd_sheets import BOOKS
from tests.support.workbooks import workbook


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPENGINE_LANG", "zh")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.xlsx").write_bytes(BOOKS["beside"]())
    return tmp_path


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_from_sheet_to_dry_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "shop"]) == 0
    assert run(["import-xlsx", "plan.xlsx", "--out", "shop/playbooks", "--name", "kaiye"]) == 0
    told = capsys.readouterr().out
    assert "没读懂" in told
    assert "开业!B16" in told
    assert run(["check", "shop/playbooks/kaiye.yaml", "--now", "2026-09-01T09:00"]) == 0
    words = ["shop/playbooks/kaiye.yaml", "--set", "opening=2026-09-15", "--now", "2026-09-01T09:00"]
    assert run(["dry-run", *words]) == 0
    told = capsys.readouterr().out
    assert "还有三天" in told
    assert "0 个错误" in told


def test_it_reaches_nobody_before_the_groups_are_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["init", "shop"])
    run(["import-xlsx", "plan.xlsx", "--out", "shop/playbooks"])
    words = ["--set", "opening=2026-09-15", "--now", "2026-09-01T09:00", "--yes"]
    assert run(["start", "shop/playbooks/plan.yaml", *words]) == 1
    assert "plan-groups" in capsys.readouterr().err


def test_what_exists_is_kept(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "content").mkdir()
    (here / "content" / "plan.csv").write_text("mine", "utf-8")
    before = everything(here)
    assert run(["import-xlsx", "plan.xlsx"]) == 3
    assert "--force" in capsys.readouterr().err
    assert everything(here) == before
    assert run(["import-xlsx", "plan.xlsx", "--force"]) == 0
    assert "还有三天" in (here / "content" / "plan.csv").read_text("utf-8")
    assert set(everything(here)) == {"plan.xlsx", "plan.yaml", "plan-import.csv", "content/plan.csv"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no workbook", "这不是 Excel 工作簿"),
        (b"\xd0\xcf\x11\xe0old", "旧式 .xls"),
        (workbook(["何时", "说啥"], ["明天", "你好"]), "没有读出一个步骤"),
        (workbook(["日期", "时间", "内容"], ["周一", "待定", "你好"]), "Sheet!C2 “待定”读不成几点"),
    ],
)
def test_refused(here: Path, capsys: pytest.CaptureFixture[str], data: bytes, words: str) -> None:
    (here / "other.xlsx").write_bytes(data)
    before = everything(here)
    assert run(["import-xlsx", "other.xlsx"]) == 3
    assert words in capsys.readouterr().err
    assert everything(here) == before


def test_a_merge_over_a_whole_sheet_is_refused_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import io
    from zipfile import ZipFile

    out = io.BytesIO()
    with ZipFile(here / "plan.xlsx") as old, ZipFile(out, "w") as new:
        for part in old.infolist():
            data = old.read(part).replace(b'ref="A3:C3"', b'ref="A3:XFD1048576"')
            new.writestr(part.filename, data)
    (here / "plan.xlsx").write_bytes(out.getvalue())
    assert run(["import-xlsx", "plan.xlsx"]) == 3
    assert "合并单元格盖住了" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["nosuch.xlsx"], ["plan.xlsx", "--name", "国庆"], ["."]])
def test_wrong_usage(here: Path, words: list[str]) -> None:
    before = everything(here)
    assert run(["import-xlsx", *words]) == 2
    assert everything(here) == before

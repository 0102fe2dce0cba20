"""What was kept long enough goes, and only that: no key, nothing open, and nothing is planned or sent again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.conftest import Cli
from tests.acceptance.test_forget import NAME, NOTE, PHONE, lived

__all__ = ["lived"]  # the same day and a half


def keep(root: Path, **lengths: str) -> None:
    path = root / "sopengine.toml"
    text = path.read_text("utf-8").partition("\n[retention]")[0]
    path.write_text(text + "\n[retention]\n" + "".join(f'{k} = "{v}"\n' for k, v in lengths.items()), "utf-8")


def rows(what: str) -> list[tuple[object, ...]]:
    with sqlite3.connect("sopengine.db") as conn:
        return conn.execute(what).fetchall()


KEYS = ("select key, state, target, sent_at, claimed_at from delivery order by id", "select key, state from task",
        "select key, state from occurrence order by id", "select id, name, subject, dedupe from event")  # fmt: skip


def test_texts_go_by_themselves_and_keys_stay(cli: Cli, lived: Path) -> None:
    keep(lived, texts="30d")
    before = [rows(query) for query in KEYS]
    sent = (lived / "outbox.jsonl").read_text("utf-8")
    assert rows("select 1 from delivery where text is not null")
    cli("tick", "--now", "2026-06-30T11:00").ok()
    assert rows("select 1 from delivery where text is not null and state = 3"), "29 days are not enough"
    cli("tick", "--now", "2026-07-03T11:00").ok()
    old = "select text, says, receipt from delivery where state = 3 and changed_at < 1780400000000000"
    assert set(rows(old)) == {(None, "", "")}
    after = [rows(query) for query in KEYS]
    for was, now in zip(before[:3], after[:3], strict=True):
        assert {key for key, *_ in was} <= {key for key, *_ in now}
    assert (lived / "outbox.jsonl").read_text("utf-8").count("今天好") == sent.count("今天好"), "nothing went again"


def test_personal_data_goes_and_amounts_stay(cli: Cli, lived: Path) -> None:
    keep(lived, personal="30d")
    cli("skip", "later", "--campaign", "care", "--reason", "不用了", "--now", "2026-06-05T09:00").ok()
    assert cli("purge", "--preview", "--now", "2026-06-20T09:00").ok().out.count("personal data of 0 rows") == 1
    counted = cli("purge", "--preview", "--json", "--now", "2026-07-20T09:00").ok().json()
    done = cli("purge", "--json", "--now", "2026-07-20T09:00").ok().json()
    assert {**counted, "purged": True} == done
    assert done["personal"] > 5
    again = cli("purge", "--json", "--now", "2026-07-20T09:00").ok().json()
    assert (again["texts"], again["personal"], again["log"]) == (0, 0, 0)
    assert not rows(f"select 1 from event where data like '%{NOTE}%' or data like '%{PHONE}%'")
    assert rows("select 1 from event where data like '%12.5%'"), "amounts are counted on"
    assert not rows(f"select 1 from task where fields like '%{NOTE}%'")
    assert rows("select 1 from task where fields like '%3%'")
    assert not rows(f"select 1 from occurrence where event like '%{NAME}%' and state <> 0")


def test_open_work_and_what_is_unknown_is_not_touched(cli: Cli, lived: Path) -> None:
    with sqlite3.connect("sopengine.db") as conn:
        number = conn.execute("select id from delivery where state = 3 limit 1").fetchone()[0]
        conn.execute("update delivery set state = 5 where id = ?", (number,))
    keep(lived, texts="1d", personal="1d", log="1d")
    open_before = rows("select title, fields from task where state in (0, 1)")
    text = rows(f"select text, data from delivery where id = {number}")
    lines = rows(f"select * from transition where entity = 'delivery' and ref = {number}")
    assert open_before
    assert lines
    cli("purge", "--now", "2026-06-02T10:59").ok()
    assert rows("select title, fields from task where state in (0, 1)") == open_before
    assert rows(f"select text, data from delivery where id = {number}") == text
    assert rows(f"select * from transition where entity = 'delivery' and ref = {number}") == lines


def test_lines_of_the_log_go_but_not_who_asked_to_be_forgotten(cli: Cli, lived: Path) -> None:
    cli("member", "forget", "p-1", "--reason", "本人要求", "--yes", "--now", "2026-06-01T12:30").ok()
    keep(lived, log="60d")
    many = len(rows("select 1 from transition"))
    cli("purge", "--now", "2026-09-01T09:00").ok()
    assert len(rows("select 1 from transition")) < many / 2
    assert rows("select reason from transition where after = 'forgotten'") == [("本人要求",)]
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        rows("delete from transition")


def test_caps_count_what_was_purged(cli: Cli, lived: Path) -> None:
    """What counts against a cap is a column that stays."""
    keep(lived, texts="1d", personal="1d", log="1d")
    before = rows("select recipient, claimed_at from delivery where claimed_at is not null order by id")
    cli("purge", "--now", "2026-06-20T09:00").ok()
    assert rows("select recipient, claimed_at from delivery where claimed_at is not null order by id") == before


def test_without_retention_it_says_so(cli: Cli, lived: Path) -> None:
    done = cli("purge")
    assert (done.code, "[retention]" in done.err) == (2, True)
    keep(lived, texts="2h")
    assert "a day or more" in cli("purge").err

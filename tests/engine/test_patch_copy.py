"""Other words for what is unsent; whatever else differs is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sopengine.cli.main import run
from tests.support.house import House

BOOK = """
playbook: festival
title: Festival
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
runs: {from: 2026-06-10, until: 2026-06-14}
messages: {a: "Old words"}
weekly:
  to: groups
  steps:
    - {id: x, on: daily, at: 09:00, send: a}
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    for name in ("SOPENGINE_DEBUG", "SOPENGINE_LANG", "SOPENGINE_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    made = House(tmp_path, BOOK)
    made.start("2026-06-01T08:00")
    made.run(until="2026-06-11T12:00")
    return made


def patched(house: House, text: str, *words: str) -> int:
    (house.root / "book.yaml").write_text(text, "utf-8")
    return run(["patch-copy", "festival", *(words or ("--yes",)), "--now", "2026-06-11T12:00"])


def test_what_is_unsent_has_the_new_words(house: House, capsys: Any) -> None:
    before = [(row.key, row.id, row.due_at) for row, _ in house.store.whole_course("festival")]
    assert patched(house, BOOK.replace("Old words", "New words")) == 0
    told = capsys.readouterr().err
    assert "-Old words" in told
    assert "+New words" in told
    assert [(row.key, row.id, row.due_at) for row, _ in house.store.whole_course("festival")] == before
    house.run()
    texts = [m["text"] for m in house.outbox() if m["target"] == "east"]
    assert texts == ["Old words", "Old words", "New words", "New words"]
    (version,) = house.store.versions("festival")
    assert version.kind == "patch-copy"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOOK.replace("09:00", "10:00"), "step x"),
        (BOOK.replace("until: 2026-06-14", "until: 2026-06-15"), "runs"),
        (BOOK.replace("send: a}", "send: a, late_ok: 1h}"), "step x"),
        (BOOK + "    - {id: y, on: daily, at: 10:00, send: a}\n", "step y"),
        (BOOK.replace("title: Festival", "title: Other"), "title"),
    ],
)
def test_anything_else_is_refused_and_named(house: House, capsys: Any, text: str, says: str) -> None:
    assert patched(house, text.replace("Old words", "New words")) == 1
    told = capsys.readouterr().err
    assert says in told
    assert "upgrade" in told
    assert house.store.versions("festival") == []


def test_without_other_words_nothing_is_done(house: House, capsys: Any) -> None:
    assert patched(house, BOOK + "# a comment\n", "--json") == 0
    assert json.loads(capsys.readouterr().out)["changed"] is False
    assert house.store.versions("festival") == []


def test_what_was_claimed_and_not_begun_goes_out_with_the_new_words_once(house: House) -> None:
    """A process claimed it and ended before it sent anything; meanwhile the words are changed."""
    house.at("2026-06-12T09:00")

    def ended(*_: object) -> set[int]:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, house.engine() as engine:
        patch.setattr(house.store, "intend", ended)
        with pytest.raises(KeyboardInterrupt):
            engine.tick()
    assert [d.state.name for d in house.store.deliveries("festival") if d.date == "2026-06-12"] == ["CLAIMED"] * 2
    (house.root / "book.yaml").write_text(BOOK.replace("Old words", "New words"), "utf-8")
    assert run(["patch-copy", "festival", "--yes", "--now", "2026-06-12T09:00"]) == 0
    house.tick("2026-06-12T09:01")
    texts = [m["text"] for m in house.outbox() if m["target"] == "east"]
    assert texts == ["Old words", "Old words", "New words"]

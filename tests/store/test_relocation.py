"""A ledger moves from its file to a real server: every row, once, and never used in both places."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from sopengine import failpoints
from sopengine.store.delivery_rows import Claimed, Intent, Result
from sopengine.store.errors import NotCopied, StoreMoved, StoreTaken
from sopengine.store.relocation import Relocated, relocate
from sopengine.store.rows import State
from sopengine.store.store import Store, open_store
from tests.store.build import HOUR, LEASE, MINUTE, NINE, Ledger, url
from tests.support import postgres


def moved(path: Path, to: str) -> Relocated:
    return relocate(path, to, NINE + HOUR, "mei", lambda *_: None)


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """Sent, claimed, planned and not fanned out."""
    ledger = Ledger(tmp_path / "l.db")
    ledger.fan_out("one", "g1", "g2", "g3")
    first, _second = ledger.claim(limit=2)
    send(ledger.store, first)
    ledger.planned("later", due_at=NINE + 5 * HOUR)
    ledger.store.close()
    return tmp_path / "l.db"


def send(store: Store, claimed: Claimed) -> None:
    assert store.intend([Intent(claimed.id, claimed.fence, "text")], NINE) == {claimed.id}
    assert store.record([Result(claimed.id, claimed.fence, State.SENT)], NINE) == {claimed.id}


def story(store: Store) -> list[object]:
    return [
        list(store.log()),
        sorted(store.deliveries("summer"), key=lambda row: row.id),
        store.campaigns(),
        store.counts("summer"),
    ]


def test_every_row_arrives_and_the_log_goes_on(used: Path) -> None:
    with open_store(url(used)) as store:
        before = story(store)
    to = postgres.empty()
    done = moved(used, to)
    assert done.rows["delivery"] == 3
    with open_store(to) as store:
        log, *rest = story(store)
        assert rest == before[1:]
        *same, last = log  # type: ignore[misc]
        assert same == before[0]
        assert (last.entity, last.after, last.reason, last.actor) == ("ledger", "moved", "from l.db", "mei")
        assert last.id == max(one.id for one in same) + 1


def test_work_goes_on_where_it_stopped(used: Path) -> None:
    to = postgres.empty()
    moved(used, to)
    with open_store(to) as store:
        [claimed] = store.claim(NINE, "b", LEASE, 5)
        assert claimed.target == "g3"
        send(store, claimed)
        store.reap(NINE + LEASE + MINUTE, {}, lambda *_: "hold")
        states = {row.target: row.state for row in store.deliveries("summer")}
    assert states == {"g1": State.SENT, "g2": State.PLANNED, "g3": State.SENT}


def test_the_file_refuses_from_then_on(used: Path) -> None:
    to = postgres.empty()
    moved(used, to)
    for read_only in (False, True):
        with pytest.raises(StoreMoved, match="was moved to postgresql://"):
            open_store(url(used), read_only=read_only)
    with pytest.raises(StoreMoved):
        moved(used, postgres.empty())


def test_who_opened_the_file_before_it_was_moved_delivers_and_writes_nothing(used: Path) -> None:
    """`tick` opens it before it has the right to deliver, and a command may have waited for the copy to end."""
    with open_store(url(used)) as early:
        moved(used, postgres.empty())
        for write in (
            lambda: early.claim(NINE, "a", LEASE, 5),
            lambda: early.restore(NINE, "mei"),
        ):
            with early.delivering(), pytest.raises(StoreMoved, match="was moved to postgresql://"):
                write()
    with sqlite3.connect(used) as raw:
        assert raw.execute("select count(*) from transition where after = 'restored'").fetchone() == (0,)
    raw.close()


def test_a_command_that_waits_for_the_copy_is_refused_when_it_is_over(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its write begins while the file is locked; what it did would be known to nobody."""
    refused: list[BaseException] = []

    def command() -> None:
        try:
            early.restore(NINE, "mei")
        except StoreMoved as error:
            refused.append(error)

    def begin(reached: str) -> None:
        if reached == "copied_before_moved":
            waiting.start()

    with open_store(url(used)) as early:
        waiting = Thread(target=command)
        monkeypatch.setattr(failpoints, "reached", begin)
        moved(used, postgres.empty())
        waiting.join()
    assert len(refused) == 1


def test_a_server_with_a_ledger_is_left_alone(used: Path) -> None:
    with pytest.raises(StoreTaken):
        moved(used, postgres.fresh())
    open_store(url(used)).close()


def test_a_row_that_the_server_does_not_take_leaves_everything_as_it_was(used: Path) -> None:
    with sqlite3.connect(used) as raw:
        raw.execute("update delivery set text = 'a' || char(0) where id = 1")
    raw.close()
    to = postgres.empty()
    with pytest.raises(NotCopied, match=r"table delivery.*cannot contain NUL") as refused:
        moved(used, to)
    assert refused.value.help is not None
    assert "sopengine doctor" in refused.value.help.en
    open_store(url(used)).close()
    with psycopg.connect(to) as server:
        assert server.execute("select count(*) from pg_class where relname = 'delivery'").fetchone() == (0,)


class Cut(BaseException):
    pass


@pytest.mark.parametrize("place", ["in_migration", "copied_before_moved", "moved_before_used"])
def test_cut_off_anywhere_nothing_is_ever_sent_from_both(
    used: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def cut(reached: str) -> None:
        if reached == place:
            raise Cut

    to = postgres.empty()
    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "reached", cut)
        with pytest.raises(Cut):
            moved(used, to)
    if place == "moved_before_used":
        with pytest.raises(StoreMoved):
            open_store(url(used))
    else:
        with open_store(url(used)) as file:
            assert file.notice_old_copy(NINE + HOUR) is None
    with open_store(to) as server:
        copied = server.notice_old_copy(NINE + HOUR)
        if place == "in_migration":
            assert server.campaigns() == []
        else:  # it sends nothing of what was due: it may have been sent from the file
            assert copied is not None
            assert {row.state for row in server.deliveries("summer")} == {State.SENT, State.UNKNOWN}

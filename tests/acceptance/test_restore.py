"""Send half, copy, send the rest, put the copy back, go on: nobody gets anything a second time, whichever way the old
copy came back, and what may have been sent is told as such."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import threading
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from sopengine.cli.main import run
from sopengine.store import backup, epoch
from sopengine.store.purging import Walk
from sopengine.store.retention import Retention
from sopengine.store.store import open_store
from tests.acceptance.conftest import Cli
from tests.acceptance.conftest import cli as cli
from tests.support.house import TOML, House

BOOK = """
playbook: shop
title: Shop
timezone: Asia/Shanghai
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {a: 'A {{ target.name }}', b: B, c: C, d: D}
phases:
  only:
    from: 2026-03-02
    until: 2026-03-05
    steps:
      - {id: a, on: day 1, at: 10:00, to: groups, send: a}
      - {id: b, on: day 2, at: 10:00, to: groups, send: b, late_ok: 1d, useful_until: 3d}
      - {id: c, on: day 3, at: 10:00, to: groups, send: c, late_ok: 1h}
      - {id: d, on: day 4, at: 10:00, to: groups, send: d}
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(tmp_path / "shop", BOOK, TOML)
    monkeypatch.chdir(house.root)
    house.start("2026-03-01T08:00")
    return house


def sent(house: House) -> Counter[str]:
    """The judge: what the channel wrote, by key; not what a database says."""
    return Counter(line["key"] for line in house.outbox())


def by_snapshot(house: House, cli: Cli) -> None:
    house.store.close()
    shutil.copyfile("../copy.db", "sop.db")
    for name in ("sop.db-wal", "sop.db-shm"):
        Path(name).unlink(missing_ok=True)


def by_moving_to_another_host(house: House, cli: Cli) -> None:
    by_snapshot(house, cli)
    Path("sop.db.reached").unlink()


def by_command(house: House, cli: Cli) -> None:
    house.store.close()
    done = cli("restore", "../copy.db", "--yes", "--now", "2026-03-04T12:00+08:00").ok()
    assert "sop.db.before-20260304T040000Z" in done.out


def by_saying_so(house: House, cli: Cli) -> None:
    by_moving_to_another_host(house, cli)
    cli("restore", "--yes", "--now", "2026-03-04T12:00+08:00").ok()


def copied(house: House, cli: Cli) -> None:
    cli("backup", "../copy.db").ok()


def copied_by_hand(house: House, cli: Cli) -> None:
    """Without a word to us: the file alone, as a snapshot has it."""
    with closing(sqlite3.connect("sop.db")) as database:
        database.execute("vacuum into '../copy.db'")


WAYS = [
    (copied, by_command),
    (copied, by_snapshot),
    (copied, by_moving_to_another_host),
    (copied_by_hand, by_command),
    (copied_by_hand, by_snapshot),
    (copied_by_hand, by_saying_so),
]


@pytest.mark.parametrize(("copy", "put_back"), WAYS, ids=lambda way: way.__name__)
def test_nothing_is_sent_again(house: House, cli: Cli, copy: object, put_back: object) -> None:
    house.tick("2026-03-02T10:00")
    copy(house, cli)  # type: ignore[operator]
    house.tick("2026-03-03T10:00")
    house.tick("2026-03-04T10:00")
    assert len(sent(house)) == 6
    put_back(house, cli)  # type: ignore[operator]
    with open_store(house.workspace.database) as house.store:
        house.tick("2026-03-04T12:00")
        assert set(sent(house).values()) == {1}
        ends = {(step, end) for step, _, _, end in house.ends()}
        assert ends == {("a", "sent"), ("b", "unknown"), ("c", "unknown")}
        needs = house.store.needs()
        assert [need.reason for need in needs] == [epoch.REASON] * 4
        house.tick("2026-03-05T10:00")
        assert len(sent(house)) == 8, "what comes later is as it was"
        assert set(sent(house).values()) == {1}
        house.tick("2026-03-06T10:00")
        assert [t.after for t in house.log("ledger")] == ["restored"], "noticed once"


def test_without_the_check_it_would_be_sent_again(house: House, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same road with the noticing taken out: the judge sees two of each."""
    house.tick("2026-03-02T10:00")
    copied_by_hand(house, cli)
    house.tick("2026-03-03T10:00")
    by_moving_to_another_host(house, cli)
    with open_store(house.workspace.database) as house.store:
        house.tick("2026-03-03T12:00")
    assert sorted(sent(house).values()) == [1, 1, 2, 2]


def test_rows_in_hand_of_the_copy(house: House, cli: Cli) -> None:
    """Copied between intent and outcome: claimed and sending rows of the copy are in doubt too."""
    house.tick("2026-03-02T10:00")
    with closing(sqlite3.connect("sop.db")) as database:
        database.execute("update delivery set state = 2, lease_until = 0 where target = 'east'")
        database.execute("update delivery set state = 1, lease_until = 0 where target = 'west'")
        database.commit()
    copied(house, cli)
    by_command(house, cli)
    with open_store(house.workspace.database) as house.store:
        assert {row.state.name for row in house.store.deliveries("shop")} == {"UNKNOWN"}


WATCHED = """
playbook: shop
title: Shop
timezone: Asia/Shanghai
inputs: {noon: {type: time, default: 12:00}}
audiences: {groups: {source: groups, sample: {name: Some group}}}
messages: {a: 'A {{ target.name }}'}
runs: {from: 2026-03-01, until: 2026-03-10}
weekly: {to: groups, steps: [{id: daily, on: 2026-03-08, at: 09:00, send: a}]}
watch:
  early:
    when: slot.time < input.noon
    check: 1h
    do: [{send: a, to: groups}]
"""


def test_a_watched_condition_that_may_have_acted_is_only_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    house = House(tmp_path / "shop", WATCHED, TOML)
    monkeypatch.chdir(house.root)
    house.start("2026-03-01T12:30")
    house.tick("2026-03-01T20:00")
    copied(house, cli)
    house.tick("2026-03-02T09:00")
    assert len(sent(house)) == 2
    by_snapshot(house, cli)
    with open_store(house.workspace.database) as house.store:
        house.tick("2026-03-02T10:00")
        assert len(sent(house)) == 2, "the copy had not seen it become true"
        [noted] = [t for t in house.log("campaign") if t.after == "noted"]
        assert "early" in noted.reason
        house.tick("2026-03-02T20:00")
        house.tick("2026-03-03T09:00")
        assert len(sent(house)) == 4, "the next time it acts"


def test_a_copy_made_while_others_write(house: House, cli: Cli) -> None:
    """The copy is one state of the database: whole, and opened by us."""
    going = threading.Event()

    def write() -> None:
        number = 0
        while not going.is_set():
            house.store.set_last_tick(house.clock.now())
            house.store.pause("all", "", house.clock.now(), f"w{number}")
            house.store.resume("all", "", house.clock.now(), f"w{number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            cli("backup", f"../copy-{number}.db").ok()
    finally:
        going.set()
        writer.join()
    for number in range(5):
        with open_store(f"sqlite:///{Path('..').resolve()}/copy-{number}.db", read_only=True) as copy:
            copy.integrity()
            assert [row.id for row in copy.campaigns()] == ["shop"]
            assert copy.copied_at() is not None


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_a_copy_belongs_to_its_owner_alone(house: House, cli: Cli, mask: int) -> None:
    before = os.umask(mask)
    try:
        copied(house, cli)
        by_command(house, cli)
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in [*Path().glob("sop.db*"), Path("../copy.db")]}
    assert set(modes.values()) == {0o600}, modes
    assert {"sop.db", "sop.db.reached", "copy.db"} <= modes.keys()


def test_no_file_is_overwritten_and_nothing_is_left_of_a_failure(house: House, cli: Cli) -> None:
    Path("../copy.db").write_text("mine")
    refused = cli("backup", "../copy.db")
    assert (refused.code, Path("../copy.db").read_text()) == (2, "mine")
    assert "exists" in refused.err
    before = sorted(os.listdir(".."))
    assert cli("backup", "../no/such/folder.db").code == 3
    assert cli("restore", "../copy.db", "--yes").code == 3
    assert cli("restore", "../none.db", "--yes").code == 2
    assert cli("restore", "sop.db", "--yes").code == 2
    assert sorted(os.listdir("..")) == before
    assert not list(Path().glob("*restoring*"))
    house.tick("2026-03-02T10:00")
    assert len(sent(house)) == 2


def test_a_damaged_copy_is_refused(house: House, cli: Cli) -> None:
    house.tick("2026-03-02T10:00")
    copied(house, cli)
    data = bytearray(Path("../copy.db").read_bytes())
    data[20_000:24_000] = os.urandom(4_000)
    Path("../copy.db").write_bytes(data)
    refused = cli("restore", "../copy.db", "--yes")
    assert refused.code == 3
    assert "damaged" in refused.err
    assert house.store.newest_line() > 0


def test_not_while_somebody_delivers(house: House, cli: Cli) -> None:
    copied(house, cli)
    with house.store.delivering():
        assert cli("restore", "../copy.db", "--yes").code == 75
        assert cli("restore", "--yes").code == 75
    assert run(["restore", "../copy.db"]) == 2, "nobody to ask"


def test_a_workspace_without_a_database(house: House, cli: Cli) -> None:
    """Moved to a new host: the copy becomes its first database."""
    house.tick("2026-03-02T10:00")
    copied(house, cli)
    house.store.close()
    for path in Path().glob("sop.db*"):
        path.unlink()
    cli("restore", "../copy.db", "--yes", "--now", "2026-03-04T12:00+08:00").ok()
    with open_store(house.workspace.database) as house.store:
        house.tick("2026-03-04T12:00")
    assert set(sent(house).values()) == {1}


class Died(BaseException):
    pass


@pytest.mark.parametrize("place", ["os.link", "Path.rename", "os.replace", "backup.sync_folder", "Reached.note"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_in_the_middle_of_a_restore_sends_nothing_again(
    house: House, cli: Cli, monkeypatch: pytest.MonkeyPatch, place: str, when: str
) -> None:
    """Whichever database is there afterwards, the old one, the old one without its newest commits or the restored
    one: what went out does not go out again."""
    house.tick("2026-03-02T10:00")
    copied(house, cli)
    house.tick("2026-03-03T10:00")
    house.tick("2026-03-04T10:00")
    owner = {"os": os, "Path": Path, "backup": backup, "Reached": backup.Reached}[place.partition(".")[0]]
    name = place.partition(".")[2]
    real = getattr(owner, name)

    def dies(*words: object, **named: object) -> object:
        if when == "after":
            real(*words, **named)
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dies)
        with pytest.raises(Died):  # the store stays open: its newest commits stand in the -wal
            backup.put_back(Path("../copy.db"), Path("sop.db"), house.at("2026-03-04T12:00"), "lin")
    house.store.close()
    assert Path("sop.db").is_file()
    with open_store(house.workspace.database) as house.store:
        house.store.integrity()
        house.tick("2026-03-04T12:00")
        house.tick("2026-03-05T10:00")
    assert len(sent(house)) == 8
    assert set(sent(house).values()) == {1}


def test_another_process_that_sends_meanwhile_is_no_old_copy(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two looks, at the file and at the database, somebody else commits intents and notes them."""
    house.tick("2026-03-02T10:00")
    real = epoch.copied_at

    def meanwhile(conn: object) -> object:
        found = real(conn)  # type: ignore[arg-type]
        house.tick("2026-03-03T10:00")
        return found

    with open_store(house.workspace.database) as other:
        with monkeypatch.context() as patch:
            patch.setattr(epoch, "copied_at", lambda conn: (patch.undo(), meanwhile(conn))[1])
            assert other.notice_old_copy(house.clock.now()) is None
        assert len(sent(house)) == 4
        assert other.restored_at() is None


def test_a_log_that_was_purged_is_no_old_copy(house: House) -> None:
    """Its newest line stays however old it is: by its number this database is known as the newest."""
    house.tick("2026-03-02T10:00")
    house.store.set_campaign_state("shop", "stopped", house.clock.now(), "lin", "over")
    later = house.at("2027-03-02T10:00")
    line = house.store.newest_line()
    while any(house.store.purge(Retention(log=timedelta(days=30)), later, Walk())):
        pass
    assert len(list(house.store.log())) == 1
    assert house.store.newest_line() == line
    assert house.store.notice_old_copy(later) is None

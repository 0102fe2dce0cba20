"""Databases that cannot be used: the right error in one line, and nothing lost."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.schema import CreateIndex
from sqlmodel import SQLModel

from sopengine.errors import AnotherInstance, SopError, UsageError
from sopengine.store import opening, schema
from sopengine.store.errors import StoreCorrupt, StoreLocked, StoreMissing, StoreReadOnly, StoreTooNew
from sopengine.store.rows import State
from sopengine.store.store import Store, open_store
from tests.store.build import NINE, Ledger, url
from tests.support.old_databases import of_version

ROUNDS = 60


def one_line(error: SopError) -> bool:
    return error.exit_code == 3 and all("\n" not in text and text for text in error.message)


def settled(path: Path) -> bytes:
    """A ledger with one planned delivery, closed; its bytes."""
    ledger = Ledger(path)
    ledger.fan_out("o", "g1")
    ledger.store.close()
    return path.read_bytes()


def test_made_from_nothing_with_folders_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "100%?" / "台账.db"
    with open_store(url(path)) as store:
        store.integrity()
        assert store.path == path
    with open_store(url(path), create=False) as store:
        assert store.campaigns() == []


def test_a_database_of_this_version_is_opened_without_loading_migrations(tmp_path: Path) -> None:
    settled(tmp_path / "l.db")
    code = (
        "import sys; from sopengine.store.store import open_store; "
        f"open_store({url(tmp_path / 'l.db')!r}).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.fixture(params=["made", "migrated"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Made at once, or by every migration from an empty ledger on."""
    if request.param == "migrated":
        of_version(tmp_path / "l.db", 0)
    with open_store(url(tmp_path / "l.db")) as made:
        yield made


def test_migrated_and_described_schema_agree(store: Store) -> None:
    with store._read() as conn:

        def differ(_context: object, _inspected: object, _described: object, found: Any, wanted: Any) -> bool:
            return bool(found.compile(conn.dialect) != wanted.compile(conn.dialect))

        def compared(one: Any, _name: str, kind: str, _found: bool, _wanted: Any) -> bool:
            return kind != "index"  # those are compared by their own text, below

        context = MigrationContext.configure(conn, opts={"compare_type": differ, "include_object": compared})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_checks_and_indexes_are_in_the_migration_too(store: Store) -> None:
    def words(sql: str) -> str:
        return sql.lower().replace('"', "").replace("= false", "= 0")

    with store._read() as conn:
        indexes = [index for table in SQLModel.metadata.tables.values() for index in table.indexes]
        described = {index.name: words(str(CreateIndex(index).compile(conn))) for index in indexes}
        query = "select name, sql from sqlite_master where type = 'index' and sql is not null"
        found = {name: sql.lower() for name, sql in conn.exec_driver_sql(query)}
        delivery = conn.exec_driver_sql("select sql from sqlite_master where name = 'delivery'").scalar_one()
        revision = conn.exec_driver_sql("select version_num from alembic_version").scalar_one()
    assert {name: words(sql) for name, sql in found.items()} == described
    assert revision == str(schema.VERSION)
    assert "priority desc" in found["delivery_ready"]
    assert "state not in (1, 2) or lease_until is not null" in delivery


def test_a_lease_without_an_end_is_refused_by_the_database(file_ledger: Ledger) -> None:
    file_ledger.fan_out("o", "g1")
    with sqlite3.connect(file_ledger.path) as stranger, pytest.raises(sqlite3.IntegrityError, match="delivery_lease"):
        stranger.execute("update delivery set state = 1")
    stranger.close()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    def fail(_statement: str) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "l.db"
    of_version(path, 0)
    with monkeypatch.context() as patch:
        patch.setattr(op, "execute", fail)  # the last thing the first version does
        with pytest.raises(KeyboardInterrupt):
            open_store(url(path))
    with sqlite3.connect(path) as raw:
        assert raw.execute("select count(*) from sqlite_master").fetchone() == (0,)
    raw.close()
    with open_store(url(path)) as store:
        assert store.campaigns() == []


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_only_the_owner_may_read_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        ledger = Ledger(tmp_path / "l.db")
        with ledger.store.delivering():
            names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        ledger.store.close()
    finally:
        os.umask(before)
    assert names == {"l.db": 0o600, "l.db-wal": 0o600, "l.db-shm": 0o600, "l.db.lock": 0o600}


@pytest.mark.parametrize(
    "bad",
    ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "postgresql://h", "mysql://h/db", "l.db", "sqlite:///a\0b"],
)
def test_an_address_we_cannot_use(bad: str) -> None:
    with pytest.raises(UsageError):
        open_store(bad)


@pytest.mark.parametrize("options", [{"create": False}, {"read_only": True}])
def test_no_database_yet(tmp_path: Path, options: dict[str, bool]) -> None:
    with pytest.raises(StoreMissing) as caught:
        open_store(url(tmp_path / "none.db"), **options)
    assert one_line(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_locked_by_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.05)
    ledger = Ledger(tmp_path / "l.db")
    ledger.fan_out("o", "g1")
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLocked) as caught:
        ledger.claim()
    assert one_line(caught.value)
    assert ledger.row("o/g1").state is State.PLANNED, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert len(ledger.claim()) == 1
    ledger.store.close()


def test_reading_never_writes(tmp_path: Path) -> None:
    content = settled(tmp_path / "l.db")
    with open_store(url(tmp_path / "l.db"), read_only=True) as store:
        assert [row.key for row in store.deliveries("summer")] == ["o/g1"]
        assert store.revision() > 0
        with pytest.raises(StoreReadOnly) as caught:
            store.claim(NINE, "a", NINE - NINE)
    assert one_line(caught.value)
    assert (tmp_path / "l.db").read_bytes() == content


def test_reading_beside_a_writer_and_what_it_left_in_the_wal(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.db")
    ledger.fan_out("o", "g1")
    with open_store(url(tmp_path / "l.db"), read_only=True) as reader:
        assert len(list(reader.deliveries("summer"))) == 1
        ledger.fan_out("p", "g2")
        assert len(list(reader.deliveries("summer"))) == 2
    copy = tmp_path / "killed"
    copy.mkdir()
    for name in ("l.db", "l.db-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    ledger.store.close()
    with open_store(url(copy / "l.db"), read_only=True) as reader:
        assert len(list(reader.deliveries("summer"))) == 2


def test_a_copy_in_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(tmp_path / "l.db")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with open_store(url(tmp_path / "l.db"), read_only=True) as reader:
        assert len(list(reader.deliveries("summer"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["l.db"]


def test_a_reader_does_not_migrate(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreMissing):
        open_store(url(tmp_path / "empty.db"), read_only=True)
    settled(tmp_path / "l.db")
    with sqlite3.connect(tmp_path / "l.db") as raw:
        raw.execute("PRAGMA user_version = 0")
    raw.close()
    with pytest.raises(StoreReadOnly) as caught:
        open_store(url(tmp_path / "l.db"), read_only=True)
    assert one_line(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_no_permission_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "l.db"
    content = settled(path)
    path.chmod(0o400)
    if os.access(path, os.W_OK):  # root may do anything: ask as somebody who may not
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreReadOnly) as caught:
        open_store(url(path))
    assert one_line(caught.value)
    assert path.read_bytes() == content


def test_a_disk_that_turns_read_only_while_running(file_ledger: Ledger) -> None:
    file_ledger.fan_out("o", "g1")
    with file_ledger.store._engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA query_only = ON")  # SQLite then answers like on a read-only disk
    with pytest.raises(StoreReadOnly) as caught:
        file_ledger.claim()
    assert one_line(caught.value)


def test_a_full_disk_stores_no_intent_and_work_goes_on_afterwards(file_ledger: Ledger) -> None:
    from sopengine.store.delivery_rows import Intent
    from sopengine.store.errors import StoreFull

    file_ledger.fan_out("o", "g1")
    [claimed] = file_ledger.claim()
    with file_ledger.store._engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    intent = [Intent(claimed.id, claimed.fence, "x" * 100_000)]
    with pytest.raises(StoreFull) as caught:
        file_ledger.store.intend(intent, NINE)
    assert one_line(caught.value)
    assert file_ledger.row("o/g1").state is State.CLAIMED
    with file_ledger.store._engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert file_ledger.store.intend(intent, NINE) == {claimed.id}


def test_written_by_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    settled(path)
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    raw.close()
    content = path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(StoreTooNew) as caught:
            open_store(url(path), read_only=read_only)
        assert one_line(caught.value)
    assert path.read_bytes() == content


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as raw:
        raw.execute("create table customers(name text)")
    raw.close()
    content = path.read_bytes()
    with pytest.raises(StoreCorrupt) as caught:
        open_store(url(path))
    assert one_line(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "content", [b"hello", b"\0" * 4096, b"SQLite format 3\0", "序号,名称\n".encode() * 500, os.urandom(5000)]
)
def test_no_database_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "l.db"
    path.write_bytes(content)
    for read_only in (True, False):
        with pytest.raises(StoreCorrupt) as caught:
            open_store(url(path), read_only=read_only)
        assert one_line(caught.value)
    assert path.read_bytes() == content


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreCorrupt):
        open_store(url(tmp_path))


def use_everything(path: Path, *, check: bool) -> None:
    with open_store(url(path)) as store:
        if check:
            store.integrity()
        store.bundle("b1")
        list(store.log())
        store.counts("summer")
        list(store.deliveries("summer"))
        store.next_wake(NINE)
        store.reap(NINE)
        store.claim(NINE, "a", NINE - NINE)


def test_damaged_and_truncated_files_never_show_a_traceback(tmp_path: Path) -> None:
    """Whatever is wrong with the file: it works, or a SopError says so."""
    whole = settled(tmp_path / "whole.db")
    dice = random.Random(20260601)
    path = tmp_path / "l.db"
    errors: list[SopError] = []
    for round_ in range(ROUNDS):
        damaged = bytearray(whole)
        if round_ % 3 == 0:
            del damaged[dice.randrange(1, len(whole)) :]
        else:
            for _ in range(8 if round_ % 3 == 1 else 400):
                damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        try:
            use_everything(path, check=round_ % 2 == 0)
        except SopError as error:
            errors.append(error)
        for left in tmp_path.glob("l.db*"):
            left.unlink()
    assert all(one_line(error) for error in errors)
    assert len(errors) > ROUNDS / 2


@pytest.mark.parametrize(
    "statement",
    [
        "update delivery set due_at = 9223372036854775807",
        "update delivery set due_at = 'noon'",
        "update delivery set data = '[1'",
        "update delivery set data = '[1]'",
        "pragma ignore_check_constraints = on; update occurrence set state = 77; update delivery set state = 77",
        "update delivery set target = cast(x'ff00ff' as text)",
        "delete from bundle",
        "alter table delivery rename to gone",
    ],
)
def test_values_we_cannot_have_written(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "l.db"
    settled(path)
    raw = sqlite3.connect(path, isolation_level=None)
    raw.executescript(f"pragma foreign_keys = off; {statement}")
    raw.close()
    with pytest.raises(StoreCorrupt) as caught:
        use_everything(path, check=False)
    assert one_line(caught.value)


def test_one_delivering_process(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    settled(path)
    first, second = open_store(url(path)), open_store(url(path))
    with first.delivering():
        with pytest.raises(AnotherInstance) as caught, second.delivering():
            pass
        assert caught.value.exit_code == 75
        assert second.counts("summer").deliveries == {"planned": 1}, "reading and reporting go on beside it"
    with second.delivering():
        pass
    first.close()
    second.close()


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    settled(path)
    code = (
        "import os; from sopengine.store.store import open_store; "
        f"s = open_store({url(path)!r}); s.delivering().__enter__(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    with open_store(url(path)) as store, store.delivering():
        pass

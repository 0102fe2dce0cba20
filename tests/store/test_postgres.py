"""What is PostgreSQL's own: many processes deliver from one database, and the server may go away."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import bindparam, event, func, insert, select, update

from sopengine.errors import UsageError
from sopengine.store import outcomes
from sopengine.store import postgres as ours
from sopengine.store.bulk import run_many
from sopengine.store.claims import BUCKETS
from sopengine.store.delivery_rows import Claimed, Intent, Result
from sopengine.store.dialect import SIZE_MATTERS, rewriting_the_log
from sopengine.store.errors import StoreCorrupt, StoreError, StoreLocked, StoreMissing, StoreTooNew
from sopengine.store.rows import State
from sopengine.store.store import Store, open_store
from sopengine.store.tables import DELIVERY, TRANSITION
from sopengine.store.uses import Drop, Uses
from tests.store.build import DAY, LEASE, MINUTE, NINE, Ledger, delivery
from tests.store.test_rates import crowd
from tests.support import postgres


@pytest.fixture
def shared() -> Iterator[tuple[Ledger, Store]]:
    """A ledger, and another process's door to it."""
    address = postgres.fresh()
    ledger = Ledger(Path(), address)
    other = open_store(address)
    yield ledger, other
    other.close()
    ledger.store.close()


def one_line(error: StoreError) -> bool:
    return "\n" not in error.message.zh + error.message.en


def text_of(error: Any) -> str:
    return f"{error.message.zh} {error.message.en}"


def test_an_empty_database_gets_the_tables_once_though_many_open_it_at_once() -> None:
    address = postgres.empty()
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(lambda _: open_store(address), range(4)):
            store.close()
    with psycopg.connect(address) as raw:
        assert raw.execute("select version from sopengine_version").fetchall() == [(3,)]


def test_a_reader_makes_nothing() -> None:
    with pytest.raises(StoreMissing):
        open_store(postgres.empty(), read_only=True)


def test_somebody_elses_database_is_left_alone() -> None:
    address = postgres.empty()
    with psycopg.connect(address) as raw:
        raw.execute("create table theirs (id integer)")
    with pytest.raises(StoreCorrupt):
        open_store(address)


def test_a_newer_version_is_refused() -> None:
    address = postgres.fresh()
    with psycopg.connect(address) as raw:
        raw.execute("update sopengine_version set version = 99")
    with pytest.raises(StoreTooNew):
        open_store(address)


def test_a_server_that_does_not_answer_is_named_without_the_password() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://sop:hunter2@127.0.0.1:1/shop")
    assert "postgresql://127.0.0.1:1/shop" in text_of(caught.value)
    assert "hunter2" not in text_of(caught.value)


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "psycopg":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as caught:
        open_store("postgresql://h/db")
    assert caught.value.help is not None
    assert "sopengine[postgres]" in caught.value.help.en


def test_the_log_is_append_only(shared: tuple[Ledger, Store]) -> None:
    shared[0].fan_out("o", "g1")
    shared[0].claim()
    address = shared[0].store._engine.url.set(drivername="postgresql").render_as_string()
    for statement in ("update transition set reason = 'x'", "delete from transition", "truncate transition"):
        with psycopg.connect(address) as raw, pytest.raises(psycopg.Error, match="append-only"):
            raw.execute(statement)


def claim_all(store: Store, name: str, judge: Any = None) -> list[Claimed]:
    mine: list[Claimed] = []
    while got := store.claim(NINE, name, LEASE, 7, judge):
        mine += got
    return mine


def test_two_processes_share_what_is_due_and_claim_nothing_twice(shared: tuple[Ledger, Store]) -> None:
    ledger, other = shared
    ledger.fan_out("o", *(f"g{i}" for i in range(300)))
    with ThreadPoolExecutor(2) as pool:
        a, b = pool.map(claim_all, (ledger.store, other), "ab")
    assert sorted(c.target for c in a + b) == sorted(f"g{i}" for i in range(300))
    assert {c.fence for c in a + b} == {1}


def test_a_cap_that_two_processes_judge_at_once_holds(shared: tuple[Ledger, Store]) -> None:
    ledger, other = shared
    for number in range(40):
        ledger.fan_out(f"o{number}", f"g{number}", recipient="m1")

    def at_most_five(claimed: Claimed, uses: Uses) -> Drop | None:
        full = len(uses.since("recipient", "m1", NINE - MINUTE)) >= 5
        return Drop(State.SKIPPED, "cap") if full else None

    with ThreadPoolExecutor(2) as pool:
        a, b = pool.map(claim_all, (ledger.store, other), "ab", [at_most_five] * 2)
    assert len(a + b) == 5


def test_a_late_writer_is_refused_by_its_fence(shared: tuple[Ledger, Store]) -> None:
    ledger, other = shared
    ledger.fan_out("o", "g1", expires_at=NINE + 60 * MINUTE)
    [late] = ledger.claim()
    after = NINE + LEASE + timedelta(seconds=1)
    other.reap(after)
    [taken] = other.claim(after, "b", LEASE)
    assert taken.fence == late.fence + 1
    assert ledger.store.intend([Intent(late.id, late.fence, "x")], after) == set()
    assert other.intend([Intent(taken.id, taken.fence, "x")], after) == {taken.id}
    assert ledger.store.record([Result(late.id, late.fence, State.SENT)], after) == set()
    assert other.record([Result(taken.id, taken.fence, State.SENT)], after) == {taken.id}


def test_who_is_stopped_inside_a_transaction_loses_it_and_holds_up_nobody(
    shared: tuple[Ledger, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, other = shared
    ledger.fan_out("o", "g1")
    monkeypatch.setattr(ours, "IDLE_SECONDS", 1)
    done = threading.Event()

    def stopped(claimed: Claimed, _uses: Uses) -> None:
        assert done.wait(30)

    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(ledger.store.claim, NINE, "a", LEASE, 1, stopped)
        until_it_holds_the_lock(other)
        assert [c.fence for c in other.claim(NINE, "b", LEASE)] == [1], "the other was given its turn"
        done.set()
        with pytest.raises(StoreError) as caught:
            late.result()
    assert one_line(caught.value)
    assert ledger.store.claim(NINE, "a", LEASE) == []


def until_it_holds_the_lock(store: Store) -> None:
    query = "select count(*) from pg_locks where locktype = 'advisory' and granted"
    query += " and database = (select oid from pg_database where datname = current_database())"
    while True:
        with store._read() as conn:
            if conn.exec_driver_sql(query).scalar_one():
                return


def test_what_was_committed_outlives_a_crash_of_the_server() -> None:
    server = postgres.Server()
    try:
        name = server.new_database()
        ledger = Ledger(Path(), server.address(name))
        ledger.fan_out("o", "g1", "g2")
        [first] = ledger.claim(limit=1)
        server.crash()
        with pytest.raises(StoreError) as caught:
            ledger.store.intend([Intent(first.id, first.fence, "x")], NINE)
        assert not isinstance(caught.value, StoreLocked)
        server.start()
        assert ledger.row(first.key).state is State.CLAIMED
        assert ledger.store.intend([Intent(first.id, first.fence, "x")], NINE) == {first.id}
        assert len(ledger.claim()) == 1
        ledger.store.close()
    finally:
        server.remove()


def test_what_is_forgotten_leaves_the_log_append_only_again_and_the_tables_written_anew() -> None:
    address = postgres.fresh()
    ledger = Ledger(Path(), address)
    ledger.fan_out("o", "g1")
    ledger.claim()
    with ledger.store._write() as conn, rewriting_the_log(conn):
        conn.exec_driver_sql("update transition set reason = 'forgotten'")
    ledger.store.compact()
    assert {line.reason for line in ledger.lines()} == {"forgotten"}
    with psycopg.connect(address) as raw, pytest.raises(psycopg.Error, match="append-only"):
        raw.execute("update transition set reason = 'x'")
    ledger.store.close()


def told_after(address: str, *writes: Callable[[], object]) -> int:
    """How many commits were told, up to one that surely is."""
    with psycopg.connect(address, autocommit=True) as raw:
        raw.execute(f"listen {ours.CHANNEL}")
        for write in writes:
            write()
        raw.execute(f"notify {ours.CHANNEL}, 'last'")
        told = [message.payload for message in raw.notifies(timeout=30, stop_after=1)]
        while told[-1] != "last":
            told += [message.payload for message in raw.notifies(timeout=30, stop_after=1)]
    return len(told) - 1


def test_what_is_committed_is_told_and_nothing_else(shared: tuple[Ledger, Store]) -> None:
    ledger, worker = shared
    address = ledger.store._engine.url.set(drivername="postgresql").render_as_string()

    def broken() -> None:
        with pytest.raises(ZeroDivisionError), ledger.store._write():
            raise ZeroDivisionError

    def of_a_worker() -> None:
        with worker.delivering():
            worker.set_last_tick(NINE)

    assert told_after(address, broken, of_a_worker, lambda: ledger.store.last_tick()) == 0
    assert told_after(address, lambda: ledger.fan_out("o", "g1")) >= 1


def test_who_listens_hears_of_a_commit_also_after_the_server_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sopengine.store.listening.RETRY_SECONDS", 0.05)
    server, rings = postgres.Server(), threading.Semaphore(0)
    try:
        ledger = Ledger(Path(), server.address(server.new_database()))
        listener = ledger.store.listen(rings.release)
        assert listener
        assert rings.acquire(timeout=30), "it listens now"
        ledger.store.set_last_tick(NINE)
        assert rings.acquire(timeout=30)
        server.crash()
        server.start()
        assert rings.acquire(timeout=30), "it listens again, and may have missed something"
        ledger.store.set_last_tick(NINE)
        assert rings.acquire(timeout=30)
        listener.close()
        ledger.store.close()
    finally:
        server.remove()


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), 5 * MINUTE], ids=str)
def test_a_rate_holds_over_hosts_whose_clocks_differ(shared: tuple[Ledger, Store], ahead: timedelta) -> None:
    """A second is how long one may have waited for its turn to write."""
    ledger, fast = shared
    crowd(ledger, 200, rate=15 / 60, burst=5, expires_at=NINE + DAY, useful_until=NINE + DAY)
    sent = []
    for number in range(150):
        moment = NINE + timedelta(seconds=number)
        sent += [moment] * len(fast.claim(moment + ahead, "fast", LEASE))
        sent += [moment] * len(ledger.claim(moment))
    assert len(sent) > 30
    assert max(sum(first <= moment < first + MINUTE for moment in sent) for first in sent) <= 20


def test_no_statement_is_given_for_each_row(shared: tuple[Ledger, Store]) -> None:
    """Writers wait for each other: a statement a row would cost all of them ten times what the rows do."""
    ledger, _ = shared
    seen: list[tuple[str, bool]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        seen.append((statement, many))

    ledger.fan_out("o", *(f"g{i}" for i in range(50)))
    event.listen(ledger.store._engine, "before_cursor_execute", note)
    ledger.finish(ledger.sending(), State.SENT)
    assert [statement for statement, many in seen if many] == []
    assert len(seen) < 40
    assert {row.state for row in ledger.rows().values()} == {State.SENT}


def test_rows_that_are_changed_twice_in_one_go_get_the_last_value(shared: tuple[Ledger, Store]) -> None:
    ledger, _ = shared
    ledger.fan_out("o", "g1", "g2")
    change = update(DELIVERY).where(DELIVERY.c.id == bindparam("id_")).values(hold=bindparam("hold_"))
    rows = [{"id_": 1, "hold_": "a"}, {"id_": 2, "hold_": "b"}, {"id_": 1, "hold_": "c"}]
    with ledger.store._write() as conn:
        assert run_many(conn, change, rows) == 3
        found = conn.execute(select(DELIVERY.c.id, DELIVERY.c.hold).order_by(DELIVERY.c.id)).all()
    assert found == [(1, "c"), (2, "b")]


ODD = ["", "a", '"', "\\", '\\"', "{x,y}", "NULL", "null", " x ", "多行\n\t", "%s", "'", "v.c0"]


@pytest.mark.parametrize("texts", [ODD, ["same"] * 3, ODD[2:3] * 3, [None, "a", None], [None] * 3])
def test_many_rows_in_one_statement_get_each_its_own_values(
    shared: tuple[Ledger, Store], texts: list[str | None]
) -> None:
    """Also where a column, or all of them, say the same in all rows, and whatever the values look like."""
    ledger, _ = shared
    ledger.fan_out("o", *(f"g{i}" for i in range(len(texts))))
    change = (
        update(DELIVERY)
        .where(DELIVERY.c.id == bindparam("id_"), DELIVERY.c.state == bindparam("state_", type_=DELIVERY.c.state.type))
        .values(text=bindparam("text_"), priority=bindparam("priority_"), doubtful=bindparam("doubtful_"))
    )
    rows = [
        {"id_": i + 1, "state_": State.PLANNED, "text_": text, "priority_": i - 1, "doubtful_": i % 2 == 1}
        for i, text in enumerate(texts)
    ]
    seen = select(DELIVERY.c.text, DELIVERY.c.priority, DELIVERY.c.doubtful).order_by(DELIVERY.c.id)
    lines = [{"at": NINE, "entity": "x", "ref": None, "name": "", "before": "", "after": "", "reason": "", "actor": ""}]
    with ledger.store._write() as conn:
        assert run_many(conn, change, rows) == len(texts)
        assert conn.execute(seen).all() == [(text, i - 1, i % 2 == 1) for i, text in enumerate(texts)]
        assert run_many(conn, change, rows[:1]) == 1
        assert run_many(conn, insert(TRANSITION), lines * 3) == 3
        assert conn.execute(select(func.count()).where(TRANSITION.c.entity == "x")).scalar() == 3


def test_what_the_driver_has_prepared_outlives_a_read(shared: tuple[Ledger, Store]) -> None:
    """A transaction that is taken back, as a read may well be, costs the driver all of it."""
    _, store = shared
    for _ in range(8):
        store.newest_line()
    with store._read() as conn:
        prepared = "select count(*) from pg_prepared_statements where strpos(statement, 'max(transition.id)') > 0"
        assert conn.exec_driver_sql(prepared).scalar_one() == 1


def test_the_server_knows_at_once_that_a_table_has_grown(shared: tuple[Ledger, Store]) -> None:
    """What follows is planned for its size, not for that of a minute before: this server counts nothing by itself."""
    ledger, _ = shared
    with ledger.store._read() as conn:
        size = "select reltuples from pg_class where oid = 'delivery'::regclass"
        assert conn.exec_driver_sql(size).scalar_one() < 1
    ledger.fan_out("o", *(f"g{i}" for i in range(SIZE_MATTERS)))
    with ledger.store._read() as conn:
        assert conn.exec_driver_sql(size).scalar_one() == SIZE_MATTERS


def test_a_claim_looks_only_at_addresses_whose_turn_it_is(shared: tuple[Ledger, Store]) -> None:
    ledger, _ = shared
    row = ledger.planned("o")
    many = [delivery(row, f"g{i}") for i in range(10 * BUCKETS)]
    ledger.store.add_fan_out(row.id, many, [], NINE)
    looked: list[int] = []

    def explain(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if "ORDER BY bucket.served_at" in statement:
            explained = conn.connection.driver_connection.execute(
                f"explain (analyze, format json) {statement}", parameters
            )
            looked.extend(rows_seen(explained.fetchone()[0][0]["Plan"]))

    def rows_seen(node: Any) -> Iterator[int]:
        yield node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for part in node.get("Plans", ()):
            yield from rows_seen(part)

    event.listen(ledger.store._engine, "before_cursor_execute", explain)
    assert len(ledger.claim(limit=BUCKETS)) == BUCKETS
    assert 0 < max(looked) <= BUCKETS


def test_outcomes_of_two_workers_go_beside_each_other_and_the_log_is_numbered_by_commits(
    shared: tuple[Ledger, Store],
) -> None:
    """The one whose transaction began first commits last: no reader has passed its line by then."""
    ledger, other = shared
    ledger.fan_out("o", "g1", "g2")
    [first], [second] = ledger.claim(limit=1), other.claim(NINE, "b", LEASE)
    seen = []
    with ThreadPoolExecutor(1) as pool:

        def late() -> None:
            with ledger.store._write(own=True) as conn:
                assert other.intend([Intent(second.id, second.fence, "x")], NINE) == {second.id}
                seen.append(other.newest_line())
                outcomes.intend(conn, [Intent(first.id, first.fence, "x")], NINE, NINE, None)

        pool.submit(late).result(30)
    assert ledger.store.newest_line() == seen[0] + 1


def test_nothing_else_goes_beside_an_outcome(shared: tuple[Ledger, Store]) -> None:
    ledger, other = shared
    ledger.fan_out("o", "g1", "g2")
    [claimed] = ledger.claim(limit=1)
    with ThreadPoolExecutor(1) as pool, ledger.store._write(own=True) as conn:
        outcomes.intend(conn, [Intent(claimed.id, claimed.fence, "x")], NINE, NINE, None)
        withdrawing = pool.submit(other.withdraw, "summer", NINE, "lin", "stop")
        until_somebody_waits(other)
        conn.commit()
        assert withdrawing.result(30) == 1, "what is being sent is not withdrawn"
    assert ledger.row(claimed.key).state is State.SENDING


def until_somebody_waits(store: Store) -> None:
    query = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    query += " and database = (select oid from pg_database where datname = current_database())"
    while True:
        with store._read() as conn:
            if conn.exec_driver_sql(query).scalar_one():
                return

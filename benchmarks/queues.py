"""The peers on PostgreSQL: each stores `count` jobs that do nothing, then takes them out, runs them and records that
they are done, as its own worker does. Each with its own settings but for what its docstring names."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg


class Peer(NamedTuple):
    """`work` returns when no job is left: when its worker was ready (`time.monotonic`), and how many jobs are done;
    `package` is what has to be installed."""

    package: str
    store: Callable[[str, int], None]
    work: Callable[[str], tuple[float, int]]


PATIENCE = 300
LANES = 10
"""Threads of DBOS, jobs at once of Procrastinate: of 1, 4, 10 and 30 the fastest."""


def _huey(url: str) -> tuple[Any, Callable[[], Any]]:
    from huey import PostgresHuey

    queue = PostgresHuey("bench", dsn=url, blocking=False)

    @queue.task()  # type: ignore[untyped-decorator]
    def nothing() -> bool:
        return True

    return queue, nothing


def store_huey(url: str, count: int) -> None:
    queue, nothing = _huey(url)
    for _ in range(count):
        nothing()
    queue.storage.close()


def work_huey(url: str) -> tuple[float, int]:
    """Its worker's own loop (dequeue, execute) without polling; results kept. Threads would share one connection."""
    queue, _ = _huey(url)
    begin, done = time.monotonic(), 0
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
        done += 1
    return begin, done


def store_dbos(url: str, count: int) -> None:
    from dbos import DBOS, DBOSClient

    made = _dbos(url)  # launching makes its tables
    DBOS.launch()
    DBOS.destroy()
    del made
    client = DBOSClient(system_database_url=url)
    client.register_queue("bench", polling_interval_sec=0.01)
    for _ in range(count):
        client.enqueue({"queue_name": "bench", "workflow_name": "nothing", "app_version": "bench"})
    client.destroy()


def work_dbos(url: str) -> tuple[float, int]:
    """Workflows of a queue, which is looked at every 10 ms instead of every second."""
    from dbos import DBOS

    _dbos(url)

    @DBOS.workflow(name="nothing")
    def nothing() -> bool:
        return True

    left = "select count(*) from dbos.workflow_status where status in ('ENQUEUED', 'PENDING')"
    with psycopg.connect(url, autocommit=True) as watching:
        DBOS.launch()
        begin = time.monotonic()
        limit = begin + PATIENCE
        while _number(watching, left):
            if time.monotonic() > limit:
                raise RuntimeError("workflows are left")
            time.sleep(0.02)
        done = _number(watching, "select count(*) from dbos.workflow_status where status = 'SUCCESS'")
    DBOS.destroy()
    return begin, done


def _dbos(url: str) -> object:
    from dbos import DBOS

    return DBOS(
        config={
            "name": "bench",
            "system_database_url": url,
            "application_version": "bench",
            "max_executor_threads": LANES,
            "log_level": "ERROR",
        }
    )


def _procrastinate(url: str) -> tuple[Any, Any]:
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=url))

    @app.task(name="nothing")
    async def nothing() -> None:
        pass

    return app, nothing


def store_procrastinate(url: str, count: int) -> None:
    async def stored() -> None:
        app, nothing = _procrastinate(url)
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            await nothing.batch_defer_async(*({} for _ in range(count)))

    asyncio.run(stored())


def work_procrastinate(url: str) -> tuple[float, int]:
    """Its worker until the queue is empty; done jobs are kept."""
    logging.getLogger("procrastinate").setLevel(logging.ERROR)

    async def worked() -> float:
        app, _ = _procrastinate(url)
        async with app.open_async():
            begin = time.monotonic()
            await app.run_worker_async(wait=False, concurrency=LANES, install_signal_handlers=False)
            return begin

    begin = asyncio.run(worked())
    with psycopg.connect(url) as conn:
        return begin, _number(conn, "select count(*) from procrastinate_jobs where status = 'succeeded'")


PEERS = {
    "Huey": Peer("huey", store_huey, work_huey),
    "DBOS": Peer("dbos", store_dbos, work_dbos),
    "Procrastinate": Peer("procrastinate", store_procrastinate, work_procrastinate),
}


def _number(conn: psycopg.Connection[Any], query: str) -> int:
    row = conn.execute(query).fetchone()
    return int(row[0]) if row else 0

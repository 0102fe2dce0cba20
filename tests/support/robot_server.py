"""A loopback server that answers as WeCom's group robot does, or as a script of faults tells it to.

    with RobotServer() as server:
        server.script("KEY-A", [errcode(45009), cut(), ok()])   # one answer per request, then `ok` for ever
        …
        assert [r.key for r in server.received] == […]

Point a channel at it with `base_url = server.url` (or `url = server.url + "/hook"` for a webhook) and
`allow_private = true`. Requests without `?key=` are scripted and recorded under the key "".
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Received:
    """One request, recorded before it is answered. `taken`: the robot would have shown the message."""

    key: str
    path: str
    headers: dict[str, str]  # names in lower case
    raw: bytes
    taken: bool

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def content(self) -> str:
        """The text as the robot got it (a webhook's too)."""
        body = self.body
        return str(body[body["msgtype"]]["content"] if "msgtype" in body else body["text"])


@dataclass(frozen=True)
class Reply:
    """How one request is answered. `taken`: whether the message counts as shown, even if the answer is lost."""

    write: Callable[[socket.socket, threading.Event], None]
    taken: bool = False


def answer(status: int, body: bytes, headers: dict[str, str] | None = None, *, taken: bool = False) -> Reply:
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    return Reply(lambda to, stop: to.sendall(_head(status, fields) + body), taken)


def errcode(code: int, words: str = "refused by the script") -> Reply:
    return answer(200, json.dumps({"errcode": code, "errmsg": words}).encode(), taken=code == 0)


def ok() -> Reply:
    return errcode(0, "ok")


def status(code: int, headers: dict[str, str] | None = None) -> Reply:
    return answer(code, b"<html>gateway</html>", headers)


def redirect(to: str) -> Reply:
    return answer(302, b"", {"Location": to})


def garbage() -> Reply:
    return answer(200, b"<html>please sign in</html>")


def huge() -> Reply:
    return answer(200, b'{"errcode":0,"errmsg":"' + b"x" * 200_000 + b'"}', taken=True)


def cut() -> Reply:
    """The request is read and taken, then the connection is reset without a byte of an answer."""
    return Reply(lambda to, stop: _reset(to), taken=True)


def half() -> Reply:
    """The answer breaks off in the middle of its body."""
    return Reply(lambda to, stop: to.sendall(_head(200, {"Content-Length": "400"}) + b'{"errcode":0,'), taken=True)


def no_http() -> Reply:
    return Reply(lambda to, stop: to.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))


def drip(part: str = "head") -> Reply:
    """A byte every now and then, for ever: inside the `head` or the `body`. Each wait by itself is short."""
    start = b"HTTP/1.1 200 OK\r\nX-Slow: " if part == "head" else _head(200, {"Content-Length": "1000000"})

    def write(to: socket.socket, stop: threading.Event) -> None:
        to.sendall(start)
        while not stop.wait(0.02):
            to.sendall(b"x")

    return Reply(write, taken=True)


def silent() -> Reply:
    """The request is read and nothing ever comes back."""
    return Reply(lambda to, stop: _hold(stop), taken=True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many senders at once are not to wait for a place in the queue


class RobotServer:
    def __init__(self) -> None:
        self._scripts: dict[str, list[Reply]] = {}
        self._lock = threading.Condition()
        self._stop = threading.Event()
        self._received: list[Received] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def received(self) -> list[Received]:
        """All requests so far, in the order they came."""
        with self._lock:
            return list(self._received)

    @property
    def taken(self) -> list[Received]:
        """The requests whose message the robot would have shown."""
        return [request for request in self.received if request.taken]

    def script(self, key: str, replies: Iterable[Reply]) -> None:
        """The next answers to requests with `key`, after those scripted before."""
        with self._lock:
            self._scripts.setdefault(key, []).extend(replies)

    def wait_for(self, count: int, seconds: float = 30) -> list[Received]:
        """Returns when `count` requests have come; fails the test when they have not in time."""
        with self._lock:
            assert self._lock.wait_for(lambda: len(self._received) >= count, seconds), self._received
            return list(self._received)

    def __enter__(self) -> RobotServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _record(self, key: str, path: str, headers: dict[str, str], raw: bytes) -> Reply:
        with self._lock:
            waiting = self._scripts.get(key)
            reply = waiting.pop(0) if waiting else ok()
            self._received.append(Received(key, path, headers, raw, reply.taken))
            self._lock.notify_all()
            return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                key = parse_qs(urlsplit(self.path).query).get("key", [""])[0]
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = server._record(key, self.path, headers, raw)
                self.close_connection = True
                try:
                    reply.write(self.connection, server._stop)
                except OSError:
                    return  # the client gave up first, as it should with a slow answer

            def do_GET(self) -> None:
                server._record("GET", self.path, {}, b"{}")
                ok().write(self.connection, server._stop)

            def log_message(self, format: str, *args: Any) -> None:
                """Keep quiet."""

        return Handler


def _head(code: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} Scripted", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def _hold(stop: threading.Event) -> None:
    stop.wait()


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()

"""The page of a preview at an address of this machine: read only, and only by who knows the address."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from secrets import token_urlsafe
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from sopengine.diagnostics import Text
from sopengine.errors import SopError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
"""By which the page may be asked for: another name that leads here is another site's (DNS rebinding)."""
SECONDS = 10
"""How long a request may take to come, and after which a silent line is tried again, so that one whose page was closed
is let go of."""


class Board:
    """The newest page, and those who wait for a newer one."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._version, self._page, self._closed = 0, b"", False

    @property
    def page(self) -> bytes:
        with self._news:
            return self._page

    def put(self, version: int, page: str) -> None:
        with self._news:
            self._version, self._page = version, page.encode()
            self._news.notify_all()

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()

    def versions(self) -> Iterator[bytes]:
        """Server-sent events: the version now, and each that comes after it."""
        told = -1
        while True:
            with self._news:
                if self._version == told and not self._closed:
                    self._news.wait(SECONDS)
                if self._closed:
                    return
                new, told = self._version != told, self._version
            yield b"data: %d\n\n" % told if new else b":\n\n"


class PreviewServer:
    """Use as a context manager. SopError where the port is taken; port 0 takes any that is free."""

    def __init__(self, board: Board, port: int) -> None:
        self._board, self._word = board, token_urlsafe(12)
        try:
            self._server: WSGIServer = _Server((HOST, port), _Handler)
        except OSError as error:
            raise SopError(
                Text(f"端口 {port} 用不了：{error.strerror}", f"port {port} cannot be used: {error.strerror}"),
                Text("换一个 --port，或不写，自动找一个", "choose another --port, or leave it out to take a free one"),
            ) from error
        self._server.set_app(self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="preview", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """It holds a word that nobody can guess: others who work on this machine cannot read along."""
        return f"http://{HOST}:{self._server.server_port}/{self._word}/"

    def __enter__(self) -> PreviewServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._board.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("HTTP_HOST", "") not in {f"{name}:{self._server.server_port}" for name in NAMES}:
            start_response("403 Forbidden", [*_GUARDED, _PLAIN])
            return [b"only as 127.0.0.1 or localhost\n"]
        if environ["REQUEST_METHOD"] != "GET":
            start_response("405 Method Not Allowed", [*_GUARDED, _PLAIN, ("Allow", "GET")])
            return [b"only GET\n"]
        if environ["PATH_INFO"] == f"/{self._word}/":
            start_response("200 OK", [*_GUARDED, ("Content-Type", "text/html; charset=utf-8")])
            return [self._board.page]
        if environ["PATH_INFO"] == f"/{self._word}/changes":
            start_response("200 OK", [*_GUARDED, ("Content-Type", "text/event-stream")])
            return self._board.versions()
        start_response("404 Not Found", [*_GUARDED, _PLAIN])
        return [b"not here\n"]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False  # whoever still waits for news is told by the board


class _Handler(WSGIRequestHandler):
    timeout = SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """A page that is read is no event."""


_PLAIN = ("Content-Type", "text/plain; charset=utf-8")
_GUARDED = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "frame-ancestors 'none'"),  # the rest stands in the page
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
]

"""The port at which a daemon's numbers are read: answers /metrics and nothing else. It reads the ledger and holds up no
delivery; where that cannot be read it says so with 503, and the next reading tries again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from socket import AF_INET, AF_INET6
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from sopengine.diagnostics import Text
from sopengine.engine.metrics import registry
from sopengine.errors import SopError
from sopengine.store.store import Store

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

SECONDS = 10
"""How long a reader may take for its request."""


class Exporter:
    """Use as a context manager. SopError where the address cannot be listened on."""

    def __init__(self, store: Store, now: Callable[[], datetime], host: str, port: int) -> None:
        kind = type("Server", (_Server,), {"address_family": AF_INET6 if ":" in host else AF_INET})
        try:
            self._server: WSGIServer = kind((host, port), _Handler)
        except OSError as error:
            raise SopError(
                Text(
                    f"指标地址 {host}:{port} 用不了：{error.strerror}",
                    f"cannot serve metrics at {host}:{port}: {error.strerror}",
                ),
                Text("换一个端口，或删掉 [metrics]", "choose another port, or take [metrics] away"),
            ) from error
        self._server.set_app(_only_metrics(make_wsgi_app(registry(store, now))))
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def __enter__(self) -> Exporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away or says nothing is no event either."""


class _Handler(WSGIRequestHandler):
    timeout = SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """A reading every few seconds is no event."""


def _only_metrics(numbers: WSGIApplication) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/metrics" or environ.get("REQUEST_METHOD") != "GET":
            start_response("404 Not Found", _PLAIN)
            return [b"GET /metrics\n"]
        try:
            return numbers(environ, start_response)
        except SopError as error:
            start_response("503 Service Unavailable", _PLAIN)
            return [f"{error.message.en}\n".encode()]
        except Exception:  # the server would write the trace past the log
            log.exception("the metrics could not be told")
            start_response("500 Internal Server Error", _PLAIN)
            return [b"see the log\n"]

    return answer


_PLAIN = [("Content-Type", "text/plain; charset=utf-8")]

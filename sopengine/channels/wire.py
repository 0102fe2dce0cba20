"""The network under `http.post`: connects only where it may, and counts every wait against one deadline.

httpx2 limits each wait, not the whole exchange, and resolves names itself. Its lower half, httpcore2, takes a network
backend: there both are decided. Its log lines name the URL and stay below WARNING.
"""

from __future__ import annotations

import functools
import logging
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore2
import httpx2

from sopengine import failpoints
from sopengine.channels.addresses import Endpoint, NotAllowed, NotFound, resolve
from sopengine.channels.answers import BODY_CAP, Answer, NoAnswer
from sopengine.channels.base import Outcome

_SLICE = 16384  # bytes written per wait
_FAULTS = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError)

for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def exchange(
    to: Endpoint,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout: float,
    allow_private: bool,
    method: str = "POST",
) -> Answer | NoAnswer:
    """See `http.post`. `timeout`: seconds from now to the last byte of the answer."""
    network = _Network(time.monotonic() + timeout, allow_private=allow_private)
    url = httpcore2.URL(scheme=to.scheme, host=to.host, port=to.port, target=to.target)
    named: dict[bytes | str, bytes | str] = {
        "Host": _host_header(to),
        "Content-Length": str(len(body)),
        "Accept-Encoding": "identity",
    }
    named.update(headers)
    try:
        tls = _tls() if to.scheme == "https" else None
    except OSError:  # SSL_CERT_FILE names a file that is missing or holds no certificates
        return NoAnswer(Outcome.NOT_NOW, "the certificates of this machine cannot be read")
    connection = httpcore2.HTTPConnection(origin=url.origin, ssl_context=tls, network_backend=network)
    try:
        response = connection.handle_request(httpcore2.Request(method, url, headers=named, content=body))
        return _read(response)
    except NotAllowed as fault:
        return NoAnswer(Outcome.REFUSED, str(fault))
    except NotFound as fault:
        return NoAnswer(Outcome.NOT_NOW, str(fault))
    except _FAULTS as fault:
        if network.request_began:
            return NoAnswer(Outcome.UNKNOWN, f"{_words(fault)} after the request had begun")
        return NoAnswer(Outcome.NOT_NOW, f"{_words(fault)} before the request")
    finally:
        connection.close()


def _read(response: httpcore2.Response) -> Answer:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    body, cut = b"", ""
    try:
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > BODY_CAP:
                cut = "the answer is longer than 64 KiB"
                break
    except _FAULTS as fault:
        cut = f"{_words(fault)} inside the answer"
    finally:
        response.close()
    return Answer(response.status, headers, body[:BODY_CAP], cut)


def _words(fault: Exception) -> str:
    """Own words: the library's may name the URL or the host."""
    if isinstance(fault, httpcore2.TimeoutException):
        return "time-out"
    if isinstance(fault, httpcore2.ConnectError):
        return "TLS failed" if isinstance(fault.__cause__, ssl.SSLError) else "no connection"
    if isinstance(fault, httpcore2.ProtocolError):
        return "connection closed or no HTTP"
    return "connection lost"


def _host_header(to: Endpoint) -> str:
    host = f"[{to.host}]" if ":" in to.host else to.host
    return host if to.port == (443 if to.scheme == "https" else 80) else f"{host}:{to.port}"


class _Network(httpcore2.NetworkBackend):
    """Connects one exchange. `request_began` turns true before the first byte of the request leaves us."""

    def __init__(self, deadline: float, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self.request_began = False

    def left(self) -> float:
        """Seconds to the deadline; the library's own time-out once it is over."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore2.TimeoutException
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = resolve(host, port, allow_private=self._allow_private)
        for number, address in enumerate(addresses):
            share = self.left() / (len(addresses) - number)
            try:
                stream = httpcore2.SyncBackend().connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
            else:
                return _Stream(stream, self)
        raise NotFound("the host name was not found")


class _Stream(httpcore2.NetworkStream):
    """A connection whose every wait ends at the exchange's deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, network: _Network) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            left = self._network.left()
            self._network.request_began = True
            self._stream.write(buffer[start : start + _SLICE], left)
            failpoints.reached("after_send")

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            left = self._network.left()
        except httpcore2.TimeoutException:
            self._stream.close()
            raise
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

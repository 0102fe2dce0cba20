"""Where a channel may connect: a URL or a host → why not, or the addresses to use."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

IP: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291: the only global unicast space handed out
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last four bytes
_HOST = re.compile(r"[A-Za-z0-9.:_-]+")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")
"""Ends in a number: what resolvers may read as an IPv4 address, octal, hexadecimal or short (WHATWG URL, 3.5)."""


class Endpoint(NamedTuple):
    """A URL taken apart. `host` is ASCII; `target` is the path with its query."""

    scheme: str
    host: str
    port: int
    target: str


class NotAllowed(Exception):
    """The address is none a channel may connect to; the text names no URL."""


class NotFound(Exception):
    """The host name could not be resolved now."""


def endpoint(url: str, *, hosts: tuple[str, ...] = (), allow_private: bool = False) -> Endpoint:
    """The URL's parts. NotAllowed if it is not https to one of `hosts` (none given: any); plain http only with
    `allow_private`."""
    if not url.isprintable() or " " in url or "\\" in url:
        raise NotAllowed("the URL holds a sign that no URL has")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna" if not (parts.hostname or "").isascii() else "ascii").decode()
        target = ((parts.path or "/") + (f"?{parts.query}" if parts.query else "")).encode("ascii").decode()
    except ValueError:  # UnicodeError is one
        raise NotAllowed("the URL cannot be read") from None
    if parts.scheme not in ("https", "http"):
        raise NotAllowed("the URL does not start with https://")
    if parts.scheme == "http" and not allow_private:
        raise NotAllowed("plain http is not taken, use https")
    if parts.username is not None or port == 0 or not _HOST.fullmatch(host):
        raise NotAllowed("the URL has no plain host name and port")
    if _NUMBER.fullmatch(host) and not _is_v4(host):
        raise NotAllowed("the host is a number in a notation that not everybody reads alike")
    if hosts and host not in hosts:
        raise NotAllowed(f"the host is not {' or '.join(hosts)}")
    return Endpoint(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def _is_v4(host: str) -> bool:
    """Four plain decimal numbers, the one notation that all read alike."""
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The host's addresses, looked up once. One that is not public refuses them all: such an answer is not trusted."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFound("the host name was not found") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses:
        raise NotFound("the host name was not found")
    if not allow_private and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
        raise NotAllowed("the host leads to an address that is not public")
    return addresses


def is_public(address: IP) -> bool:
    """Whether everybody on the internet means the same machine by it; looks inside IPv6 forms of IPv4 addresses."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        return address in _UNICAST and address.is_global
    return address.is_global and not address.is_multicast and not address.is_reserved

"""Where a channel may connect: nothing but public machines over https, unless the operator allows it."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

import pytest

from sopengine.channels.addresses import Endpoint, NotAllowed, endpoint, is_public
from sopengine.channels.base import ChannelSettings, Outcome, Outgoing, Receipt
from sopengine.channels.kinds import open_channel
from sopengine.channels.secrets import Secrets
from tests.support.robot_server import RobotServer


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", Endpoint("https", "example.com", 443, "/")),
        ("https://EXAMPLE.com:8443/a?b=c#d", Endpoint("https", "example.com", 8443, "/a?b=c")),
        ("https://茶铺.example/x", Endpoint("https", "xn--cl1av77a.example", 443, "/x")),
        ("https://[2001:db8::1]/", Endpoint("https", "2001:db8::1", 443, "/")),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: Endpoint) -> None:
    assert endpoint(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:pw@example.com",
        "https://example.com\\@evil.example",
        "https://exa mple.com",
        "https://example.com\n.evil.example",
        "https://example.com:99999",
        "https://example.com:0",
        "https://[::1",
        "https://example.com/路径",
        "https://" + "a" * 300 + "茶.example",
    ],
)
def test_what_is_no_url_for_a_channel(url: str) -> None:
    with pytest.raises(NotAllowed):
        endpoint(url)


def test_only_the_platforms_own_host() -> None:
    with pytest.raises(NotAllowed, match=r"qyapi\.weixin\.qq\.com"):
        endpoint("https://qyapi.weixin.qq.com.evil.example/", hosts=("qyapi.weixin.qq.com",))
    assert endpoint("https://qyapi.weixin.qq.com/x", hosts=("qyapi.weixin.qq.com",)).target == "/x"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.0.23",
        "100.100.100.200", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1",
        "::", "::1", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::7f00:1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:4136:e378::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "101.226.129.158", "2400:3200::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_no_spelling_of_the_own_machine_is_reached(server: RobotServer, tmp_path: Path, host: str) -> None:
    port = server.url.rsplit(":", 1)[1]
    settings = ChannelSettings("robot", "wecom-robot", {"base_url": f"https://{host}:{port}", "secret": "R"})
    receipt = open_channel(settings, Secrets(tmp_path, {"R": "key"})).send(Outgoing("k", "x"))
    assert receipt.outcome in (Outcome.REFUSED, Outcome.NOT_NOW)
    assert receipt.reason in (
        "the host leads to an address that is not public",
        "the host is a number in a notation that not everybody reads alike",
    )
    assert server.received == []


def test_one_private_address_among_public_ones_refuses_them_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def answers(host: str, port: int, type: int) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, type, 6, "", (ip, port)) for ip in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    settings = ChannelSettings("robot", "wecom-robot", {"secret": "R"})
    receipt = open_channel(settings, Secrets(tmp_path, {"R": "key"})).send(Outgoing("k", "x"))
    assert receipt == Receipt(Outcome.REFUSED, "the host leads to an address that is not public")


def test_a_name_that_is_not_found_may_be_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(host: str, port: int, type: int) -> list[tuple[object, ...]]:
        raise socket.gaierror(-3, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    settings = ChannelSettings("robot", "wecom-robot", {"secret": "R"})
    receipt = open_channel(settings, Secrets(tmp_path, {"R": "key"})).send(Outgoing("k", "x"))
    assert receipt == Receipt(Outcome.NOT_NOW, "the host name was not found")


def test_plain_http_needs_the_operators_word(server: RobotServer, tmp_path: Path) -> None:
    settings = ChannelSettings("robot", "wecom-robot", {"base_url": server.url, "secret": "R"})
    receipt = open_channel(settings, Secrets(tmp_path, {"R": "key"})).send(Outgoing("k", "x"))
    assert receipt == Receipt(Outcome.REFUSED, "plain http is not taken, use https")


def test_a_proxy_in_the_environment_is_not_used(
    server: RobotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    options = {"base_url": server.url, "secret": "R", "allow_private": True}
    settings = ChannelSettings("robot", "wecom-robot", options)
    assert open_channel(settings, Secrets(tmp_path, {"R": "key"})).send(Outgoing("k", "x")).outcome is Outcome.SENT

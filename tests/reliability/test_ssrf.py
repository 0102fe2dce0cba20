"""No channel is led to a machine that is not public: every notation of such addresses, names that lead there, answers
of the DNS that change, redirects. What counts is that nothing is connected; a guard in place of the network sees it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path

import httpcore2
import pytest

from sopengine.channels.base import ChannelSettings, Outcome, Outgoing
from sopengine.channels.kinds import OPTIONS, open_channel
from sopengine.channels.options import HTTP_OPTIONS
from sopengine.channels.secrets import Secrets
from sopengine.channels.skew import skew
from sopengine.clock import SystemClock
from sopengine.workspace import load_workspace
from tests.support.robot_server import RobotServer, redirect

V4 = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1"),
    *("169.254.169.254", "169.254.0.23", "100.100.100.200", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
]
"""Own machine, private networks, link-local and clouds' metadata, carrier NAT, benchmarks, multicast, broadcast."""
V6 = [
    *("::", "::1", "0:0:0:0:0:0:0:1", "0000::0001", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1"),
    *("64:ff9b:1::1", "2001:db8::1", "2001::1", "100::1", "::2"),
]


def notations(dotted: str) -> Iterator[str]:
    """Whatever some resolver or library takes for this address, as it would stand in a URL."""
    parts = [int(part) for part in dotted.split(".")]
    number = int(ipaddress.IPv4Address(dotted))
    yield dotted
    yield dotted + "."
    yield str(number)
    yield hex(number)
    yield hex(number).upper()
    yield f"0x{number:016x}"
    yield f"0{number:o}"
    yield ".".join(map(hex, parts))
    yield ".".join(f"0{part:o}" for part in parts)
    yield ".".join(f"{part:04o}" for part in parts)
    yield ".".join(f"{part:03d}" for part in parts)
    yield f"{parts[0]}.{number & 0xFFFFFF}"
    yield f"{parts[0]}.{parts[1]}.{number & 0xFFFF}"
    yield f"{hex(parts[0])}.0{parts[1]:o}.{number & 0xFFFF}"
    yield str(number + (1 << 32))
    yield "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in dotted)
    yield dotted.replace(".", "。")
    yield dotted.replace(".", "%2e")
    yield dotted.replace("1", "①")
    yield f"example.com@{dotted}"
    yield f"{dotted}#@example.com"
    yield f"example.com\\@{dotted}"
    high, low = number >> 16, number & 0xFFFF
    for inside in (
        f"::ffff:{dotted}",
        f"::ffff:{high:x}:{low:x}",
        f"0:0:0:0:0:ffff:{high:04x}:{low:04x}",
        f"::{dotted}",
        f"::ffff:0:{high:x}:{low:x}",
        f"64:ff9b::{dotted}",
        f"64:ff9b::{high:x}:{low:x}",
        f"0064:ff9b:0:0:0:0:{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
    ):
        yield f"[{inside}]"
    yield f"[::ffff:{dotted}%25lo]"


HOSTS = [
    *dict.fromkeys(host for dotted in V4 for host in notations(dotted)),
    *(f"[{address}]" for address in V6),
    *("[::1%25lo]", "[fe80::1%25eth0]"),
]
OWN_NAMES = ["localhost", "LOCALHOST", "localhost.", "ip6-localhost", "ｌocalhost"]


class Guard:
    """In the place of the network: notes whoever would have been connected to, and lets nobody through."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    def connect(self, _backend: object, host: str, *_: object, **__: object) -> httpcore2.NetworkStream:
        self.reached.append(host)
        raise httpcore2.ConnectError


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    guard = Guard()
    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", lambda self, *a, **k: guard.connect(self, *a, **k))
    return guard


@pytest.fixture
def numbers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own reading of numbers, in all its notations; names are not asked for on any network."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, type: real(host, port, type=type, flags=socket.AI_NUMERICHOST)
    )


def channels(base: str, tmp_path: Path) -> Iterator[tuple[ChannelSettings, Secrets]]:
    """Each way in which an address of the operator's reaches a channel."""
    secrets = Secrets(tmp_path, {"KEY": "key", "WHERE": base + "/in"})
    yield ChannelSettings("robot", "wecom-robot", {"base_url": base, "secret": "KEY"}), secrets
    yield ChannelSettings("hook", "webhook", {"url": base + "/in", "secret": "KEY"}), secrets
    yield ChannelSettings("hidden", "webhook", {"url_secret": "WHERE", "secret": "KEY"}), secrets


def test_the_list_is_long() -> None:
    assert len(HOSTS) > 400


def test_the_guard_sees_a_connection(guard: Guard, tmp_path: Path) -> None:
    for settings, secrets in channels("https://8.8.8.8", tmp_path):
        open_channel(settings, secrets).send(Outgoing("k", "x"))
    assert guard.reached == ["8.8.8.8"] * 3


def test_no_notation_leads_inside(guard: Guard, numbers_only: None, tmp_path: Path) -> None:
    """Also not to the public address that `010.000.000.001` is where it is read as octal."""
    for host in HOSTS:
        for port in ("", ":8443"):
            for settings, secrets in channels(f"https://{host}{port}", tmp_path):
                receipt = open_channel(settings, secrets).send(Outgoing("k", "x"))
                assert receipt.outcome in (Outcome.REFUSED, Outcome.NOT_NOW), (host, receipt)
                assert guard.reached == [], host


@pytest.mark.parametrize("host", OWN_NAMES)
def test_no_name_of_the_own_machine(guard: Guard, tmp_path: Path, host: str) -> None:
    for settings, secrets in channels(f"https://{host}", tmp_path):
        assert open_channel(settings, secrets).send(Outgoing("k", "x")).outcome in (Outcome.REFUSED, Outcome.NOT_NOW)
    assert guard.reached == []


def test_the_look_at_the_clock_leads_nowhere_else(guard: Guard, numbers_only: None, tmp_path: Path) -> None:
    for host in HOSTS:
        for settings, secrets in channels(f"https://{host}", tmp_path):
            assert isinstance(skew(settings, secrets, SystemClock().now), str)
    assert guard.reached == []


@pytest.mark.parametrize("scheme", ["http", "ftp", "file", "gopher", "unix", "HTTP", "ws", ""])
def test_no_other_scheme(guard: Guard, tmp_path: Path, scheme: str) -> None:
    for settings, secrets in channels(f"{scheme}://8.8.8.8", tmp_path):
        assert open_channel(settings, secrets).send(Outgoing("k", "x")).outcome is Outcome.REFUSED
    assert guard.reached == []


class Rebinding:
    """A DNS whose answer changes: public when it is looked at, inside when it is used."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]


def test_a_name_is_asked_once_and_only_that_answer_is_used(
    guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for settings, secrets in channels("https://rebind.example", tmp_path):
        dns = Rebinding(["8.8.8.8"], ["127.0.0.1"])
        guard.reached.clear()
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", dns)
            channel = open_channel(settings, secrets)
            channel.send(Outgoing("k", "x"))
            assert (guard.reached, dns.asked) == (["8.8.8.8"], 1)
            receipt = channel.send(Outgoing("k", "x"))
        assert (receipt.outcome, guard.reached) == (Outcome.REFUSED, ["8.8.8.8"])


@pytest.mark.parametrize("answer", [["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["169.254.169.254"], ["::1"]])
def test_a_name_with_one_answer_inside_is_refused(
    guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: list[str]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Rebinding(answer))
    for settings, secrets in channels("https://names.example", tmp_path):
        assert open_channel(settings, secrets).send(Outgoing("k", "x")).outcome is Outcome.REFUSED
    assert guard.reached == []


@pytest.mark.parametrize("kind", ["wecom-robot", "webhook"])
def test_no_redirect_is_followed(tmp_path: Path, kind: str) -> None:
    """Even from a receiver on the own network, where private addresses are allowed."""
    with RobotServer() as inside, RobotServer() as outside:
        where = [inside.url + "/x", "http://169.254.169.254/latest/meta-data/", "//127.0.0.1/", "file:///etc/passwd"]
        key = "key" if kind == "wecom-robot" else ""
        outside.script(key, [redirect(to) for to in where])
        options = {"secret": "KEY", "allow_private": True}
        options |= {"base_url": outside.url} if kind == "wecom-robot" else {"url": outside.url + "/in"}
        channel = open_channel(ChannelSettings("c", kind, options), Secrets(tmp_path, {"KEY": "key"}))
        receipts = [channel.send(Outgoing("k", "x")) for _ in where]
    assert {receipt.outcome for receipt in receipts} == {Outcome.REFUSED}
    assert {receipt.reason for receipt in receipts} == {"HTTP 302: redirects are not followed"}
    assert (len(outside.received), inside.received) == (len(where), [])


def test_allow_private_is_off_unless_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "sopengine.toml").write_text(
        '[channels.robot]\nkind = "wecom-robot"\nsecret = "A"\n'
        '[channels.hook]\nkind = "webhook"\nurl = "https://example.com/in"\nsecret = "A"\n',
        "utf-8",
    )
    workspace = load_workspace(tmp_path)
    assert not workspace.diagnostics
    assert not any(settings.options.get("allow_private") for settings in workspace.channels.values())
    with_it = [kind for kind, options in OPTIONS.items() if "allow_private" in options]
    assert with_it == ["webhook", "wecom-robot"]
    assert "allow_private" in HTTP_OPTIONS
    (tmp_path / "sopengine.toml").write_text(
        '[channels.hook]\nkind = "webhook"\nurl = "http://example.com/in"\nsecret = "A"\n', "utf-8"
    )
    assert load_workspace(tmp_path).has_errors

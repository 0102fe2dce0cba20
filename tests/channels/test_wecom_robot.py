"""The robot's answers, one by one, against a server that answers as the platform does."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path

import pytest

from sopengine.channels import wire
from sopengine.channels.base import Channel, ChannelSettings, Limits, Outcome, Outgoing, Receipt
from sopengine.channels.kinds import open_channel
from sopengine.channels.secrets import Secrets
from sopengine.channels.wecom_robot import CODES
from tests.channels.contract import ENVIRON, ROBOT_KEY
from tests.support import robot_server as robot
from tests.support.robot_server import Reply, RobotServer

HELLO = Outgoing("k1", "周五见")


def channel(server: RobotServer, tmp_path: Path, **options: object) -> Channel:
    known = {"base_url": server.url, "secret": "ROBOT", "allow_private": True, "timeout": 5}
    return open_channel(ChannelSettings("robot", "wecom-robot", {**known, **options}), Secrets(tmp_path, ENVIRON))


def send(server: RobotServer, tmp_path: Path, reply: Reply, **options: object) -> Receipt:
    server.script(ROBOT_KEY, [reply])
    return channel(server, tmp_path, **options).send(HELLO)


def test_the_platforms_numbers(server: RobotServer, tmp_path: Path) -> None:
    limits = channel(server, tmp_path).limits
    assert limits == Limits({"text": 2048, "markdown": 4096}, rate=20, per=60, burst=5)


def test_a_lower_rate_lowers_the_burst(server: RobotServer, tmp_path: Path) -> None:
    settings = ChannelSettings("robot", "wecom-robot", {}, {"rate": 3, "max_bytes": {"text": 900}})
    limits = open_channel(settings, Secrets(tmp_path, {})).limits
    assert limits == Limits({"text": 900, "markdown": 4096}, rate=3, per=60, burst=3)


def test_what_goes_out(server: RobotServer, tmp_path: Path) -> None:
    opened = channel(server, tmp_path)
    opened.send(Outgoing("k", "都来", mention=("all", "zhangsan")))
    opened.send(Outgoing("k", "**都来**", format="markdown", mention=("zhangsan", "lisi")))
    first, second = server.received
    assert first.path == f"/cgi-bin/webhook/send?key={ROBOT_KEY}"
    assert first.body == {"msgtype": "text", "text": {"content": "都来", "mentioned_list": ["@all", "zhangsan"]}}
    assert second.body == {"msgtype": "markdown", "markdown": {"content": "**都来**\n<@zhangsan><@lisi>"}}


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_names_and_data_mention_nobody(server: RobotServer, tmp_path: Path, format: str) -> None:
    opened = channel(server, tmp_path)
    text = "欢迎 <@all> 和 <@zhang san <@li<@wu>si>"
    assert opened.send(Outgoing("k", text, format=format)).outcome is Outcome.SENT
    content = server.received[0].content
    assert "<@" not in content
    assert len(content.encode()) == len(text.encode())
    assert content.startswith("欢迎 (@all)")


@pytest.mark.parametrize("person", ["", "a b", "a><@all", "x\n"])
def test_a_mention_that_is_no_id_is_refused(server: RobotServer, tmp_path: Path, person: str) -> None:
    assert channel(server, tmp_path).send(Outgoing("k", "x", mention=(person,))).outcome is Outcome.REFUSED
    assert server.received == []


def test_markdown_cannot_mention_everybody(server: RobotServer, tmp_path: Path) -> None:
    message = Outgoing("k", "x", format="markdown", mention=("all",))
    reason = "a markdown message cannot mention everybody, use format text"
    assert channel(server, tmp_path).send(message) == Receipt(Outcome.REFUSED, reason)


def test_mentions_in_markdown_count_as_bytes(server: RobotServer, tmp_path: Path) -> None:
    opened = channel(server, tmp_path)
    assert opened.problem(Outgoing("k", "x" * 4096, format="markdown")) == ""
    assert opened.problem(Outgoing("k", "x" * 4096, format="markdown", mention=("li",))).startswith("markdown has 4102")


@pytest.mark.parametrize(
    ("code", "outcome", "rest"),
    [
        (0, Outcome.SENT, None),
        (-1, Outcome.NOT_NOW, None),
        (45033, Outcome.NOT_NOW, None),
        (45009, Outcome.RATE_LIMITED, timedelta(seconds=60)),
        (93000, Outcome.REFUSED, None),
        (40058, Outcome.REFUSED, None),
        (40008, Outcome.REFUSED, None),
        (45002, Outcome.REFUSED, None),
        (40007, Outcome.REFUSED, None),
        (60020, Outcome.REFUSED, None),
        (-7, Outcome.REFUSED, None),
    ],
)
def test_the_platforms_code_decides(
    server: RobotServer, tmp_path: Path, code: int, outcome: Outcome, rest: timedelta | None
) -> None:
    receipt = send(server, tmp_path, robot.errcode(code, "see https://example.com/?key=abc now"))
    assert (receipt.outcome, receipt.retry_after, receipt.status) == (outcome, rest, 200)
    assert receipt.reason == f"errcode {code}: {CODES[code][1] if code in CODES else 'see  now'}"


def test_the_rest_after_a_rate_limit_can_be_set(server: RobotServer, tmp_path: Path) -> None:
    assert send(server, tmp_path, robot.errcode(45009), retry_after=90).retry_after == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (robot.status(408), Outcome.UNKNOWN),
        (robot.status(500), Outcome.UNKNOWN),
        (robot.status(503), Outcome.UNKNOWN),
        (robot.status(400), Outcome.REFUSED),
        (robot.status(404), Outcome.REFUSED),
        (robot.status(429), Outcome.RATE_LIMITED),
        (robot.cut(), Outcome.UNKNOWN),
        (robot.half(), Outcome.UNKNOWN),
        (robot.garbage(), Outcome.UNKNOWN),
        (robot.no_http(), Outcome.UNKNOWN),
        (robot.huge(), Outcome.UNKNOWN),
        (robot.answer(200, b""), Outcome.UNKNOWN),
        (robot.answer(204, b""), Outcome.UNKNOWN),
        (robot.answer(200, b'{"errcode": "0"}'), Outcome.UNKNOWN),
        (robot.answer(200, b'{"errcode": false}'), Outcome.UNKNOWN),
        (robot.answer(200, b"[0]"), Outcome.UNKNOWN),
        (robot.answer(200, b"[" * 60_000), Outcome.UNKNOWN),
        (robot.answer(200, b'{"errcode": ' + b"9" * 5000 + b"}"), Outcome.UNKNOWN),
        (robot.answer(200, b"\xff\xfe\x00"), Outcome.UNKNOWN),
    ],
)
def test_the_status_alone_proves_nothing(server: RobotServer, tmp_path: Path, reply: Reply, outcome: Outcome) -> None:
    receipt = send(server, tmp_path, reply)
    assert receipt.outcome is outcome
    assert len(server.received) == 1


def test_a_redirect_is_not_followed(server: RobotServer, tmp_path: Path) -> None:
    receipt = send(server, tmp_path, robot.redirect(server.url + "/elsewhere"))
    assert (receipt.outcome, receipt.reason) == (Outcome.REFUSED, "HTTP 302: redirects are not followed")
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "99999999"}, 86400),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "-5"}, 60),
        ({"Retry-After": "Thu, 18 Jun 2026 10:02:00 GMT", "Date": "Thu, 18 Jun 2026 10:00:00 GMT"}, 120),
        ({"Retry-After": "Thu, 18 Jun 2026 09:00:00 GMT", "Date": "Thu, 18 Jun 2026 10:00:00 GMT"}, 60),
    ],
)
def test_retry_after_is_honoured(server: RobotServer, tmp_path: Path, headers: dict[str, str], seconds: int) -> None:
    receipt = send(server, tmp_path, robot.status(429, headers))
    assert (receipt.outcome, receipt.retry_after) == (Outcome.RATE_LIMITED, timedelta(seconds=seconds))


@pytest.mark.parametrize("reply", [robot.silent(), robot.drip("head"), robot.drip("body")])
def test_the_time_limit_holds_for_the_whole_exchange(server: RobotServer, tmp_path: Path, reply: Reply) -> None:
    begun = time.monotonic()
    receipt = send(server, tmp_path, reply, timeout=0.3)
    assert 0.2 < time.monotonic() - begun < 2
    assert receipt.outcome is Outcome.UNKNOWN
    assert "time-out" in receipt.reason


def test_nothing_listens(server: RobotServer, tmp_path: Path) -> None:
    receipt = channel(server, tmp_path, base_url="http://127.0.0.1:1").send(HELLO)
    assert receipt == Receipt(Outcome.NOT_NOW, "no connection before the request")


def test_tls_that_fails_is_before_the_request(server: RobotServer, tmp_path: Path) -> None:
    receipt = channel(server, tmp_path, base_url=server.url.replace("http:", "https:")).send(HELLO)
    assert receipt == Receipt(Outcome.NOT_NOW, "TLS failed before the request")
    assert server.received == []


def test_certificates_that_cannot_be_read(server: RobotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nothing.pem"))
    wire._tls.cache_clear()
    receipt = channel(server, tmp_path, base_url=server.url.replace("http:", "https:")).send(HELLO)
    assert receipt == Receipt(Outcome.NOT_NOW, "the certificates of this machine cannot be read")


def test_a_slow_lookup_leaves_no_time_to_send(
    server: RobotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = iter([0.0, 99.0, 99.0])
    monkeypatch.setattr(wire.time, "monotonic", lambda: next(late))
    assert channel(server, tmp_path).send(HELLO) == Receipt(Outcome.NOT_NOW, "time-out before the request")
    assert server.received == []


def test_the_address_names_the_secret(server: RobotServer, tmp_path: Path) -> None:
    opened = open_channel(
        ChannelSettings("robot", "wecom-robot", {"base_url": server.url, "allow_private": True}),
        Secrets(tmp_path, {"EAST": "key-east", "WEST": "key-west"}),
    )
    for name in ("EAST", "WEST"):
        assert opened.send(Outgoing("k", "x", name)).outcome is Outcome.SENT
    assert [request.key for request in server.received] == ["key-east", "key-west"]
    assert opened.send(Outgoing("k", "x", "NORTH")) == Receipt(Outcome.REFUSED, "no secret named NORTH")
    assert opened.send(HELLO).reason == "neither the address nor the channel names a secret"


def test_a_key_in_place_of_a_name_is_not_repeated(server: RobotServer, tmp_path: Path) -> None:
    receipt = channel(server, tmp_path).send(Outgoing("k", "x", ROBOT_KEY))
    assert receipt.outcome is Outcome.REFUSED
    assert ROBOT_KEY not in receipt.reason


def test_a_whole_url_as_the_key_is_refused(server: RobotServer, tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, {"ROBOT": f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={ROBOT_KEY}"})
    receipt = open_channel(ChannelSettings("robot", "wecom-robot", {"secret": "ROBOT"}), secrets).send(HELLO)
    assert receipt == Receipt(Outcome.REFUSED, "the secret holds a whole URL; keep only what follows key=")


def test_neither_log_nor_receipt_shows_the_key(
    server: RobotServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for reply in (robot.ok(), robot.cut(), robot.status(404), robot.errcode(93000, f"key {ROBOT_KEY}")):
        assert ROBOT_KEY not in repr(send(server, tmp_path, reply))
    assert len(server.received) == 4
    assert ROBOT_KEY not in caplog.text

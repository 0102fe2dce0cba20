"""The webhook: signature, key, and what counts as taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from sopengine.channels.base import ChannelSettings, Image, Outcome, Outgoing, Receipt
from sopengine.channels.secrets import Secrets
from sopengine.channels.webhook import Webhook, signed_headers
from sopengine.clock import ManualClock
from tests.support import robot_server as robot
from tests.support.robot_server import Reply, RobotServer

HELLO = Outgoing("key-1", "周五见", "group-7", mention=("all",), target="east-lake", campaign="c1", step="teaser")
NOON = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)


def webhook(server: RobotServer, folder: Path, **options: object) -> Webhook:
    known = {"url": server.url + "/hook?shop=1", "secret": "HOOK", "allow_private": True, "timeout": 5}
    settings = ChannelSettings("crm", "webhook", {**known, **options})
    return Webhook(settings, Secrets(folder, {"HOOK": "topsecret", "HOOK_URL": server.url}), ManualClock(NOON))


def test_the_signature_against_a_known_answer() -> None:
    headers = signed_headers("k", b'{"a":1}', "topsecret", 1781755200)
    # printf '1781755200.{"a":1}' | openssl dgst -sha256 -hmac topsecret
    assert headers["X-Sopengine-Signature"] == "v1=3c2cc6cf35bd553625ebedda8b57b591d86d5a15cc9ebff14ac0c8a1a9e06cec"


def test_what_goes_out(server: RobotServer, tmp_path: Path) -> None:
    assert webhook(server, tmp_path).send(HELLO).outcome is Outcome.SENT
    (request,) = server.received
    assert request.path == "/hook?shop=1"
    assert request.headers["idempotency-key"] == "key-1"
    assert request.headers["x-sopengine-timestamp"] == str(int(NOON.timestamp()))
    signed = f"{int(NOON.timestamp())}.".encode() + request.raw
    assert (
        request.headers["x-sopengine-signature"] == "v1=" + hmac.new(b"topsecret", signed, hashlib.sha256).hexdigest()
    )
    assert request.body == {
        "key": "key-1",
        "text": "周五见",
        "format": "text",
        "mention": ["all"],
        "target": "east-lake",
        "address": "group-7",
        "campaign": "c1",
        "step": "teaser",
        "slot": "",
        "person": "",
    }


def test_an_image_goes_along(server: RobotServer, tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n..."
    webhook(server, tmp_path).send(replace(HELLO, image=Image("assets/a.png", picture)))
    (request,) = server.received
    sent = request.body["image"]
    assert (sent["name"], sent["type"], base64.b64decode(sent["base64"])) == ("assets/a.png", "image/png", picture)


def test_it_deduplicates_only_if_the_receiver_does(server: RobotServer, tmp_path: Path) -> None:
    assert webhook(server, tmp_path).deduplicates is None
    assert webhook(server, tmp_path, idempotent=timedelta(hours=24)).deduplicates == timedelta(hours=24)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (robot.answer(200, b""), Outcome.SENT),
        (robot.answer(204, b""), Outcome.SENT),
        (robot.answer(202, b'{"id": 7}'), Outcome.SENT),
        (robot.answer(200, b" OK\n"), Outcome.SENT),
        (robot.answer(200, b'{"errcode": 5}'), Outcome.REFUSED),
        (robot.answer(200, b'{"errcode": "no\\nway"}'), Outcome.REFUSED),
        (robot.garbage(), Outcome.UNKNOWN),
        (robot.answer(200, b"[1]"), Outcome.UNKNOWN),
        (robot.answer(200, b"nope"), Outcome.UNKNOWN),
        (robot.half(), Outcome.UNKNOWN),
        (robot.huge(), Outcome.UNKNOWN),
        (robot.cut(), Outcome.UNKNOWN),
        (robot.status(502), Outcome.UNKNOWN),
        (robot.status(408), Outcome.UNKNOWN),
        (robot.status(429, {"Retry-After": "9"}), Outcome.RATE_LIMITED),
        (robot.status(401), Outcome.REFUSED),
        (robot.redirect("https://example.com/"), Outcome.REFUSED),
    ],
)
def test_what_counts_as_taken(server: RobotServer, tmp_path: Path, reply: Reply, outcome: Outcome) -> None:
    server.script("", [reply])
    receipt = webhook(server, tmp_path).send(HELLO)
    assert receipt.outcome is outcome
    assert len(server.received) == 1
    assert "\n" not in receipt.reason


def test_a_url_that_is_a_secret_itself(server: RobotServer, tmp_path: Path) -> None:
    opened = webhook(server, tmp_path, url="", url_secret="HOOK_URL")
    assert opened.send(HELLO).outcome is Outcome.SENT
    missing = webhook(server, tmp_path, url="", url_secret="NOWHERE")
    assert missing.send(HELLO) == Receipt(Outcome.REFUSED, "no secret named NOWHERE")


def test_without_its_secret_nothing_leaves(server: RobotServer, tmp_path: Path) -> None:
    assert webhook(server, tmp_path, secret="GONE").send(HELLO) == Receipt(Outcome.REFUSED, "no secret named GONE")
    assert server.received == []


@pytest.mark.parametrize("key", ["", "a b", "a\r\nX: y", "é", "x" * 201])
def test_a_key_that_no_header_can_hold(server: RobotServer, tmp_path: Path, key: str) -> None:
    assert webhook(server, tmp_path).send(Outgoing(key, "x")) == Receipt(
        Outcome.REFUSED, "the key cannot stand in a header"
    )
    assert server.received == []

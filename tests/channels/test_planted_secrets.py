"""A server that gives back what it was sent, however it writes it: nothing of a secret is in what a channel tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sopengine.channels.base import Channel, ChannelSettings, Outcome, Outgoing, Receipt
from sopengine.channels.kinds import open_channel
from sopengine.channels.secrets import Secrets
from tests.support.planted import CREDENTIAL, ENVIRONMENT, FILE, PATH, TOKEN, encodings, found_in
from tests.support.robot_server import Reply, RobotServer, answer, cut, drip, half, huge, no_http, silent

MESSAGE = Outgoing("key-1", "text")
SENT_TO = {"robot": (CREDENTIAL,), "webhook": (FILE,), "secret url": (FILE, TOKEN, PATH), "url": (TOKEN, PATH)}
"""What a server can know of each channel's secrets."""
STATUS = (200, 302, 401, 403, 429, 500)


@pytest.fixture
def server() -> Iterator[RobotServer]:
    with RobotServer() as server:
        yield server


@pytest.fixture
def channels(tmp_path: Path, server: RobotServer) -> dict[str, Channel]:
    return opened(tmp_path, server.url)


def opened(root: Path, url: str, timeout: float = 2) -> dict[str, Channel]:
    """The secrets come from systemd, the environment and files."""
    for name, value in {"creds/ROBOT": CREDENTIAL, "secrets/SIGN": FILE}.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(value, "utf-8")
        path.chmod(0o600)
    environ = {
        "CREDENTIALS_DIRECTORY": str(root / "creds"),
        "SOPENGINE_SECRET_URL": f"{url}/{PATH}?token={TOKEN}",
        "EAST": ENVIRONMENT,
    }
    common = {"allow_private": True, "timeout": timeout}
    settings = {
        "robot": ChannelSettings("robot", "wecom-robot", {**common, "base_url": url, "secret": "ROBOT"}),
        "webhook": ChannelSettings("webhook", "webhook", {**common, "url": f"{url}/hook", "secret": "SIGN"}),
        "url": ChannelSettings("url", "webhook", {**common, "url": f"{url}/{PATH}?token={TOKEN}", "secret": "SIGN"}),
        "secret url": ChannelSettings("hook", "webhook", {**common, "url_secret": "URL", "secret": "SIGN"}),
    }
    secrets = Secrets(root, environ)
    return {name: open_channel(one, secrets) for name, one in settings.items()}


def replies(form: bytes) -> Iterator[Reply]:
    """The secret in the body as it is, in the platform's words, beside other signs; in headers; in what is cut off."""
    text = form.decode("utf-8", "replace")
    header = {"X-Echo": form.decode("latin-1").replace("\r\n", " ").replace("\0", "")}
    header["Location"] = "https://example.com/?key=" + header["X-Echo"]
    yield answer(200, b"<p>you sent " + form + b" to us</p>", header)
    yield answer(200, json.dumps({"errcode": 41001, "errmsg": f"no key {text} here"}).encode())
    for status in STATUS[1:]:
        yield answer(status, b"key=" + form + b"&x=1", header)


def broken_off(body: bytes) -> Reply:
    head = b"HTTP/1.1 500 Broken\r\nContent-Length: 4000\r\n\r\n"
    return Reply(lambda to, stop: to.sendall(head + body))


def told(receipt: Receipt) -> str:
    return f"{receipt.reason}\n{receipt.excerpt}\n{receipt.id}"


@pytest.mark.parametrize("name", SENT_TO)
def test_whatever_a_server_gives_back(name: str, channels: dict[str, Channel], server: RobotServer) -> None:
    key = {"robot": CREDENTIAL}.get(name, "")
    leaks, outcomes = [], set()
    for secret in SENT_TO[name]:
        for how, form in encodings(secret).items():
            for reply in replies(form):
                server.script(key, [reply])
                receipt = channels[name].send(MESSAGE)
                outcomes.add(receipt.outcome)
                leaks += [f"{how}: {leak}\n  {told(receipt)}" for leak in found_in(told(receipt), [secret])]
    assert not leaks, "\n".join(leaks[:20])
    assert {Outcome.REFUSED, Outcome.RATE_LIMITED, Outcome.UNKNOWN} <= outcomes


@pytest.mark.parametrize("size", [0, 4080, 65510])
def test_an_answer_that_breaks_off_inside_a_secret(
    size: int, channels: dict[str, Channel], server: RobotServer
) -> None:
    """By itself, and because no more of it is looked at; what stood before shrinks, so that the end comes into view."""
    before = b"%63%72%65%64" + b"".join(f"%{byte:02x}".encode() for byte in CREDENTIAL[4:].encode())
    filled = before * (size // len(before))
    for how, form in encodings(CREDENTIAL).items():
        if how.startswith("base64"):  # of these the test does not know where the secret's own signs begin
            continue
        for left in (1, 2, len(form) // 3):
            body = filled + b"you sent " + form[: len(form) - left]
            server.script(CREDENTIAL, [broken_off(body) if not size else answer(500, body + form[-left:] * 200)])
            shown = told(channels["robot"].send(MESSAGE))
            assert form[: len(form) // 2].decode() not in shown, how


def test_whatever_goes_wrong_on_the_way(tmp_path: Path, server: RobotServer) -> None:
    """Nobody listens, no TLS, no HTTP, no end, no answer; a name that is none; a secret that cannot stand in a URL."""
    with RobotServer() as gone:
        pass
    plain = server.url.replace("http:", "https:")
    faults = [(server.url, reply) for reply in (drip(), drip("body"), silent(), cut(), half(), huge(), no_http())]
    ways = [*faults, (gone.url, None), (plain, None), ("https://no-such-name.invalid", None), ("http://[::1]:0", None)]
    for url, reply in ways:
        for name, channel in opened(tmp_path, url, timeout=0.1).items():
            if reply is not None:
                server.script(CREDENTIAL if name == "robot" else "", [reply])
            receipt = channel.send(MESSAGE)
            assert receipt.outcome is not Outcome.SENT, (url, name)
            assert not found_in(told(receipt)), (url, name)


def test_ordinary_answers_stay_as_they_are(channels: dict[str, Channel], server: RobotServer) -> None:
    """That much is hidden is no use if nothing can be read any more."""
    words = '<p>100% of \\u4f60\\u597d &amp; "token": webhook text, at /hook/T0 \u4f60\u597d 50%25</p>'
    server.script(CREDENTIAL, [answer(500, words.encode()), answer(500, f"{words} {CREDENTIAL} {words}".encode())])
    channels["webhook"].send(MESSAGE)
    assert channels["robot"].send(MESSAGE).excerpt == words
    assert channels["robot"].send(MESSAGE).excerpt == f"{words} [secret] {words}"

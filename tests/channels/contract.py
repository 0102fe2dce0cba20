"""Every kind of channel as a case of one contract: how to open it, what a good send gives, what left it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sopengine.channels.base import Channel, ChannelSettings, Outcome
from sopengine.channels.kinds import KINDS, open_channel
from sopengine.channels.secrets import Secrets
from tests.support.robot_server import RobotServer

ROBOT_KEY = "11112222-aaaa-bbbb-cccc-333344445555"
HMAC_SECRET = "s3cret/with+signs="
ENVIRON = {"ROBOT": ROBOT_KEY, "SOPENGINE_SECRET_HOOK": HMAC_SECRET}


@dataclass
class Case:
    """One open channel. `texts` lists the texts that left it so far."""

    channel: Channel
    good: Outcome
    secrets: Secrets
    texts: Callable[[], list[str]]


def settings_for(kind: str, folder: Path, url: str, limits: dict[str, object] | None = None) -> ChannelSettings:
    options: dict[str, object] = {
        "console": {},
        "manual": {},
        "file": {"path": folder / "out.jsonl"},
        "webhook": {"url": url + "/hook", "secret": "HOOK", "allow_private": True, "timeout": 5},
        "wecom-robot": {"base_url": url, "secret": "ROBOT", "allow_private": True, "timeout": 5},
    }[kind]
    return ChannelSettings(kind, kind, options, limits or {})


def open_case(kind: str, folder: Path, server: RobotServer, printed: Callable[[], str], **limits: object) -> Case:
    redirected = kind.startswith("redirected ")
    settings = settings_for(kind.removeprefix("redirected "), folder, server.url, limits)
    secrets = Secrets(folder, ENVIRON)
    outbox = folder / "outbox.jsonl"
    channel = open_channel(settings, secrets, redirect_to=outbox if redirected else None)
    good = Outcome.HANDED_OVER if settings.kind == "manual" else Outcome.SENT

    def texts() -> list[str]:
        if redirected:
            return _lines(outbox)
        if settings.kind == "file":
            return _lines(folder / "out.jsonl")
        if settings.kind == "console":
            return [block.split("\n", 1)[1].rstrip("\n") for block in printed().split("── ") if block]
        return [request.content for request in server.received]

    return Case(channel, good, secrets, texts)


def _lines(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_bytes().splitlines()] if path.exists() else []


ALL = [*KINDS, *(f"redirected {kind}" for kind in ("wecom-robot", "webhook", "manual"))]

"""The kinds of channel: checked settings → a channel, and which secrets it will ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from sopengine.channels import console, file, manual, webhook, wecom_robot
from sopengine.channels.base import Channel, ChannelSettings
from sopengine.channels.options import Options, Value
from sopengine.channels.redirect import Redirected
from sopengine.channels.secrets import Secrets, names_a_secret, unknown_secret

Opener: TypeAlias = Callable[[ChannelSettings, Secrets], Channel]

KINDS: dict[str, Opener] = {
    "console": console.Console,
    "file": file.File,
    "manual": manual.Manual,
    "webhook": webhook.Webhook,
    "wecom-robot": wecom_robot.WecomRobot,
}
OPTIONS: dict[str, Options] = {
    "console": console.OPTIONS,
    "file": file.OPTIONS,
    "manual": manual.OPTIONS,
    "webhook": webhook.OPTIONS,
    "wecom-robot": wecom_robot.OPTIONS,
}
BUILT_IN = ("console", "file", "manual")  # channels that need no entry in the workspace
FORMATS = ("text", "markdown")


def open_channel(settings: ChannelSettings, secrets: Secrets, *, redirect_to: Path | None = None) -> Channel:
    """The channel; with `redirect_to` it writes to that file instead and reaches nobody. No network, no secret is read.

    Settings that ask for a redirect must be given one: without it the first run would not be safe.
    """
    channel = KINDS[settings.kind](settings, secrets)
    if redirect_to is not None:
        return Redirected(channel, settings.name, redirect_to)
    if settings.redirect:
        raise ValueError(f"channel {settings.name} is to be redirected, but no file was given")
    return channel


def needs_address(settings: ChannelSettings) -> bool:
    """Whether each message has to bring the name of a secret, since the channel has none of its own."""
    return settings.kind == "wecom-robot" and not settings.redirect and "secret" not in settings.options


def missing_secrets(settings: ChannelSettings, addresses: Iterable[str], secrets: Secrets) -> tuple[str, ...]:
    """Why messages to `addresses` would find no secret, one line each; () if nothing is missing.

    SopError if a secret's file cannot be read. A redirected channel needs none, but no key may stand in an address:
    the ledger would keep it.
    """
    if settings.redirect:
        wrong = [one for one in addresses if settings.kind == "wecom-robot" and one and not names_a_secret(one)]
        return tuple(dict.fromkeys(map(unknown_secret, wrong)))
    options = OPTIONS[settings.kind]
    named = {str(settings.options[name]) for name in options if _is_secret(options, name) and name in settings.options}
    if settings.kind == "wecom-robot":  # each address is the name of a robot's own secret
        default = named
        named = set()
        for address in addresses:
            named |= {address} if address else default or {""}
    reasons = (
        unknown_secret(name) if name else "neither the address nor the channel names a secret"
        for name in sorted(named)
        if not name or secrets.get(name) is None
    )
    return tuple(dict.fromkeys(reasons))


def _is_secret(options: Options, name: str) -> bool:
    return options[name].value is Value.SECRET

"""The workspace's channels, opened: no network, no file and no secret is touched until something is sent."""

from __future__ import annotations

from sopengine.channels.base import Channel
from sopengine.channels.kinds import open_channel
from sopengine.channels.secrets import Secrets
from sopengine.workspace.model import Workspace


def open_channels(workspace: Workspace) -> dict[str, Channel]:
    secrets = Secrets(workspace.root)
    return {
        name: open_channel(settings, secrets, redirect_to=workspace.redirect_of(name))
        for name, settings in workspace.channels.items()
    }

"""What the file channel wrote, read as requests that were received."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.rig.judge import Received

_AT = datetime(1970, 1, 1, tzinfo=UTC)


def outbox(path: Path, channel: str) -> list[Received]:
    """Whole lines only: a broken one is no message. Their time is not written down."""
    if not path.exists():
        return []
    lines = path.read_text("utf-8").split("\n")[:-1]
    return [Received(_AT, channel, found["key"], found["text"], "written", True) for found in map(json.loads, lines)]

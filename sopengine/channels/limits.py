"""A channel's limits: what the workspace sets over the platform's numbers, and which message they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopengine.channels.base import Limits, Outgoing


def merged(platform: Limits, settings: Mapping[str, Any]) -> Limits:
    """The platform's limits with the workspace's numbers over them. A lower `rate` lowers the platform's burst too."""
    rate = settings.get("rate", platform.rate)
    burst = settings.get("burst", min(platform.burst, rate) if rate else platform.burst)
    max_bytes = {**platform.max_bytes, **settings.get("max_bytes", {})}
    return Limits(max_bytes=max_bytes, rate=rate, per=settings.get("per", platform.per), burst=burst)


def problem_of(text: str, message: Outgoing, limits: Limits, formats: tuple[str, ...]) -> str:
    """Why `text`, the content as it would go out, cannot: "" if it can. Nothing is ever cut to fit."""
    if message.format not in formats:
        return f"format {message.format} is not taken, only {', '.join(formats)}"
    if not text.strip():
        return "the text is empty"
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        return f"the text holds U+{ord(text[error.start]):04X}, which is no character"
    limit = limits.max_bytes.get(message.format, 0)
    return f"{message.format} has {size} bytes, the limit is {limit}" if limit and size > limit else ""

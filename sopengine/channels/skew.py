"""How far this machine's clock is from that of a channel's platform, by the `Date` of an answer to a HEAD for `/`,
which carries no key and no secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sopengine.channels.addresses import Endpoint, NotAllowed, endpoint
from sopengine.channels.answers import NoAnswer
from sopengine.channels.base import ChannelSettings
from sopengine.channels.http import http_date
from sopengine.channels.secrets import Secrets
from sopengine.channels.wecom_robot import HOST

SECONDS = 10.0


def skew(settings: ChannelSettings, secrets: Secrets, now: Callable[[], datetime]) -> timedelta | str:
    """Positive where this clock is ahead; else why it is not known. SopError where a secret cannot be read."""
    from sopengine.channels.wire import exchange  # the HTTP library is loaded for this alone

    allow_private = bool(settings.options.get("allow_private", False))
    try:
        to = _platform(settings, secrets, allow_private)
    except NotAllowed as problem:
        return str(problem)
    if to is None:
        return "its URL is not known"
    began = now()
    answer = exchange(to, b"", {}, timeout=SECONDS, allow_private=allow_private, method="HEAD")
    if isinstance(answer, NoAnswer):
        return answer.reason
    told = http_date(answer.headers.get("date", ""))
    middle = began + (now() - began) / 2
    return "its answer carries no date" if told is None else middle - told


def _platform(settings: ChannelSettings, secrets: Secrets, allow_private: bool) -> Endpoint | None:
    options = settings.options
    if settings.kind == "wecom-robot":
        url = str(options.get("base_url") or f"https://{HOST}")
    else:
        url = str(options.get("url") or secrets.get(str(options.get("url_secret", ""))) or "")
    return endpoint(url, allow_private=allow_private)._replace(target="/") if url else None

"""One POST with an overall time limit → the answer, or why there is none and whether anything had left; and what an
HTTP status alone says about a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from sopengine.channels.addresses import Endpoint
from sopengine.channels.answers import Answer, NoAnswer
from sopengine.channels.base import Outcome, Receipt
from sopengine.channels.masking import masked
from sopengine.channels.plain import escaped

EXCERPT = 500  # characters kept of an answer
_LOOKED_AT = 4096  # bytes of it
TIMEOUT = 10.0  # seconds for one whole exchange, unless the workspace says otherwise
RETRY_AFTER = timedelta(seconds=60)
_LONGEST_REST = timedelta(days=1)


def post(
    to: Endpoint, body: bytes, headers: Mapping[str, str], *, timeout: float, allow_private: bool
) -> Answer | NoAnswer:
    """POST `body`; never raises for the world's faults, follows no redirect and uses no proxy.

    Each message has a connection of its own: a kept one may be closed by the server just as it is used, and nobody
    could say whether the message had been read.
    """
    from sopengine.channels.wire import exchange  # the HTTP library is loaded with the first message

    return exchange(to, body, headers, timeout=timeout, allow_private=allow_private)


def from_status(answer: Answer, rest: timedelta) -> Receipt | None:
    """What the status decides by itself, None for 2xx: there the body has to speak. `rest`: pause after a bare 429."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if status == 429:
        pause = retry_after(answer.headers, rest)
        return Receipt(Outcome.RATE_LIMITED, "HTTP 429: too many messages", pause, status)
    if status == 408 or status >= 500:
        return Receipt(Outcome.UNKNOWN, f"HTTP {status}: it may or may not have been taken", status=status)
    if 300 <= status < 400:
        return Receipt(Outcome.REFUSED, f"HTTP {status}: redirects are not followed", status=status)
    return Receipt(Outcome.REFUSED, f"HTTP {status}: refused", status=status)


def retry_after(headers: Mapping[str, str], rest: timedelta) -> timedelta:
    """The Retry-After header (seconds, or a date measured from the answer's own Date), else `rest`; at most a day."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(max(timedelta(seconds=int(value)), timedelta(seconds=1)), _LONGEST_REST)
    until, sent = http_date(value), http_date(headers.get("date", ""))
    if until and sent and until > sent:
        return min(until - sent, _LONGEST_REST)
    return rest


def excerpt(answer: Answer) -> str:
    """The first characters of an answer, fit for a log: one line, no controls, no secrets."""
    text = answer.body[:_LOOKED_AT].decode("utf-8", "replace")
    return escaped(masked(text, cut=bool(answer.cut) or len(answer.body) > _LOOKED_AT))[:EXCERPT]


def http_date(value: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # only for the rare answer that carries a date

    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else None
